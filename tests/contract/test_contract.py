"""One table of requests through the client, the SDK's transport and HTTP: equal answers, and the right ones."""

from __future__ import annotations

import pytest

from contract.bad_requests import BAD
from contract.good_requests import GOOD, USER
from fakes import FakeEngine

pytest.importorskip("openai")
pytest.importorskip("starlette")

from contract.doors import DOORS, agreed

BASE = {"model": "electron", "messages": [USER]}
WITHOUT = [("no model", ["messages"], ["model"]), ("no messages", ["model"], ["messages"]), ("nothing", [], ["model"])]
NO_REQUESTS = [b"", b"[]", b'"hello"', b"null", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"model": 1e999}']


def engine_of(reply):
    return FakeEngine([reply], n_ctx=16384)


def outcome_of(body, reply="Hello there."):
    """What all three doors answer; they must agree."""
    return agreed(*(door(body, engine_of(reply)) for door in DOORS))


def test_the_table_is_large_and_its_names_differ():
    names = [case.name for case in (*GOOD, *BAD)]
    assert len(names) >= 150
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_good_requests(case):
    outcome = outcome_of({**BASE, **case.fields}, case.reply)
    assert outcome.status == 200, outcome.body
    (choice,) = outcome.body["choices"]
    message = choice["message"]
    calls = tuple((call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls", ()))
    assert (message["content"], choice["finish_reason"], calls) == (case.content, case.finish_reason, case.calls)
    usage = outcome.body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_good_requests_streamed(case):
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    outcome = outcome_of({**BASE, **case.fields, **streamed}, case.reply)
    assert outcome.status == 200, outcome.body
    *chunks, last = outcome.body
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert [delta["role"] for delta in deltas if "role" in delta] == ["assistant"] and "role" in deltas[0]
    assert "".join(delta.get("content") or "" for delta in deltas) == (case.content or "")
    finished = [call for call in _calls_of(deltas) if case.finish_reason != "length"]
    assert tuple(finished) == case.calls
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + [case.finish_reason] and deltas[-1] == {}
    assert last["choices"] == [] and last["usage"]["prompt_tokens"] > 0


def _calls_of(deltas):
    calls = []
    for call in (call for delta in deltas for call in delta.get("tool_calls", ())):
        if "id" in call:
            calls.append((call["function"]["name"], ""))
        name, arguments = calls[call["index"]]
        calls[call["index"]] = name, arguments + call["function"]["arguments"]
    return calls


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_bad_requests(case):
    outcome = outcome_of({**BASE, **case.fields})
    assert outcome.status == case.status, outcome.body
    error = outcome.body["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", case.code)
    assert error["message"] and error["request_id"] == "req_…"
    paths = [detail["path"] for detail in error.get("details", ())]
    if case.path is None:
        assert not paths
    else:
        assert paths[0][: len(case.path)] == case.path
        assert error["param"]


@pytest.mark.parametrize(("name", "kept", "path"), WITHOUT, ids=str)
def test_requests_without_what_is_required(name, kept, path):
    outcome = outcome_of({key: BASE[key] for key in kept})
    assert outcome.status == 400 and outcome.body["error"]["details"][0]["path"] == path


@pytest.mark.parametrize("body", NO_REQUESTS, ids=lambda body: repr(body[:12]))
def test_bodies_that_are_no_requests(body):
    outcome = agreed(*(door(body, engine_of("Hello there.")) for door in DOORS[1:]))
    assert outcome.status == 400 and outcome.body["error"]["code"] in ("invalid_json", "invalid_type", "missing")
