"""The same ID system for the conformance kit: `kit_helper.py` reads its codes, and makes it fail, slow, and ahead of time."""

import json
import time
from pathlib import Path

import id_system

OPTIONS = id_system.arguments()
CONTROL = Path(OPTIONS.data) / "control.json"
OUTBOX = Path(OPTIONS.data) / "outbox.jsonl"


def control(name):
    try:
        return json.loads(CONTROL.read_text()).get(name, 0)
    except FileNotFoundError:
        return 0


def tell(message):
    with OUTBOX.open("a") as file:
        file.write(json.dumps(message) + "\n")


class KitDoor(id_system.Door):
    def do_GET(self):
        return self.reply(503) if control("outage") else super().do_GET()

    def do_POST(self):
        time.sleep(control("slowMs") / 1000)
        if control("outage"):
            self.close_connection = True
            return self.reply(503)
        return super().do_POST()


if __name__ == "__main__":
    system, keys = id_system.prepared(OPTIONS, tell=tell, now=lambda: time.time() + control("aheadMs") / 1000)
    id_system.run(id_system.server_of(system, keys, OPTIONS.port, OPTIONS.authority, KitDoor), OPTIONS)
