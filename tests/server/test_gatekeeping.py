"""Keys, plans, places and addresses, each alone."""

from __future__ import annotations

import asyncio
import socket

import pytest

from electron_local.cli import main
from electron_local.errors import AuthenticationError, InvalidArgumentError, RateLimitError
from electron_local.server.keys import KeyRing, read_keys
from electron_local.server.limits import PLANS, Plan, RateLimiter
from electron_local.server.listening import listen, url_of
from electron_local.server.metrics import Metrics
from electron_local.server.options import ServerOptions
from electron_local.server.session_places import Places


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_number_of_sessions_below_none_is_refused():
    with pytest.raises(InvalidArgumentError, match="max_sessions must be at least 0, got -1"):
        ServerOptions(max_sessions=-1)


def test_key_files(tmp_path):
    path = tmp_path / "keys"
    path.write_text("# two keys\nalpha\n\n  beta \n")
    assert read_keys(path) == ["alpha", "beta"]
    ring = KeyRing([*read_keys(path), "alpha"])
    assert len(ring) == 2 and ring.caller("Bearer beta") == "key-2" and ring.caller_of_key("alpha") == "key-1"
    with pytest.raises(AuthenticationError, match="not one of the 2"):
        ring.caller_of_key("gamma")


@pytest.mark.parametrize("content", [b"", b"# none\n\n", b"\xff\xfe", None])
def test_key_files_without_keys(tmp_path, content):
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidArgumentError, match="keys"):
        read_keys(path)


@pytest.mark.parametrize("key", ["", "two words", "tab\t", "schlüssel", "line\n"])
def test_keys_that_no_header_carries(key):
    with pytest.raises(InvalidArgumentError, match=r"API key 2 of 2 must be"):
        KeyRing(["good", key])


def test_no_keys_let_everybody_in():
    assert KeyRing([]).caller(None) == KeyRing([]).caller("Bearer whatever") == "anybody"


def test_a_minute_slides():
    clock = Clock()
    limiter = RateLimiter(Plan("small", n_per_minute=2), clock)
    for step in (0, 40):
        clock.now = 1000.0 + step
        limiter.admit("key-1")
    for step, wait_s in ((40, 20), (59.5, 1)):
        clock.now = 1000.0 + step
        with pytest.raises(RateLimitError, match="2 requests a minute") as refused:
            limiter.admit("key-1")
        assert refused.value.retry_after_s == wait_s
    limiter.admit("key-2")
    clock.now = 1060.0
    limiter.admit("key-1")
    with pytest.raises(RateLimitError) as refused:
        limiter.admit("key-1")
    assert refused.value.retry_after_s == 40


def test_refusals_do_not_count():
    clock = Clock()
    limiter = RateLimiter(PLANS["standard"], clock)
    for _ in range(3):
        limiter.admit("key-1")
    for _ in range(50):
        with pytest.raises(RateLimitError, match="3 requests at once") as refused:
            limiter.admit("key-1")
        assert (refused.value.status_code, refused.value.code) == (429, "concurrency_limit_exceeded")
    for _ in range(7):
        limiter.release("key-1")
        limiter.admit("key-1")
    limiter.release("key-1")
    with pytest.raises(RateLimitError, match="10 requests a minute"):
        limiter.admit("key-1")


@pytest.mark.parametrize("n_leaving", [0, 1, 2])
def test_newcomers_wait_for_those_who_leave(n_leaving):
    async def scenario():
        places = Places(2)
        held = [await places.take() for _ in range(2)]
        for place in held[:n_leaving]:
            place.leave()
        newcomers = [asyncio.create_task(places.take()) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [newcomer.done() for newcomer in newcomers] == [False] * n_leaving + [True] * (3 - n_leaving)
        for place in held:
            place.give_back()
        return [await newcomer for newcomer in newcomers], places

    found, places = asyncio.run(scenario())
    assert [place is not None for place in found] == [True] * n_leaving + [False] * (3 - n_leaving)
    assert places._n_free == 2 - n_leaving


def test_newcomers_do_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr("electron_local.server.session_places.WAIT_S", 0.01)

    async def scenario():
        places = Places(1)
        place = await places.take()
        place.leave()
        assert await places.take() is None
        place.give_back()
        assert await places.take() is not None and await places.take() is None

    asyncio.run(scenario())


@pytest.mark.parametrize("is_handed_over", [False, True])
def test_newcomers_that_give_up_take_no_place(is_handed_over):
    async def scenario():
        places = Places(1)
        place = await places.take()
        place.leave()
        newcomer = asyncio.create_task(places.take())
        await asyncio.sleep(0.01)
        if is_handed_over:
            place.give_back()
        newcomer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await newcomer
        if not is_handed_over:
            place.give_back()
        assert await places.take() is not None and await places.take() is None

    asyncio.run(scenario())


def test_plans_are_those_of_the_protocol():
    assert [(plan.n_per_minute, plan.n_concurrent) for plan in PLANS.values()] == [(None, None), (10, 3), (200, 20)]


def test_histograms_are_cumulative():
    metrics = Metrics()
    for seconds in (0.005, 0.006, 1000):
        metrics.request_ended("GET", "/health", 200, seconds)
    text = metrics.text({"cache": {"hits": 3}, "last_match_end": "", "n_queued": 0})
    for expected in ('{le="0.005"} 1', '{le="0.01"} 2', '{le="60.0"} 2', '{le="+Inf"} 3', "_count 3", "_cache_hits 3"):
        assert expected in text
    assert "last_match_end" not in text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_needs_no_key(host):
    with listen(host, 0, is_open_to_all=False) as listener:
        assert url_of(listener).startswith("http://127.0.0.1:")
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        port = listener.getsockname()[1]
        with pytest.raises(InvalidArgumentError, match=f"cannot listen on {host}:{port}"):
            listen(host, port, is_open_to_all=False)


@pytest.mark.parametrize("host", ["0.0.0.0", ""])
def test_other_addresses_need_a_key_or_force(host, capsys):
    with pytest.raises(InvalidArgumentError, match="--force"):
        listen(host, 0, is_open_to_all=False)
    with listen(host, 0, is_open_to_all=True):
        pass
    assert main(["serve", "--host", host, "--port", "0"]) == 1
    assert "can be reached by other machines" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--port", "70000"], "0 to 65535"),
        (["--host", "no.such.host.invalid"], "no address to listen on"),
        (["--api-keys", "absent"], "cannot read API keys"),
        (["--api-key", "two words"], "visible ASCII"),
        (["--model", "absent.gguf", "--port", "0"], "absent.gguf"),
    ],
)
def test_wrong_arguments_exit_1(words, message, capsys):
    assert main(["serve", *words]) == 1
    assert message in capsys.readouterr().err


def test_without_its_packages_the_command_names_the_extra(monkeypatch, capsys):
    monkeypatch.setattr("electron_local.server.find_spec", lambda name: None if name == "uvicorn" else True)
    assert main(["serve"]) == 1
    assert "needs uvicorn: pip install 'electron-local[server]'" in capsys.readouterr().err
