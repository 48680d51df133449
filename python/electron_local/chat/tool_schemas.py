"""Schemas of tools made into what the grammar library can enforce of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from electron_local.chat.schema import LeftOut, RelaxedSchema, relax_schema
from electron_local.chat.schema_search import Refusal

RelaxedTools = dict[str, RelaxedSchema]


def relax_tools(
    tools: Mapping[str, Mapping[str, Any]], refusal: Refusal, refusal_of_calls: Callable[[RelaxedTools], str | None]
) -> RelaxedTools:
    """The schema of each name, relaxed until the tool can be called: the arguments of a call are an object.

    `refusal` compiles a schema, `refusal_of_calls` the calls of some tools. Where no call satisfies a schema, or the
    form of the calls cannot express it, any object is allowed.

    >>> relaxed = relax_tools({"f": {"properties": {"a": False}}}, lambda schema: None, lambda tools: "no call of it")
    >>> relaxed["f"]
    RelaxedSchema(schema={'type': 'object'}, left_out=(LeftOut(path=(), reason='no call of it'),))
    """
    relaxed = {name: relax_schema(schema, refusal) for name, schema in tools.items()}
    # A schema that only other values satisfy is not refused itself, nor is its tool among others.
    doubtful = [name for name, each in relaxed.items() if each.schema.get("type") != "object"]
    for name in relaxed if refusal_of_calls(relaxed) is not None else doubtful:
        reason = refusal_of_calls({name: relaxed[name]})
        if reason is not None:
            relaxed[name] = RelaxedSchema({"type": "object"}, (*relaxed[name].left_out, LeftOut((), reason)))
    return relaxed
