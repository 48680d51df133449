"""Checks of calls against what no grammar enforced."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from electron_local.chat.schema_check import SchemaCheck

logger = logging.getLogger("electron_local")


class CallChecks:
    """Warns of arguments that break the schema of their tool. Made for one answer.

    The call is presented all the same, as OpenAI does without `strict`: the client sees what the model wants, where
    markup as content, or an answer without the call, would tell it less.

    >>> checks = CallChecks([{"function": {"name": "f", "parameters": {"properties": {"n": {"multipleOf": 2}}}}}])
    >>> checks("f", {"n": 4}), checks.broken("f", {"n": 5})
    (None, 'properties.n.multipleOf')
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self._checks = {tool["function"]["name"]: SchemaCheck(tool["function"]["parameters"]) for tool in tools}

    def __call__(self, name: str, arguments: Any) -> None:
        """Log a warning where `arguments` break the schema of the tool `name`; it holds none of their values."""
        path = self.broken(name, arguments)
        if path is not None:
            logger.warning("tool %s: the arguments of a call break its schema at %s", name, path)

    def broken(self, name: str, arguments: Any) -> str | None:
        """The path of a keyword in the schema of the tool `name` that `arguments` break; None where they break none.

        A schema that is itself at fault is broken by nothing; what the check raises at one depends on the fault.
        """
        try:
            path = self._checks[name].broken(arguments)
        except Exception as fault:
            logger.warning("tool %s: its schema cannot be checked: %r", name, fault)
            return None
        return None if path is None else ".".join(map(str, path))
