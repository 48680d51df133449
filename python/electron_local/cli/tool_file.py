"""Tools from a JSON file, for `electron-local chat`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError


def read_tools(path: Path) -> list[dict[str, Any]]:
    """A list of tools, or an object with it under `tools`; a bare function counts as one. The request checks the rest.

    Raises InvalidArgumentError for a file that cannot be read so.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidArgumentError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{path} is no JSON: {error}") from error
    tools = value.get("tools") if isinstance(value, dict) else value
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InvalidArgumentError(f"{path} must hold a list of tools, or an object with one under 'tools'")
    return [tool if "function" in tool else {"type": "function", "function": _function(tool)} for tool in tools]


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tool.items() if key != "type"}
