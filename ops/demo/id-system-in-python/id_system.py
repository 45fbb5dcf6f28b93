"""An ID system for eSignet in Python's standard library: PINs, one-time codes and claims. See README.md.

Everything that must hold across a restart lies in one SQLite file: which act was done, which code was sent, which nonce came before.
"""

import argparse
import hashlib
import hmac
import json
import re
import secrets
import signal
import sqlite3
import ssl
import sys
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from signatures import public_keys, signed_by

HERE = Path(__file__).parent
SERVICE = json.loads((HERE / "service.json").read_text(encoding="utf-8"))
DESCRIPTION = SERVICE["description"]

BODY_BYTES_MAX = 1024 * 1024
CALL_S_MAX = 30
CODE_VALID_FOR_S = 180
# An act is known again this long: longer than a login takes.
ACT_KNOWN_FOR_S = 900

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS acts (name TEXT PRIMARY KEY, until REAL NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS codes (login TEXT PRIMARY KEY, person TEXT NOT NULL, code BLOB NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS facts (id TEXT PRIMARY KEY);
"""


def no(error):
    return {"ok": False, "error": error}


def yes(value):
    return {"ok": True, "value": value}


def instant(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pin_digest(pin, salt):
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**12, r=8, p=1)


class IdSystem:
    """What the broker may ask. Each call takes what was asked, as in openapi.json, and answers yes or no."""

    def __init__(self, folder, people, tell=lambda message: None, now=time.time):
        self.now, self.tell = now, tell
        self.people = {person["key"]: person for person in people}
        self.by_id = {(kind, value): person for person in people for kind, value in person["ids"].items()}
        # One at a time, and all of a question or nothing.
        self.lock = threading.RLock()
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.db = sqlite3.connect(Path(folder) / "id-system.db", check_same_thread=False, isolation_level=None)
        self.db.executescript(TABLES)
        self.db.execute("INSERT OR IGNORE INTO secrets VALUES ('key', ?)", (secrets.token_bytes(32),))
        (self.key,) = self.db.execute("SELECT value FROM secrets WHERE name = 'key'").fetchone()

    def mac(self, *parts):
        """HMAC over parts, each with its length before it."""
        return hmac.digest(self.key, b"".join(f"{len(part.encode())}:{part}".encode() for part in parts), "sha256")

    def person(self, asked_id):
        """Whoever has this identifier and is not blocked."""
        found = self.by_id.get((asked_id["type"], asked_id["value"]))
        return None if found is None or found.get("blocked") else found

    def is_new(self, nonce, until):
        with self.lock:
            self.db.execute("DELETE FROM nonces WHERE until < ?", (self.now(),))
            return self.db.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", (nonce, until)).rowcount == 1

    def once(self, name, asked, act):
        """One act for one idempotency key: whoever asks again gets the first answer."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                key = f"{name} {asked['idempotencyKey']}"
                self.db.execute("DELETE FROM acts WHERE until < ?", (self.now(),))
                known = self.db.execute("SELECT answer FROM acts WHERE name = ?", (key,)).fetchone()
                answer = json.loads(known[0]) if known else act(asked)
                if not known:
                    self.db.execute("INSERT INTO acts VALUES (?, ?, ?)", (key, self.now() + ACT_KNOWN_FOR_S, json.dumps(answer)))
                self.db.execute("COMMIT")
                return answer
            except BaseException:
                self.db.execute("ROLLBACK")
                raise

    def answer(self, name, asked):
        if "id" in asked and not any(
            asked["id"]["type"] == known["type"] and re.fullmatch(known["pattern"], asked["id"]["value"], re.ASCII)
            for known in DESCRIPTION["idTypes"]
        ):
            return no("invalid_input")
        calls = {"verify": self.verify, "send": self.send, "release": self.release, "resolve": self.resolve}
        return self.once(name, asked, calls[name]) if name in ("verify", "send") else calls[name](asked)

    def verify(self, asked):
        checks = {"pin": self.pin_is_right, "otp": self.code_is_right}
        if asked["factor"] not in checks:
            return no("unsupported")
        person = self.person(asked["id"])
        # The same work for somebody whom nobody knows, so that time does not tell them apart.
        right = checks[asked["factor"]](person, asked)
        if person is None:
            return no("subject_denied")
        if not right:
            return no("challenge_failed")
        until = self.now() + DESCRIPTION["sessionLifetimeS"]
        session = self.session(person["key"], asked, until)
        return yes({"subjectKey": person["key"], "session": session, "sessionExpiresAt": instant(until), "factorsProven": [asked["factor"]]})

    def pin_is_right(self, person, asked):
        pin = person["pin"] if person else {"salt": "00" * 16, "digest": ""}
        return hmac.compare_digest(pin_digest(asked["proof"], bytes.fromhex(pin["salt"])).hex(), pin["digest"])

    def code_is_right(self, person, asked):
        row = self.db.execute("SELECT person, code, until FROM codes WHERE login = ?", (asked["transaction"],)).fetchone()
        owner, expected, until = row or ("", b"", 0)
        given = self.mac("code", asked["transaction"], person["key"] if person else "", asked["proof"])
        right = hmac.compare_digest(given, expected) and person is not None and owner == person["key"] and self.now() < until
        if right:
            # Once: the same act is answered from `acts`.
            self.db.execute("DELETE FROM codes WHERE login = ?", (asked["transaction"],))
        return right

    def send(self, asked):
        person = self.person(asked["id"])
        claims = person["claims"] if person else {}
        has = [channel for channel, claim in (("sms", "phone_number"), ("email", "email")) if claim in claims]
        channels = [channel for channel in has if channel in asked["channels"]] if asked["channels"] else has[:1]
        if not channels:
            return no("subject_denied")
        code = f"{secrets.randbelow(1_000_000):06}"
        login, until = asked["transaction"], self.now() + CODE_VALID_FOR_S
        self.db.execute("DELETE FROM codes WHERE until < ?", (self.now(),))
        # Another code for the same login takes the place of the first.
        mac = self.mac("code", login, person["key"], code)
        self.db.execute("INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?)", (login, person["key"], mac, until))
        self.tell({"transaction": login, "channels": channels, "code": code, "reference": asked["reference"], "from": asked["clientName"]})
        return yes({"channels": channels, "validForS": CODE_VALID_FOR_S})

    def session(self, key, asked, until):
        """Says whom it is about and for which login, with a MAC: nothing has to be kept."""
        text = urlsafe_b64encode(json.dumps([key, asked["transaction"], asked["client"], until]).encode()).decode()
        return f"{text}.{self.mac('session', text).hex()}"

    def release(self, asked):
        text, _, mac = asked["session"].partition(".")
        if not hmac.compare_digest(self.mac("session", text).hex().encode(), mac.encode()):
            return no("session_expired")
        key, transaction, client, until = json.loads(urlsafe_b64decode(text))
        if (transaction, client) != (asked["transaction"], asked["client"]) or self.now() >= until:
            return no("session_expired")
        person = self.people.get(key)
        if person is None or person.get("blocked"):
            return no("subject_denied")
        return yes({"claims": {claim: value for claim, value in person["claims"].items() if claim in asked["claims"]}})

    def resolve(self, asked):
        person = self.person(asked["id"])
        return no("subject_denied") if person is None else yes({"subjectKey": person["key"]})

    def follow(self, fact):
        """A fact may come again: it has the same id then."""
        with self.lock:
            self.db.execute("INSERT OR IGNORE INTO facts VALUES (?)", (fact["id"],))


class Door(BaseHTTPRequestHandler):
    """HTTP around an ID system: sizes, signatures, and nothing of a person in any log."""

    protocol_version = "HTTP/1.1"
    timeout = CALL_S_MAX
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def reply(self, status, content=None):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        said = {"/service": SERVICE, "/health": {"status": "up"}}.get(self.path)
        self.reply(404 if said is None else 200, said)

    def body(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def do_POST(self):
        body = self.body()
        if body is None:
            return self.reply(413)
        system = self.server.system
        headers = {name.lower(): value for name, value in self.headers.items()}
        signed = signed_by(self.server.keys, self.server.authority, "POST", self.path, headers, body, system.now())
        if signed is None or not system.is_new(*signed):
            return self.reply(401)
        try:
            name, asked = self.path[1:], json.loads(body)
            if name == "events":
                system.follow(asked)
                return self.reply(204)
            if name not in SERVICE["calls"]:
                return self.reply(404)
            answer = system.answer(name, asked)
        except Exception as error:
            # Its name alone: a message may hold what a person typed.
            print(f"{self.path} failed: {type(error).__name__}", file=sys.stderr)
            return self.reply(500)
        return self.reply(200, answer)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # Whoever hung up meanwhile; what was on its way to them belongs into no log.
        print(f"a connection failed: {sys.exc_info()[0].__name__}", file=sys.stderr)


def server_of(system, keys, port, authority=None, door=Door):
    """Listens on this machine; `authority` is the name in the URL that the broker has, where that is another."""
    server = Server(("127.0.0.1", port), door)
    server.system, server.keys = system, keys
    server.authority = authority or f"127.0.0.1:{server.server_address[1]}"
    return server


def arguments():
    parser = argparse.ArgumentParser(description="An ID system for eSignet, for demonstrations.")
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--keys", required=True, help="JWK Set that `esignet plugin key` printed")
    parser.add_argument("--data", default="data", help="folder for what must be kept")
    parser.add_argument("--people", default=str(HERE / "people.json"))
    parser.add_argument("--authority", help="host and port as the broker says them")
    parser.add_argument("--certificate", help="PEM; with --private-key: TLS")
    parser.add_argument("--private-key")
    return parser.parse_args()


def prepared(given, **more):
    """An ID system and the keys that may ask it, from the command line."""
    people = json.loads(Path(given.people).read_text(encoding="utf-8"))["people"]
    return IdSystem(given.data, people, **more), public_keys(json.loads(Path(given.keys).read_text(encoding="utf-8")))


def run(server, given):
    if given.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate, given.private_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening as {server.authority}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    options = arguments()
    # A real one sends it; here it is printed.
    id_system, known_keys = prepared(options, tell=lambda message: print(json.dumps(message), flush=True))
    run(server_of(id_system, known_keys, options.port, options.authority), options)
