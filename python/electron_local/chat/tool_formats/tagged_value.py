"""Arguments written one by one between tags: strings as they are, everything else as JSON.

What a value is, its schema says; where there is none, what reads as JSON is taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

from electron_local.chat.grammars import value_rule
from electron_local.chat.schema_branches import at_pointer
from electron_local.chat.tool_formats.ordered_rules import Member, is_plain, ordered
from electron_local.chat.tool_formats.run_reader import Cursor, NotACall

Schemas = Mapping[str, Mapping[str, Any]]

TEXT_RULE = r"TEXT: /([^<]|<+[^<\/])*/"
KEY_RULE = "KEY: /[A-Za-z_][A-Za-z0-9_.-]{0,63}/"
_WORDS = {"True": True, "False": False, "None": None}  # Python's, as templates write them
_MOST_COUNTED = 1000
_ANNOTATIONS = frozenset({"type", "description", "title", "default", "examples", "$comment"})


class TaggedArguments(NamedTuple):
    """`body`: how one tool's arguments stand in a rule. `is_loose`: the rules fall short of the schema."""

    body: str
    rules: list[str]
    is_loose: bool


def tagged_arguments(prefix: str, schema: Mapping[str, Any], tag: Callable[[str, str], str]) -> TaggedArguments:
    """The rules of one tool's arguments, in the schema's order; they need TEXT_RULE, KEY_RULE and a rule `free`.

    `tag`: how the terms for a key and its value stand in a rule, with all that separates them from the next.
    """
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not is_plain(schema) or (not properties and schema.get("additionalProperties", "properties" not in schema)):
        return TaggedArguments("free?", [], True)
    rules, members, is_loose = [], [], False
    for j, (key, inner) in enumerate(properties.items()):
        value, rule, falls_short = _value(f"{prefix}_v{j}", schema, key, inner)
        rules += rule
        is_loose = is_loose or falls_short
        members.append(Member(tag(json.dumps(key), value), key in required))
    name, ordering = ordered(prefix, members, "")
    return TaggedArguments(name, rules + ordering, is_loose)


def tagged_calls(
    tools: Mapping[str, Mapping[str, Any]], tag: Callable[[str, str], str], call: Callable[[str, str], str]
) -> tuple[str, frozenset[str]]:
    """The rules of which `call` is the first, with one alternative a tool, and the tools that they leave loose.

    `call`: how a tool's name and its arguments stand in a rule; `tag`: as in `tagged_arguments`.
    """
    calls, rules, loose = [], [TEXT_RULE, KEY_RULE, f"free: ({tag('KEY', 'TEXT')})+"], set()
    for i, (name, schema) in enumerate(tools.items()):
        arguments = tagged_arguments(f"t{i}", schema, tag)
        calls.append(call(name, arguments.body))
        rules += arguments.rules
        if arguments.is_loose:
            loose.add(name)
    return "\n".join([f"call: {' | '.join(calls)}", *rules]), frozenset(loose)


def _value(name: str, schema: Mapping[str, Any], key: str, inner: Any) -> tuple[str, list[str], bool]:
    """How a value stands in a rule, the rule that it needs, and whether that falls short of its schema."""
    inner = _resolved(inner, schema)
    others = inner.keys() - _ANNOTATIONS
    if _are_texts(inner.get("enum")):
        return f"({' | '.join(map(json.dumps, inner['enum']))})", [], others != {"enum"}
    n_most = inner.get("maxLength")
    if inner.get("type") == "string" and isinstance(n_most, int) and n_most <= _MOST_COUNTED:
        return f"/[^<]{{0,{n_most}}}/", [], others != {"maxLength"}
    if inner.get("type") == "string" or not isinstance(inner.get("type"), str):
        return "TEXT", [], "type" not in inner or bool(others)
    return name, [value_rule(name, schema, key)], False


def value_json(raw: str, schema: Mapping[str, Any]) -> str:
    """The value between two tags as JSON text.

    >>> value_json("5", {"type": "string"}), value_json("5", {"type": "integer"}), value_json("five", {})
    ('"5"', '5', '"five"')
    """
    if schema.get("type") == "string" or _are_texts(schema.get("enum")):
        return json.dumps(raw, ensure_ascii=False)
    try:
        value = _WORDS[raw.strip()] if raw.strip() in _WORDS else json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = raw
    return json.dumps(value, ensure_ascii=False)


def schema_of(schemas: Schemas, name: str, key: str) -> Mapping[str, Any]:
    """What is known of one argument."""
    schema = schemas.get(name, {})
    properties = schema.get("properties")
    return _resolved(properties.get(key), schema) if isinstance(properties, Mapping) else {}


def schemas_of(names: Iterable[str]) -> Schemas:
    """The schemas that come with the names, where they do."""
    return names if isinstance(names, Mapping) else {}


def read_until(cursor: Cursor, close: str) -> Generator[None, None, str]:
    """Returns what stands before `close`, and goes past it. Raises NotACall where it never comes."""
    start = seek = cursor.position
    while (end := cursor.text.find(close, seek)) < 0:
        seek = max(start, len(cursor.text) - len(close) + 1)
        cursor.position = len(cursor.text)
        if cursor.is_ended:
            raise NotACall
        yield None
    cursor.position = end + len(close)
    return cursor.text[start:end]


def as_text(value: Any) -> str:
    """A value of the history as it stands between tags."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _resolved(inner: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference into `root` leads to; an empty one for what is no schema."""
    if isinstance(inner, Mapping) and inner.keys() - _ANNOTATIONS == {"$ref"}:
        inner = at_pointer(root, str(inner["$ref"]))
    return inner if isinstance(inner, Mapping) else {}


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(each, str) for each in values)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
