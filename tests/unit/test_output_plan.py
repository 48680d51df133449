"""What is planned for an answer, and what of a plan is kept for the next."""

from __future__ import annotations

import pytest

from electron_local.errors import BadRequestError
from scripted_chat import client_of, create


def form(schema):
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}


def test_a_response_schema_is_compiled_once(monkeypatch):
    compiled = []
    client = client_of('{"a": 1}')
    monkeypatch.setattr(client.engine, "refusal", lambda grammar: compiled.append(grammar.text))
    schema = {"type": "object", "properties": {"b": {}, "a": {}}}
    for _ in range(3):
        create(client, response_format=form(schema))
    assert len(compiled) == 1
    create(client, response_format=form({**schema, "properties": {"a": {}, "b": {}}}))
    texts = [constraint.grammar.text for constraint in client.engine.constraints]
    assert len(compiled) == 2 and len(set(texts[:3])) == 1 and texts[3].index('"a"') < texts[3].index('"b"')


def test_a_response_schema_that_cannot_be_enforced_is_refused_each_time():
    client = client_of("{}")
    for _ in range(2):
        with pytest.raises(BadRequestError, match=r"response_format.json_schema.schema.not: no grammar"):
            create(client, response_format=form({"not": {}}))


def test_the_last_schemas_are_kept(monkeypatch):
    compiled = []
    client = client_of("{}")
    monkeypatch.setattr(client.engine, "refusal", lambda grammar: compiled.append(grammar.text))
    for title in [*map(str, range(40)), "39", "0"]:
        create(client, response_format=form({"type": "object", "title": title}))
    assert len(compiled) == 41


def test_properties_come_in_the_order_of_this_request_s_tools():
    client = client_of("Hello.")
    for names in ("ab", "ba"):
        parameters = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
        create(client, tools=[{"type": "function", "function": {"name": "note", "parameters": parameters}}])
        text = client.engine.constraints[-1].grammar.text
        assert text.index(f'"{names[0]}"') < text.index(f'"{names[1]}"')


@pytest.mark.parametrize("fields", ["tools", "response_format"])
def test_an_integer_of_thousands_of_digits_is_refused(fields):
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 10**5000}}}
    tools = [{"type": "function", "function": {"name": "note", "parameters": schema}}]
    with pytest.raises(BadRequestError, match="digits"):
        create(client_of("Hello."), **({"tools": tools} if fields == "tools" else {"response_format": form(schema)}))
    with pytest.raises(BadRequestError, match="a token id lies between"):
        create(client_of("Hello."), logit_bias={10**5000: 1})
