"""Answers of the bundled model under hundreds of varied schemas: what ends by itself satisfies its schema."""

from __future__ import annotations

import json

import jsonschema
import pytest

from electron_local import Electron
from schema_zoo import KINDS, schemas

LEAST_ENDED = 0.95
# A small model repeats itself without end in strings, names and numbers that a schema leaves open: many of these
# answers end because the limit is near.
MAX_TOKENS = 200


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


@pytest.mark.parametrize("n_schemas", [5 * len(KINDS), pytest.param(24 * len(KINDS), marks=pytest.mark.nightly)])
def test_answers_satisfy_varied_schemas(client, n_schemas):
    n_ended = 0
    for seed, schema in enumerate(schemas(n_schemas)):
        answer = client.chat.completions.create(
            model="electron",
            messages=[{"role": "user", "content": "a coffee for two"}],
            response_format={"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}},
            temperature=seed % 2,
            seed=seed,
            max_tokens=MAX_TOKENS,
        )
        choice = answer.choices[0]
        if choice.finish_reason == "stop":
            n_ended += 1
            check(json.loads(choice.message.content), schema)
    print(n_ended, "of", n_schemas)
    assert n_ended >= LEAST_ENDED * n_schemas


@pytest.mark.parametrize("n_schemas", [2 * len(KINDS), pytest.param(8 * len(KINDS), marks=pytest.mark.nightly)])
def test_arguments_satisfy_varied_schemas(client, n_schemas):
    n_ended = 0
    for seed, schema in enumerate(schemas(n_schemas, seed=2)):
        definitions = schema.pop("$defs", {})
        parameters = {"type": "object", "properties": {"value": schema}, "required": ["value"], "$defs": definitions}
        answer = client.chat.completions.create(
            model="electron",
            messages=[{"role": "user", "content": "note a coffee for two"}],
            tools=[{"type": "function", "function": {"name": "take_note", "parameters": parameters, "strict": True}}],
            tool_choice="required",
            parallel_tool_calls=False,
            temperature=seed % 2,
            seed=seed,
            max_tokens=MAX_TOKENS,
        )
        choice = answer.choices[0]
        if choice.finish_reason == "tool_calls":
            n_ended += 1
            for call in choice.message.tool_calls:
                check(json.loads(call.function.arguments), parameters)
    print(n_ended, "of", n_schemas)
    assert n_ended >= LEAST_ENDED * n_schemas


def check(value: object, schema: dict) -> None:
    """Formats too, those that jsonschema knows without further packages."""
    validator = jsonschema.Draft202012Validator
    validator(schema, format_checker=validator.FORMAT_CHECKER).validate(value)
