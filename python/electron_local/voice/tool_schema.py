"""Python functions as tools: their schemas, from type hints, defaults and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import json
import types
import typing
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union

from electron_local.errors import InvalidArgumentError
from electron_local.voice.docstrings import read_docstring

Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
}


def tool_schema(function: Callable[..., Any], name: str | None = None) -> Schema:
    """The flat tool schema of `function`: its name, what its docstring says, its parameters.

    Understood are str, int, float, bool, None, Any, Literal, Enum, Optional and unions, list, tuple, set, dict,
    dataclasses, TypedDict, pydantic models, and Annotated with a description. A parameter with a default is optional.

    Raises:
        InvalidArgumentError: a parameter that no JSON object can carry; it is named.

    >>> def set_timer(minutes: int, label: str = "") -> None:
    ...     \"\"\"Start a timer.\"\"\"
    >>> tool_schema(set_timer)["parameters"]["required"]
    ['minutes']
    """
    name = name or getattr(function, "__name__", type(function).__name__)
    described = read_docstring(function)
    signature, hints = inspect.signature(function), type_hints(function)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    definitions: dict[str, Schema] = {}
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        where = f"parameter {parameter.name!r} of tool {name!r}"
        if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
            raise InvalidArgumentError(f"{where} cannot be given by name")
        has_default = parameter.default is not inspect.Parameter.empty
        schema = _Schemas(where, definitions).of(hints.get(parameter.name, Any), or_null=not has_default)
        if text := described.parameters.get(parameter.name):
            schema = {**schema, "description": text}
        properties[parameter.name] = _with_default(schema, parameter.default) if has_default else schema
        if not has_default:
            required.append(parameter.name)
    parameters: Schema = {"type": "object", "properties": properties, "required": required}
    if definitions:
        parameters["$defs"] = definitions
    return {"type": "function", "name": name, "description": described.summary, "parameters": parameters}


def type_hints(function: Any) -> dict[str, Any]:
    """Its annotations, resolved; of a callable object, those of its `__call__`."""
    target = function if inspect.isroutine(function) or inspect.isclass(function) else type(function).__call__
    return typing.get_type_hints(target, include_extras=True)


def _with_default(schema: Schema, default: Any) -> Schema:
    value = default.value if isinstance(default, Enum) else default
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return schema
    return schema if value is None else {**schema, "default": value}


class _Schemas:
    """Schemas of the types of one parameter; `definitions` collects what they refer to."""

    def __init__(self, where: str, definitions: dict[str, Schema]) -> None:
        self._where = where
        self._definitions = definitions
        self._open: list[Any] = []

    def of(self, hint: Any, *, or_null: bool = True) -> Schema:
        """The schema of `hint`. Without `or_null`, None among its types is left out: the parameter may be left out."""
        if hint is Any:
            return {}
        if isinstance(hint, type) and hint in _PLAIN:
            return dict(_PLAIN[hint])
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (Union, types.UnionType):
            return self._union(arguments, or_null)
        if origin is Annotated:
            return self._annotated(arguments[0], arguments[1:], or_null)
        return _enumeration(arguments) if origin is Literal else self._class_or_container(hint, origin, arguments)

    def _class_or_container(self, hint: Any, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        if isinstance(origin, type):
            return self._container(origin, arguments, hint)
        if isinstance(hint, type):
            return self._class(hint)
        raise InvalidArgumentError(f"{self._where} has a type that no schema expresses: {hint!r}")

    def _annotated(self, hint: Any, extras: tuple[Any, ...], or_null: bool) -> Schema:
        schema = self.of(hint, or_null=or_null)
        for extra in extras:
            text = extra if isinstance(extra, str) else getattr(extra, "description", None)
            if isinstance(text, str):
                schema = {**schema, "description": text}
        return schema

    def _union(self, members: tuple[Any, ...], or_null: bool) -> Schema:
        kept = [member for member in members if or_null or member is not type(None)]
        schemas = [self.of(member) for member in kept]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _container(self, origin: type, arguments: tuple[Any, ...], hint: Any) -> Schema:
        if issubclass(origin, Mapping):
            if arguments and arguments[0] is not str:
                raise InvalidArgumentError(f"{self._where}: the keys of a JSON object are strings, not {hint!r}")
            return {"type": "object", "additionalProperties": self.of(arguments[1]) if arguments else True}
        if hasattr(origin, "_fields"):
            raise InvalidArgumentError(f"{self._where} is a NamedTuple: use a dataclass or a TypedDict for {hint!r}")
        if issubclass(origin, tuple) and Ellipsis not in arguments and (arguments or hint == tuple[()]):
            items = [self.of(argument) for argument in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        if issubclass(origin, Collection):
            unique = {"uniqueItems": True} if issubclass(origin, set | frozenset) else {}
            return {"type": "array", "items": self.of(arguments[0]) if arguments else {}, **unique}
        raise InvalidArgumentError(f"{self._where} has a type that no schema expresses: {hint!r}")

    def _class(self, kind: type) -> Schema:
        if issubclass(kind, Enum):
            return _enumeration([member.value for member in kind])
        if hasattr(kind, "model_json_schema"):
            schema: Schema = dict(kind.model_json_schema())
            self._definitions.update(schema.pop("$defs", {}))
            return schema
        if kind in self._open:
            raise InvalidArgumentError(f"{self._where}: {kind.__name__} contains itself")
        fields = _fields(kind)
        if fields is None:
            return self._container(kind, (), kind)
        self._open.append(kind)
        properties = {name: self.of(hint) for name, (hint, _) in fields.items()}
        self._open.pop()
        required = [name for name, (_, is_required) in fields.items() if is_required]
        return {"type": "object", "properties": properties, "required": required}


def _fields(kind: type) -> dict[str, tuple[Any, bool]] | None:
    """Name → (type, whether it must be given) of a dataclass or TypedDict; None for anything else."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        missing = dataclasses.MISSING
        return {
            field.name: (hints[field.name], field.default is missing and field.default_factory is missing)
            for field in dataclasses.fields(kind)
            if field.init
        }
    if hasattr(kind, "__required_keys__"):
        hints = typing.get_type_hints(kind)
        return {name: (hint, name in kind.__required_keys__) for name, hint in hints.items()}
    return None


def _enumeration(values: Collection[Any]) -> Schema:
    kinds = {type(value) for value in values}
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    kind = names.get(kinds.pop()) if len(kinds) == 1 else None
    return {**({"type": kind} if kind else {}), "enum": list(values)}
