"""A second verifier, written from ops/audit-export.md alone and with Python's own library: it shows that the page is enough.

python3 verify-package.py FOLDER [CHECKPOINT]: prints OK and the number of records, or the first thing that is wrong, and exits 1.
"""
import base64
import hashlib
import json
import os
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P:
        raise ValueError("no point")
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover(y, sign)
    return (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


BY = 4 * pow(5, P - 2, P) % P
BASE = (recover(BY, 0), BY, 1, recover(BY, 0) * BY % P)


def ed25519(key, message, signature):
    """RFC 8032, section 5.1.7."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(point(r), times(h, point(key)))
    return s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def plain(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def digest(data):
    data = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def wrong(text):
    print("wrong: " + text)
    sys.exit(1)


def thumbprint(key):
    return digest('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % key["x"])


KEYS, TRUSTED = {}, set()


def statement(text, kind):
    head, body, signature = text.strip().split(".")
    header, claims = json.loads(plain(head)), json.loads(plain(body))
    for key in claims["keys"]:
        KEYS[thumbprint(key)] = key
    key = KEYS.get(header["kid"])
    if header["typ"] != kind or header["alg"] != "EdDSA" or key is None:
        wrong("a statement that is none")
    if not ed25519(plain(key["x"]), (head + "." + body).encode(), plain(signature)):
        wrong("a signature")
    if TRUSTED and header["kid"] not in TRUSTED:
        wrong("a key that nothing vouches for")
    if TRUSTED:
        TRUSTED.update(thumbprint(key) for key in claims["keys"])
    return claims


def units(text):
    return len(text.encode("utf-16-le")) // 2


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return file.read()


def main(folder, held_file=None):
    held = None
    if held_file:
        text = read(os.path.dirname(held_file), os.path.basename(held_file))
        TRUSTED.add(json.loads(plain(text.split(".")[0]))["kid"])
        held = statement(text, "checkpoint+jwt")
    for key in json.loads(read(folder, "keys.json"))["keys"]:
        KEYS[thumbprint(key)] = key
    manifest_text = read(folder, "manifest.json")
    manifest = json.loads(manifest_text)
    for file in manifest["files"]:
        if digest(read(folder, file["name"])) != file["sha256"]:
            wrong("file " + file["name"])
    n, chain = manifest["first"]["n"] - 1, manifest["first"]["previous"]
    if n == 0 and chain != digest("esignet:audit-log"):
        wrong("the beginning of the chain")
    streams, chains, whole = {}, {n: chain}, n == 0
    lines = read(folder, "audit.jsonl").split("\n")[:-1]
    for line in lines:
        where = "record %d" % (n + 1)
        if line[-54:] != ',"seal":"%s"}' % digest(line[:-54]):
            wrong(where + ": seal")
        record = json.loads(line)
        if record["n"] != n + 1:
            wrong(where + ": number")
        metadata = json.loads(record["metadata"])
        if not record["readable"]:
            wrong(where + ": not readable")
        if record["metadata"][-56:] != ',"digest":"%s"}' % record["digest"]:
            wrong(where + ": digest")
        parts = [metadata["previous"], record["stream"], str(record["revision"]), record["event"], record["type"]]
        parts += [record["data"], record["metadata"][:-56] + "}"]
        if digest("".join("%d:%s" % (units(part), part) for part in parts)) != record["digest"]:
            wrong(where + ": bytes of the event")
        actor = metadata.get("actor", json.loads(record["data"]).get("actor"))
        if [record["at"], record["correlation"], record["actor"]] != [metadata["at"], metadata["$correlationId"], actor]:
            wrong(where + ": members")
        if record["previous"] != chain or record["chain"] != digest(chain + record["digest"]):
            wrong(where + ": chain")
        start = (-1, digest("esignet:stream:" + record["stream"])) if whole or record["revision"] == 0 else None
        before = streams.get(record["stream"], start)
        if before and (record["revision"] != before[0] + 1 or metadata["previous"] != before[1]):
            wrong(where + ": stream " + record["stream"])
        streams[record["stream"]] = (record["revision"], record["digest"])
        n, chain = record["n"], record["chain"]
        chains[n] = chain
        if record["type"] == "CheckpointSigned":
            claims = statement(json.loads(record["data"])["statement"], "checkpoint+jwt")
            if chains.get(claims["n"], claims["chain"]) != claims["chain"]:
                wrong(where + ": checkpoint")
    if (n, chain) != (manifest["last"]["n"], manifest["last"]["chain"]):
        wrong("the end")
    blocks = [digest("".join(line + "\n" for line in lines[at : at + 1000])) for at in range(0, len(lines), 1000)]
    if blocks != manifest["blocks"] or len(lines) != manifest["count"]:
        wrong("blocks")
    claims = statement(read(folder, "manifest.jws"), "manifest+jwt")
    if claims["manifest"] != digest(manifest_text):
        wrong("manifest")
    if held and held["n"] > manifest["head"]["n"]:
        wrong("the tail is cut")
    if held and chains.get(held["n"]) != held["chain"]:
        wrong("record %d is not what was held" % held["n"])
    print("OK %d" % len(lines))


main(*sys.argv[1:3])
