"""Grammars that an answer must follow, and where the library that enforces them is."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from electron_local import _core
from electron_local.errors import MissingDependencyError

LLGUIDANCE_VERSION = "1.9.1"

GrammarKind = Literal["json_object", "json_schema", "regex", "lark"]


@dataclass(frozen=True)
class Grammar:
    """What an answer must look like.

    `text` is a JSON Schema, a regular expression (Rust's syntax, no look-around) or a grammar in LLGuidance's form
    of Lark; empty for `json_object`.

    >>> Grammar("regex", "[0-9]{4}").kind
    'regex'
    """

    kind: GrammarKind
    text: str = ""


@dataclass(frozen=True)
class Constraint:
    """A grammar for a whole answer, or, with a `marker`, for what follows that text.

    Behind the marker the grammar rules until it is finished; then the text is free again. `n_least` runs of it must
    come before the answer may end, `n_most` (0: any number) end it. In a `span` that the answer begins with, from its
    first text to its second, the marker is only text; `is_in_span`: the prompt has opened it.
    """

    grammar: Grammar
    marker: str | None = None
    n_least: int = 0
    n_most: int = 0
    span: tuple[str, str] = ("", "")
    is_in_span: bool = False

    def to_core(self) -> _core.ConstraintSpec:
        """The core's form of it."""
        grammar = _core.GrammarSpec(self.grammar.kind, self.grammar.text)
        return _core.ConstraintSpec(grammar, self.marker, self.n_least, self.n_most, self.span, self.is_in_span)


def find_library() -> Path:
    """The shared library of the `llguidance` package, which is not imported.

    Raises MissingDependencyError when the package, or the library in it, is absent.
    """
    spec = importlib.util.find_spec("llguidance")
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        for name in ("_lib.abi3.so", "_lib.pyd"):
            path = Path(folder) / name
            if path.is_file():
                return path
    raise MissingDependencyError(
        f"constrained output needs the package llguidance: pip install llguidance=={LLGUIDANCE_VERSION}"
    )
