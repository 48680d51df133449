"""The grammar of arguments in Gemma's way of writing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from electron_local.chat.tool_formats.ordered_rules import Member, is_plain, ordered

_WORDS = {
    "integer": "INTEGER",
    "number": "NUMBER",
    "boolean": '("true" | "false")',
    "null": '"null"',
}
_SAYS_NOTHING = frozenset({"type", "description", "title", "default", "examples", "$comment"})


class GemmaRules:
    """Collects rules. `quote`: the terminal that begins and ends a string. Properties come sorted, as in training.

    `lines` holds the rules so far; `is_loose` tells that they allow more than a schema did.
    """

    def __init__(self, quote: str) -> None:
        self._quote = quote
        self._n_rules = 0
        self.is_loose = False
        self.lines = [
            f"string: {quote} TEXT? {quote}",
            r"TEXT: /(.|\n)+/",
            r"INTEGER: /-?(0|[1-9][0-9]*)/",
            r"NUMBER: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/",
            'any: string | NUMBER | "true" | "false" | "null" | any_list | any_object',
            'any_list: "[" (any ("," any)*)? "]"',
            'any_object: "{" (any_member ("," any_member)*)? "}"',
            'any_member: KEY ":" any',
            r"KEY: /[A-Za-z_][A-Za-z0-9_]*/",
        ]

    def arguments(self, schema: Mapping[str, Any]) -> str:
        """The name of a rule for an object with this schema."""
        if not is_plain(schema):
            self.is_loose = True
            return "any_object"
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not properties:
            others = schema.get("additionalProperties", "properties" not in schema)
            self.is_loose |= others not in (True, False)
            return "any_object" if others else '"{}"'
        members = [
            Member(f"{json.dumps(key + ':')} {self._value(properties[key])}", key in required)
            for key in sorted(properties)
        ]
        prefix = self._new()
        name, lines = ordered(prefix, members, ",")
        self.lines += [f'{prefix}: "{{" {name} "}}"' if required else f'{prefix}: "{{" ({name})? "}}"', *lines]
        return prefix

    def _value(self, schema: Any) -> str:
        if not isinstance(schema, Mapping):
            return self._loosely("any")
        choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if choices and schema.keys() <= _SAYS_NOTHING | {"enum", "const"}:
            return f"({' | '.join(map(self._constant, choices))})"
        kind = schema.get("type")
        if kind == "object":
            return self.arguments(schema)
        if kind == "array" and schema.keys() <= _SAYS_NOTHING | {"items"}:
            item = self._value(schema["items"]) if "items" in schema else "any"
            return f'"[" ({item} ("," {item})*)? "]"'
        word = {**_WORDS, "string": "string"}.get(kind if isinstance(kind, str) else "", "any")
        is_whole = schema.keys() <= _SAYS_NOTHING and (word != "any" or "type" not in schema)
        return word if is_whole else self._loosely(word)

    def _constant(self, value: Any) -> str:
        if isinstance(value, str):
            text = f" {json.dumps(value, ensure_ascii=False)} " if value else " "
            return f"{self._quote}{text}{self._quote}"
        return json.dumps(json.dumps(value)) if not isinstance(value, dict | list) else self._loosely("any")

    def _loosely(self, rule: str) -> str:
        self.is_loose = True
        return rule

    def _new(self) -> str:
        self._n_rules += 1
        return f"object_{self._n_rules}"
