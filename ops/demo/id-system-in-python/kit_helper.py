"""What the conformance kit asks of the author: `kit_helper.py <data> codes|outage|slow|time <argument> ...`."""

import json
import sys
from pathlib import Path

folder, ability, argument = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
control, outbox = folder / "control.json", folder / "outbox.jsonl"

if ability == "codes":
    sent = [json.loads(line) for line in outbox.read_text().splitlines()] if outbox.exists() else []
    for message in reversed(sent):
        if message["transaction"] == argument:
            print(message["code"])
else:
    told = json.loads(control.read_text()) if control.exists() else {}
    told.update({"outage": {"outage": argument == "on"}, "slow": {"slowMs": argument}, "time": {"aheadMs": argument}}[ability])
    told = {name: value if name == "outage" else float(value) for name, value in told.items()}
    # Renamed into place, so that nobody reads half of it.
    fresh = control.with_suffix(".new")
    fresh.write_text(json.dumps(told))
    fresh.replace(control)
