"""Checks of calls against what no grammar enforced."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

logger = logging.getLogger("electron_local")


class CallChecks:
    """Whether arguments satisfy the whole schema of their tool. Made for one answer.

    >>> checks = CallChecks([{"function": {"name": "f", "parameters": {"properties": {"n": {"multipleOf": 2}}}}}])
    >>> checks("f", {"n": 4}), checks("f", {"n": 5})
    (True, False)
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self._schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}

    def __call__(self, name: str, arguments: Any) -> bool:
        """Whether the tool `name` takes `arguments`.

        A schema that is itself at fault refuses nothing; what the validator raises at one depends on the fault.
        """
        from jsonschema import Draft202012Validator

        try:
            return bool(Draft202012Validator(self._schemas[name]).is_valid(arguments))
        except Exception as error:
            logger.warning("tool %s: its schema cannot be checked: %r", name, error)
            return True
