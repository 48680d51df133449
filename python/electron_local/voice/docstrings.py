"""What a docstring says of a function and of its parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Yields|Raises|Examples?|Notes?):\s*$")
_ARGUMENT = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_FIELD = re.compile(r"^:param\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*)$")
_OTHER_FIELD = re.compile(r"^:\w+[^:]*:")


@dataclass
class Described:
    """The text before any section, in one line, and the text of each parameter."""

    summary: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(function: Callable[..., Any]) -> Described:
    """Understands an `Args:` section (as here) and `:param name:` fields.

    >>> def book(day: str) -> None:
    ...     \"\"\"Book a table.
    ...
    ...     Args:
    ...         day: such as Monday,
    ...             or today.
    ...     \"\"\"
    >>> read_docstring(book)
    Described(summary='Book a table.', parameters={'day': 'such as Monday, or today.'})
    """
    described, summary = Described(), []
    section, name = "", ""
    for line in (inspect.getdoc(function) or "").splitlines():
        text = line.strip()
        if line == text and (match := _SECTION.match(text)):
            section, name = match.group(1), ""
        elif match := _FIELD.match(text):
            section, name = "field", match.group(1)
            described.parameters[name] = match.group(2)
        elif _OTHER_FIELD.match(text):
            section, name = "other", ""
        elif not section:
            summary.append(text)
        elif section.startswith(("Arg", "Param")) and _indent(line) <= _FIRST_INDENT and (m := _ARGUMENT.match(text)):
            name = m.group(1)
            described.parameters[name] = m.group(2)
        elif name and text:
            described.parameters[name] = f"{described.parameters[name]} {text}".strip()
    described.summary = " ".join(text for text in summary if text)
    return described


_FIRST_INDENT = 4


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
