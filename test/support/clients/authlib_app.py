"""A relying party of Authlib and nothing else: code flow with PKCE, private_key_jwt, the ID token verified, userinfo read."""

import html
import json
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

# The broker under test is plain http on loopback, which Authlib refuses otherwise.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"

import requests  # noqa: E402
from authlib.common.security import generate_token  # noqa: E402
from authlib.integrations.requests_client import OAuth2Session  # noqa: E402
from authlib.jose import JsonWebKey, jwt  # noqa: E402
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # noqa: E402
from authlib.oidc.core import CodeIDToken  # noqa: E402

SETTINGS = json.loads(os.environ["RELYING_PARTY"])
ORIGIN = f"http://127.0.0.1:{SETTINGS['port']}"
WAIT_S = 10
ASSERTION_S = 120
METADATA = requests.get(SETTINGS["issuer"] + "/.well-known/openid-configuration", timeout=WAIT_S).json()
# Of one person at a time, who is the only one that a test sends.
LOGIN = {}


def session():
    made = OAuth2Session(
        SETTINGS["client"],
        SETTINGS["key"],
        token_endpoint_auth_method="private_key_jwt",
        scope="openid profile email",
        redirect_uri=ORIGIN + "/callback",
        code_challenge_method="S256",
    )
    # Left alone, Authlib's assertions live for an hour, and 300 s are the most that is taken.
    lives = {"exp": int(time.time()) + ASSERTION_S}
    made.register_client_auth_method(PrivateKeyJWT(METADATA["token_endpoint"], claims=lives, alg="RS256"))
    return made


def begin():
    LOGIN["verifier"] = generate_token(48)
    LOGIN["nonce"] = secrets.token_urlsafe(16)
    address, LOGIN["state"] = session().create_authorization_url(
        METADATA["authorization_endpoint"], code_verifier=LOGIN["verifier"], nonce=LOGIN["nonce"]
    )
    return address


def finish(path):
    made = session()
    token = made.fetch_token(
        METADATA["token_endpoint"],
        authorization_response=ORIGIN + path,
        state=LOGIN["state"],
        code_verifier=LOGIN["verifier"],
    )
    keys = JsonWebKey.import_key_set(requests.get(METADATA["jwks_uri"], timeout=WAIT_S).json())
    claims = jwt.decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"value": METADATA["issuer"]}, "aud": {"value": SETTINGS["client"]}},
        claims_params={"nonce": LOGIN["nonce"], "access_token": token["access_token"]},
    )
    claims.validate()
    userinfo = made.get(METADATA["userinfo_endpoint"], timeout=WAIT_S)
    userinfo.raise_for_status()
    return {"idToken": dict(claims), "userinfo": userinfo.json()}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        where = urlsplit(self.path).path
        if where == "/health":
            return self.page("ok")
        if where == "/callback":
            return self.page(json.dumps(finish(self.path)))
        if where != "/":
            return self.send_error(404)
        self.send_response(302)
        self.send_header("location", begin())
        return self.end_headers()

    def page(self, text):
        body = f'<!doctype html><title>Signed in</title><pre id="person">{html.escape(text)}</pre>'.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", SETTINGS["port"]), Pages).serve_forever()
