"""Whether a question comes from the broker: HTTP Message Signatures (RFC 9421) with the standard library alone.

The standard library has no public keys, so RSA with PSS is checked here by hand (RFC 8017 section 9.1.2). Only public values are used, so
nothing can leak by time. Where you may install a package, let that one check, and take Ed25519 besides.
"""

import base64
import binascii
import hashlib
import hmac
import re

# Exactly what the broker sends: whatever is signed in another way, or less of it, is refused.
SIGNATURE_INPUT = re.compile(
    r'esignet=(\("@method" "@authority" "@path" "content-type" "content-digest"\)'
    r';created=([0-9]{1,12});expires=([0-9]{1,12});nonce="([A-Za-z0-9_-]{22})";keyid="([A-Za-z0-9_-]{43})"'
    r';alg="rsa-pss-sha512";tag="esignet-id-system")'
)
SIGNATURE = re.compile(r"esignet=:([A-Za-z0-9+/=]{1,2000}):")

CLOCKS_APART_S = 60
LIFETIME_S_MAX = 300
BITS_MIN = 2048

DIGEST_BYTES = 64
SALT_BYTES = 64


def public_keys(jwk_set):
    """The keys of a JWK Set, by their names, as pairs of numbers."""
    keys = {}
    for jwk in jwk_set["keys"]:
        if jwk["kty"] != "RSA":
            raise ValueError("this example knows RSA only: openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:3072")
        number, exponent = (int.from_bytes(base64.urlsafe_b64decode(jwk[part] + "=="), "big") for part in ("n", "e"))
        if number.bit_length() < BITS_MIN:
            raise ValueError("a key of RSA has 2048 bits or more")
        keys[jwk["kid"]] = (number, exponent)
    return keys


def mask(seed, length):
    """MGF1 (RFC 8017, appendix B.2.1)."""
    blocks = (length + DIGEST_BYTES - 1) // DIGEST_BYTES
    return b"".join(hashlib.sha512(seed + counter.to_bytes(4, "big")).digest() for counter in range(blocks))[:length]


def pss_is_right(key, message, signature):
    """RSASSA-PSS-VERIFY with SHA-512 and a salt of 64 bytes (RFC 9421 section 3.3.1)."""
    number, exponent = key
    value = int.from_bytes(signature, "big")
    if len(signature) != (number.bit_length() + 7) // 8 or value >= number:
        return False
    bits = number.bit_length() - 1
    length = (bits + 7) // 8
    unused = 8 * length - bits
    encoded = pow(value, exponent, number)
    if encoded.bit_length() > bits:
        return False
    encoded = encoded.to_bytes(length, "big")
    masked, digest, trailer = encoded[: -DIGEST_BYTES - 1], encoded[-DIGEST_BYTES - 1 : -1], encoded[-1]
    if trailer != 0xBC:
        return False
    block = bytearray(left ^ right for left, right in zip(masked, mask(digest, len(masked))))
    block[0] &= 0xFF >> unused
    padding, salt = bytes(block[:-SALT_BYTES]), bytes(block[-SALT_BYTES:])
    if padding != bytes(len(padding) - 1) + b"\x01":
        return False
    expected = hashlib.sha512(bytes(8) + hashlib.sha512(message).digest() + salt).digest()
    return hmac.compare_digest(digest, expected)


def signed_by(keys, authority, method, path, headers, body, now):
    """(nonce, expires) of a question that one of these keys signed for us and that is in time, or None."""
    told = SIGNATURE_INPUT.fullmatch(headers.get("signature-input", ""))
    proof = SIGNATURE.fullmatch(headers.get("signature", ""))
    if told is None or proof is None:
        return None
    parameters, created, expires, nonce, name = told[1], int(told[2]), int(told[3]), told[4], told[5]
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    in_time = created <= now + CLOCKS_APART_S and now < expires <= created + LIFETIME_S_MAX
    if name not in keys or not in_time or headers.get("content-digest") != digest:
        return None
    base = "\n".join(
        [
            f'"@method": {method}',
            # Our own name, not what the question says: it may have been signed for somebody else.
            f'"@authority": {authority}',
            f'"@path": {path}',
            f'"content-type": {headers.get("content-type", "")}',
            f'"content-digest": {digest}',
            f'"@signature-params": {parameters}',
        ]
    )
    try:
        signature = base64.b64decode(proof[1], validate=True)
    except binascii.Error:
        return None
    return (nonce, expires) if pss_is_right(keys[name], base.encode(), signature) else None
