"""Checking `response_format`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from electron_local.chat.checks import Fields, copy_json, kind

FormatType = Literal["text", "json_object", "json_schema"]
_TYPES = ("text", "json_object", "json_schema")


@dataclass(frozen=True)
class ResponseFormat:
    """The form that the answer must have; `name`, `schema` and `strict` with `json_schema` only."""

    type: FormatType
    name: str | None = None
    schema: Mapping[str, Any] | None = None
    strict: bool = False


TEXT = ResponseFormat("text")


def read_response_format(fields: Fields) -> ResponseFormat:
    """`text` when absent. Notes problems."""
    value = fields.get("response_format")
    if value is None:
        return TEXT
    if not isinstance(value, Mapping):
        fields.refuse("response_format", "invalid_type", f"must be an object, not {kind(value)}")
        return TEXT
    inner = Fields(value, fields.problems, (*fields.path, "response_format"))
    format_type = inner.get("type")
    if format_type == "json_schema":
        return _read_json_schema(inner)
    if format_type in ("text", "json_object"):
        return ResponseFormat(cast(FormatType, format_type))
    given = f"is {format_type[:40]!r}" if isinstance(format_type, str) else f"is {kind(format_type)}"
    inner.refuse("type", "missing" if format_type is None else "invalid_value", f"{given}; one of {', '.join(_TYPES)}")
    return TEXT


def _read_json_schema(fields: Fields) -> ResponseFormat:
    value = fields.get("json_schema")
    if not isinstance(value, Mapping):
        code = "missing" if value is None else "invalid_type"
        fields.refuse("json_schema", code, f"must be an object with name and schema, not {kind(value)}")
        return TEXT
    inner = Fields(value, fields.problems, (*fields.path, "json_schema"))
    if not inner.get("name"):
        inner.refuse("name", "missing", "is required")
    schema = inner.get("schema")
    if not isinstance(schema, Mapping):
        code = "missing" if schema is None else "invalid_type"
        inner.refuse("schema", code, f"must be an object, not {kind(schema)}")
        return TEXT
    return ResponseFormat(
        "json_schema",
        name=inner.string("name"),
        schema=copy_json(schema, (*inner.path, "schema"), fields.problems),
        strict=inner.boolean("strict", False),
    )
