"""JSON arguments of a tool call → what a Python function's type hints say, and its result → text."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union

from electron_local.voice.tool_schema import type_hints


def read_arguments(function: Callable[..., Any], text: str) -> dict[str, Any]:
    """The keyword arguments. Raises TypeError or ValueError, in words for a model, where they do not fit.

    >>> def paint(colours: set[str]) -> None: ...
    >>> read_arguments(paint, '{"colours": ["red"]}')
    {'colours': {'red'}}
    """
    arguments = json.loads(text or "{}")
    if not isinstance(arguments, dict):
        raise TypeError(f"the arguments must be a JSON object, got {text[:80]}")
    hints = type_hints(function)
    return {name: _convert(value, hints.get(name, Any), name) for name, value in arguments.items()}


def result_text(result: Any) -> str:
    """A str as it is; anything else as JSON, dataclasses, pydantic models, enums and sets included.

    >>> result_text({"degrees": 21})
    '{"degrees": 21}'
    """
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=_to_json)


def _to_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return list(value)
    return str(value)


def _convert(value: Any, hint: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _convert(value, arguments[0], name)
    if origin in (Union, types.UnionType):
        return _convert_union(value, arguments, name)
    if origin is Literal:
        if value not in arguments:
            raise ValueError(f"{name} must be one of {list(arguments)}, got {value!r}")
        return value
    if origin is not None and isinstance(origin, type):
        return _convert_container(value, origin, arguments, name)
    return _convert_plain(value, hint, name) if isinstance(hint, type) else value


def _convert_union(value: Any, members: tuple[Any, ...], name: str) -> Any:
    if value is None and type(None) in members:
        return None
    failure: Exception | None = None
    for member in members:
        if member is not type(None):
            try:
                return _convert(value, member, name)
            except (TypeError, ValueError) as error:
                failure = failure or error
    raise failure or TypeError(f"{name} does not fit: {value!r}")


def _convert_container(value: Any, origin: type, arguments: tuple[Any, ...], name: str) -> Any:
    if issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise TypeError(f"{name} must be an object, got {value!r}")
        of_values = arguments[1] if arguments else Any
        return {key: _convert(item, of_values, f"{name}.{key}") for key, item in value.items()}
    if not isinstance(value, list):
        raise TypeError(f"{name} must be a list, got {value!r}")
    of_each = issubclass(origin, tuple) and arguments and Ellipsis not in arguments
    kinds = arguments if of_each else (arguments[0] if arguments else Any,) * len(value)
    if len(kinds) != len(value):
        raise TypeError(f"{name} must have {len(kinds)} items, got {len(value)}")
    items = [_convert(item, kind, f"{name}[{at}]") for at, (item, kind) in enumerate(zip(value, kinds, strict=True))]
    return origin(items) if issubclass(origin, tuple | set | frozenset) else items


def _convert_plain(value: Any, kind: type, name: str) -> Any:
    if issubclass(kind, Enum):
        return kind(value)
    if hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError(f"{name} must be an object, got {value!r}")
        hints = typing.get_type_hints(kind, include_extras=True)
        return kind(**{key: _convert(item, hints.get(key, Any), f"{name}.{key}") for key, item in value.items()})
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    is_wrong = kind in (str, int, float, bool) and (
        not isinstance(value, kind) or (kind is int and isinstance(value, bool))
    )
    if is_wrong:
        raise TypeError(f"{name} must be {kind.__name__}, got {value!r}")
    return value
