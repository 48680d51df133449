"""Reading typed fields out of untrusted JSON, collecting every broken rule with its path."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from typing import Any

from electron_local.errors import BadRequestError

Path = tuple[str | int, ...]
MAX_DEPTH = 100


class Problems:
    """The broken rules of one request, in the order they were found."""

    def __init__(self) -> None:
        self._details: list[dict[str, Any]] = []

    def __bool__(self) -> bool:
        return bool(self._details)

    def add(self, path: Path, code: str, message: str) -> None:
        """Note that the value at `path` breaks a rule; `message` says what, the bad value and the limit."""
        self._details.append({"code": code, "message": message, "path": list(path)})

    def raise_if_any(self) -> None:
        """Raise BadRequestError: message, code and param of the first problem, details of all."""
        if self._details:
            first = self._details[0]
            message = "; ".join(detail["message"] for detail in self._details[:3])
            more = len(self._details) - 3
            raise BadRequestError(
                message + (f"; and {more} more" if more > 0 else ""),
                code=first["code"],
                param=dotted(first["path"]),
                details=self._details,
            )


class Fields:
    """The fields of one JSON object. A field that is absent or null reads as its default."""

    def __init__(self, values: Mapping[str, Any], problems: Problems, path: Path = ()) -> None:
        self.values = values
        self.problems = problems
        self.path = path

    def get(self, name: str) -> Any:
        """The value as it is; None when absent."""
        return self.values.get(name)

    def refuse(self, name: str, code: str, message: str) -> None:
        """Note that field `name` breaks a rule."""
        self.problems.add((*self.path, name), code, f"{dotted((*self.path, name))} {message}")

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """A finite number in [low, high]."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name, "invalid_type", f"must be a number, not {kind(value)}")
        elif not low <= value <= high:
            self._out_of_range(name, value, low, high)
        else:
            return float(value)
        return default

    def integer(self, name: str, low: int, high: int | None, default: int | None) -> int | None:
        """A whole number in [low, high]; `high` None: no upper limit."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, "invalid_type", f"must be an integer, not {kind(value)}")
        elif value < low or (high is not None and value > high):
            self._out_of_range(name, value, low, high)
        else:
            return int(value)
        return default

    def boolean(self, name: str, default: bool) -> bool:
        """True or false, nothing that merely looks like it."""
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(name, "invalid_type", f"must be true or false, not {kind(value)}")
            return default
        return value

    def string(self, name: str, default: str | None = None) -> str | None:
        """Text that UTF-8 can carry."""
        value = self.get(name)
        if value is None:
            return default
        return value if check_text(value, (*self.path, name), self.problems) else default

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """A text out of `allowed`; the default where it is not given."""
        value = self.string(name)
        if value is None:
            return default
        if value not in allowed:
            self.refuse(name, "invalid_value", f"is {value[:40]!r}; must be one of {', '.join(allowed)}")
            return default
        return value

    def _out_of_range(self, name: str, value: float, low: float, high: float | None) -> None:
        if isinstance(value, float) and not math.isfinite(value):
            code = "invalid_value"
        else:
            code = "too_small" if value < low else "too_big"
        limit = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
        self.refuse(name, code, f"is {digits(value)}; must be {limit}")


def check_text(value: Any, path: Path, problems: Problems) -> bool:
    """True when `value` is a string without lone surrogates; else a problem is noted."""
    if not isinstance(value, str):
        problems.add(path, "invalid_type", f"{dotted(path)} must be a string, not {kind(value)}")
        return False
    try:
        value.encode()
    except UnicodeEncodeError as error:
        message = f"{dotted(path)} holds a lone surrogate at character {error.start}; must be valid Unicode"
        problems.add(path, "invalid_value", message)
        return False
    return True


def copy_json(value: Any, path: Path, problems: Problems) -> Any:
    """A deep copy of a JSON value, at most MAX_DEPTH levels deep; None and a problem when it is not one."""
    if isinstance(value, str):
        return value if check_text(value, path, problems) else None
    if isinstance(value, Mapping | list | tuple):
        return _copy_container(value, path, problems)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    problems.add(path, "invalid_type", f"{dotted(path)} must be a JSON value, not {reprlib.repr(value)}")
    return None


def _copy_container(value: Any, path: Path, problems: Problems) -> Any:
    if len(path) > MAX_DEPTH:
        message = f"{dotted(path[:3])} nests deeper than the limit of {MAX_DEPTH} levels"
        problems.add(path[:3], "too_big", message)
        return None
    if isinstance(value, Mapping):
        return {
            key: copy_json(item, (*path, key), problems)
            for key, item in value.items()
            if check_text(key, path, problems)
        }
    return [copy_json(item, (*path, index), problems) for index, item in enumerate(value)]


def as_plain(value: Any) -> Any:
    """A typed result (anything with `model_dump`) as a dict without its Nones; other values unchanged."""
    dump = getattr(value, "model_dump", None)
    return dump(exclude_none=True) if callable(dump) else value


def dotted(path: Path | list[str | int]) -> str:
    """The path as people write it.

    >>> dotted(("messages", 0, "content"))
    'messages[0].content'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the request"


def kind(value: Any) -> str:
    """What a value is in JSON's terms, without telling its content when it may be private."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {digits(value)}"
    names = ((str, "a string"), (Mapping, "an object"), (list, "an array"), (tuple, "an array"))
    return next((name for cls, name in names if isinstance(value, cls)), f"a {type(value).__name__}")


def digits(value: float) -> str:
    """A number as it may be told: Python refuses to write whole ones of thousands of digits."""
    return "a number of more than 40 digits" if isinstance(value, int) and abs(value) >= 10**40 else repr(value)
