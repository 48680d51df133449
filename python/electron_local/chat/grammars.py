"""The grammars of a request: its response format, and the calls of its tools."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from electron_local.chat.schema_keywords import is_number
from electron_local.chat.schema_walk import required_names, subschemas
from electron_local.chat.tools import CallRules
from electron_local.grammar import Grammar

# As `json.dumps` writes: with no choice of blanks, more tokens follow from the schema.
_SPACING = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}
FILLER_CHARS = 160
_COMPOSITION = frozenset({"allOf", "anyOf", "oneOf", "$ref"})
_MEMBERS = frozenset({"properties", "required", "additionalProperties", "patternProperties"})
_OF_NO_ARGUMENTS = frozenset({"type", "properties", "required", "title", "description", "$schema", "$id", "$comment"})


def json_object_grammar() -> Grammar:
    """Any JSON object."""
    return json_schema_grammar({"type": "object"})


def json_schema_grammar(schema: Mapping[str, Any]) -> Grammar:
    """What satisfies `schema`, as `relax_schema` returned it.

    Properties come in the schema's order; an object that lists its properties gets no others where that is safe.
    """
    return Grammar("json_schema", json.dumps({**close_objects(schema), "x-guidance": _SPACING}))


def calls_grammar(calls: CallRules) -> Grammar:
    """What follows a form's marker, up to the end of the call."""
    return Grammar("lark", f"start: {calls.run}\n{calls.rules}\n")


def required_calls_grammar(calls: CallRules, *, marker: str, separator: str | None, filler: bool = False) -> Grammar:
    """An answer of nothing but calls, the first at once.

    `marker`: the form's, as a terminal. `separator`: what stands before each further call; None: no call follows the
    first run. `filler`: up to FILLER_CHARS of text may come before.
    """
    more = "" if separator is None else f" ({json.dumps(separator)} one)*" if separator else " one*"
    first = "FILLER? " if filler else ""
    lines = [f"start: {first}one{more}", f"one: {marker} {calls.run}", calls.rules]
    if filler:
        lines.append(f"FILLER: /[^<>{{}}\\[\\]]{{1,{FILLER_CHARS}}}/")
    return Grammar("lark", "\n".join(lines) + "\n")


def calls_or_format_grammar(calls: Grammar, response_format: Grammar) -> Grammar:
    """An answer of nothing but calls, as `required_calls_grammar` has them, or one that keeps to a JSON Schema."""
    rules = calls.text.replace("start:", "calls:", 1)
    return Grammar("lark", f"start: calls | formatted\nformatted: %json {response_format.text}\n{rules}")


def json_calls_rule(tools: Mapping[str, Mapping[str, Any]], *, has_id: bool = False) -> str:
    """The rule `call`: one object `{"name": …, "arguments": {…}}`, an id behind them where the form has room for it.

    `tools`: at least one name with the schema of its arguments, as `relax_schema` returned it.

    >>> json_calls_rule({"stop": {}})[:13]
    'call: %json {'
    """
    schema = {
        "x-guidance": _SPACING,
        "$defs": {str(i): _moved(_close_arguments(tools[name]), f"#/$defs/{i}") for i, name in enumerate(tools)},
        "anyOf": [_call(name, f"#/$defs/{i}", has_id) for i, name in enumerate(tools)],
    }
    return f"call: %json {json.dumps(schema)}"


def arguments_rule(name: str, schema: Mapping[str, Any]) -> str:
    """The rule `name`: one tool's arguments, an object."""
    moved = _moved(_close_arguments(schema), "#/$defs/0")
    inside = {"x-guidance": _SPACING, "$defs": {"0": moved}, "type": "object", "$ref": "#/$defs/0"}
    return f"{name}: %json {json.dumps(inside)}"


def value_rule(name: str, schema: Mapping[str, Any], key: str) -> str:
    """The rule `name`: the value of one of the properties that `schema` lists."""
    moved = _moved(close_objects(schema), "#/$defs/0")
    pointer = key.replace("~", "~0").replace("/", "~1")
    inside = {"x-guidance": _SPACING, "$defs": {"0": moved}, "$ref": f"#/$defs/0/properties/{pointer}"}
    return f"{name}: %json {json.dumps(inside)}"


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
        names = part.get("properties")
        if not isinstance(names, dict) or {"additionalProperties", "patternProperties"} & part.keys():
            continue
        n_least = part.get("minProperties", 0)
        if names and required_names(part) <= names.keys() and not (is_number(n_least) and n_least > len(names)):
            part["additionalProperties"] = False
    return closed


def _close_arguments(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`close_objects`, and a tool that lists no arguments takes none."""
    closed = close_objects(schema)
    if closed.get("properties") == {} and not required_names(closed) and closed.keys() <= _OF_NO_ARGUMENTS:
        closed["additionalProperties"] = False
    return closed


def _call(name: str, reference: str, has_id: bool) -> dict[str, Any]:
    properties = {"name": {"const": name}, "arguments": {"type": "object", "$ref": reference}}
    return {
        "type": "object",
        "properties": {**properties, "id": {"type": "string", "pattern": "^[A-Za-z0-9]{9}$"}} if has_id else properties,
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
