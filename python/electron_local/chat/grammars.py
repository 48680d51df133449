"""The grammars of a request: its response format, and the calls of its tools."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from electron_local.chat.schema_walk import subschemas
from electron_local.grammar import Grammar

# As `json.dumps` writes: with no choice of blanks, more tokens follow from the schema.
_SPACING = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}
_COMPOSITION = frozenset({"allOf", "anyOf", "oneOf", "$ref"})
_MEMBERS = frozenset({"properties", "required", "additionalProperties", "patternProperties"})


def json_object_grammar() -> Grammar:
    """Any JSON object."""
    return json_schema_grammar({"type": "object"})


def json_schema_grammar(schema: Mapping[str, Any]) -> Grammar:
    """What satisfies `schema`, as `relax_schema` returned it.

    Properties come in the schema's order; an object that lists its properties gets no others where that is safe.
    """
    return Grammar("json_schema", json.dumps({**close_objects(schema), "x-guidance": _SPACING}))


def tool_call_grammar(tools: Mapping[str, Mapping[str, Any]], *, before: str, after: str, end: int | str) -> Grammar:
    """One call, `{"name": …, "arguments": {…}}`, from behind the opening marker to the end of the closing one.

    `tools`: at least one name with the schema of its arguments, as `relax_schema` returned it. `before` and `after`
    are the texts around the object, `end` the closing marker: its token's id, or its text when it has no token.

    >>> tool_call_grammar({"stop": {}}, before="", after="\\n", end=7).text.splitlines()[0]
    'start: call "\\\\n" <[7]>'
    """
    schema = {
        "x-guidance": _SPACING,
        "$defs": {str(i): _moved(close_objects(tools[name]), f"#/$defs/{i}") for i, name in enumerate(tools)},
        "anyOf": [_call(name, f"#/$defs/{i}") for i, name in enumerate(tools)],
    }
    parts = [json.dumps(before) if before else "", "call", json.dumps(after) if after else "", _terminal(end)]
    return Grammar("lark", f"start: {' '.join(part for part in parts if part)}\ncall: %json {json.dumps(schema)}\n")


def required_calls_grammar(call: Grammar, *, marker: int | str, several: bool) -> Grammar:
    """An answer of nothing but calls, the first at once; `call` is what `tool_call_grammar` made.

    `marker`: the opening marker's token id, or its text when it has no token.
    """
    start, rest = call.text.split("\n", 1)
    one = f"{_terminal(marker)} {start.removeprefix('start: ')}"
    more = ' ("\\n" one)*' if several else ""
    return Grammar("lark", f"start: one{more}\none: {one}\n{rest}")


def _terminal(marker: int | str) -> str:
    return f"<[{marker}]>" if isinstance(marker, int) else json.dumps(marker)


def close_objects(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which objects with `properties` and nothing about others allow no others.

    A schema that puts objects together (`allOf`, or properties beside a reference) stays as it is: closed parts
    would exclude each other.
    """
    closed = copy.deepcopy(dict(schema))
    parts = [part for _, part in subschemas(closed)]
    if any("allOf" in part or (_COMPOSITION & part.keys() and _MEMBERS & part.keys()) for part in parts):
        return closed
    for part in parts:
        names, required = part.get("properties"), part.get("required", [])
        if not isinstance(names, dict) or {"additionalProperties", "patternProperties"} & part.keys():
            continue
        if isinstance(required, list) and names and set(required) <= names.keys():
            part["additionalProperties"] = False
    return closed


def _call(name: str, reference: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": {"type": "object", "$ref": reference}},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _moved(schema: dict[str, Any], place: str) -> dict[str, Any]:
    """`schema`, whose root will stand at `place`: its references into itself follow. Changes it."""
    for key in ("$id", "$schema", "x-guidance"):
        schema.pop(key, None)
    for _, part in subschemas(schema):
        reference = part.get("$ref")
        if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
            part["$ref"] = place + reference[1:]
    return schema
