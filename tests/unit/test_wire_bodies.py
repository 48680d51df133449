"""Bodies of requests on the wire: what is no JSON, too large, too deep, or drawn at random."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripted_wire import BODY, error_of, request, wire_of

BAD_BODIES = {
    "empty": b"",
    "not JSON": b"{'model': 1}",
    "truncated": b'{"model": "electron"',
    "not UTF-8": b'{"model": "\xff"}',
    "UTF-16": json.dumps(BODY).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"temperature": NaN}',
    "infinity": b'{"temperature": -Infinity}',
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "long number": b'{"seed": ' + b"9" * 10_000 + b"}",
    "two values": b"{} {}",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bodies_that_are_not_json(body):
    wire, _ = wire_of()
    response = wire.handle(request(body))
    assert response.status == 400
    error = error_of(response)
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_json")
    assert wire.handle(request()).status == 200


@pytest.mark.parametrize("body", [[], "text", 3, None, True])
def test_bodies_that_are_no_object(body):
    response = wire_of()[0].handle(request(body))
    assert response.status == 400 and error_of(response)["code"] == "invalid_type"


def test_large_numbers_and_lone_surrogates_are_the_validators():
    body = b'{"model": "\\ud800", "messages": [], "temperature": 1e999, "logit_bias": {"\\udfff": 1}}'
    response = wire_of()[0].handle(request(body))
    assert response.status == 400
    paths = [detail["path"] for detail in error_of(response)["details"]]
    assert ["model"] in paths and ["temperature"] in paths and ["logit_bias", "\udfff"] in paths


def test_bodies_over_the_limit():
    wire, engine = wire_of(max_body_bytes=200)
    response = wire.handle(request({**BODY, "user": "x" * 200}))
    assert response.status == 413 and error_of(response)["code"] == "request_too_large"
    assert not engine.prompts and wire.handle(request()).status == 200


def test_validation_errors_have_details():
    error = error_of(wire_of()[0].handle(request({**BODY, "n": 2, "temperature": 3})))
    assert {tuple(detail["path"]) for detail in error["details"]} == {("n",), ("temperature",)}


# fmt: off
FIELDS = [
    "model", "messages", "role", "content", "type", "text", "name", "function",
    "parameters", "tools", "tool_calls", "tool_call_id", "tool_choice", "id", "index", "arguments",
    "temperature", "max_tokens", "stop", "seed", "stream", "stream_options", "include_usage", "response_format",
    "json_schema", "schema", "properties", "items", "enum", "logit_bias", "logprobs", "top_logprobs",
    "n", "user",
]
# fmt: on
NAMES = st.text(max_size=3) | st.sampled_from(FIELDS)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["user", "tool"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, JSON, max_size=8), st.booleans())
def test_no_body_is_a_fault_of_the_runtime(fields, is_asked_well):
    body = {**fields, **(BODY if is_asked_well else {})}
    assert wire_of()[0].handle(request(body)).status in (200, 400, 404)


@settings(max_examples=100)
@given(st.binary(max_size=40))
def test_no_bytes_are_a_fault_of_the_runtime(raw):
    assert wire_of()[0].handle(request(raw)).status == 400


@pytest.mark.parametrize("field", ["messages", "tools", "response_format", "stop", "metadata", "logit_bias"])
@pytest.mark.parametrize("depth", [50, 99, 150, 400, 800])
def test_nesting_below_the_parsers_limit(field, depth):
    body = json.dumps({**BODY, field: "@"}).replace('"@"', '[{"a":' * (depth // 2) + "1" + "}]" * (depth // 2))
    assert wire_of()[0].handle(request(body.encode())).status == (200 if field == "metadata" else 400)
