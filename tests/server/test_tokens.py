"""Short-lived tokens, alone and from their endpoint."""

from __future__ import annotations

import base64
import time

import pytest
from asgi import call, post, run

from electron_local.chat.completions import ChatPath
from electron_local.errors import AuthenticationError
from electron_local.server import create_app
from electron_local.server.keys import KeyRing
from electron_local.server.options import ServerOptions
from electron_local.server.tokens import TokenMint
from fakes import FakeEngine

PATH = "/waves/v1/s2s/token"
KEY = {"authorization": "Bearer alpha"}


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def app_of(**options):
    return create_app(ChatPath(FakeEngine()), ServerOptions(keys=KeyRing(["alpha"]), **options))


def test_a_token_speaks_for_its_caller_until_it_expires():
    clock = Clock()
    mint = TokenMint(clock)
    token = mint.mint("key-3", lifetime_s=10)
    assert token.expires_at == 1010 and mint.is_token(token.value) and not mint.is_token("alpha")
    clock.now = 1009.9
    assert mint.caller(token.value) == "key-3"
    clock.now = 1010
    with pytest.raises(AuthenticationError, match="expired 0 s ago") as expired:
        mint.caller(token.value)
    assert expired.value.code == "token_expired"
    assert mint.mint("key-3").value != mint.mint("key-3").value


def forged(value):
    """Tokens that are nearly right."""
    raw = bytearray(base64.urlsafe_b64decode(value[3:] + "=" * (-len(value[3:]) % 4)))
    for place in (0, len(raw) - 40, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        yield "ek_" + base64.urlsafe_b64encode(changed).decode().rstrip("=")
    yield from ("ek_", "ek_x", "ek_é", value[:-1], value + "A", "ek_" + value)


def test_forged_tokens_are_refused():
    mint = TokenMint()
    for value in forged(mint.mint("key-1").value):
        with pytest.raises(AuthenticationError, match="not made by this server"):
            mint.caller(value)
    with pytest.raises(AuthenticationError):
        TokenMint().caller(mint.mint("key-1").value)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b"", 600),
        ({}, 600),
        ({"expires_after": None, "session": {"type": "realtime"}}, 600),
        ({"expires_after": {"anchor": "created_at", "seconds": 10}}, 10),
        ({"expires_after": {"seconds": 7200}}, 7200),
    ],
)
def test_the_endpoint(body, seconds):
    answer = run(post(app_of(), body, KEY, PATH))
    assert answer.status == 200 and answer.json["expires_at"] == pytest.approx(time.time() + seconds, abs=5)
    assert answer.json.keys() == {"value", "expires_at"} and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"\xff", "invalid_json"),
        (b"[]", "invalid_type"),
        ({"expires_after": 60}, "invalid_type"),
        ({"expires_after": {"seconds": 9}}, "too_small"),
        ({"expires_after": {"seconds": 7201}}, "too_big"),
        ({"expires_after": {"seconds": "60"}}, "invalid_type"),
        ({"expires_after": {"anchor": "now"}}, "invalid_value"),
    ],
)
def test_what_the_endpoint_refuses(body, code):
    refused = run(post(app_of(), body, KEY, PATH))
    assert (refused.status, refused.json["error"]["code"]) == (400, code)


def test_other_refusals():
    app = app_of()
    assert run(post(app, {})).status == run(post(app, {}, path=PATH)).status == 401
    assert run(post(app, b"x" * 5000, KEY, PATH)).status == 413
    asked = run(call(app, path=PATH, headers=KEY))
    assert asked.status == 405 and asked.headers["allow"] == "POST"
