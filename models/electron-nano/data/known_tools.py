"""The demo's tools, read from the demo itself, and their domains."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from .domain import Domain, Json
from .domains import climate, music, navigation, order, phone, timer, weather, windows

AGENT = Path(__file__).resolve().parents[3] / "python/electron_local/demo/agent.py"


def _load_agent() -> Any:
    spec = importlib.util.spec_from_file_location("demo_agent", AGENT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_agent = _load_agent()
INSTRUCTIONS: str = _agent.INSTRUCTIONS
TOOLS: list[Json] = _agent.TOOLS

DOMAINS: dict[str, Domain] = {
    module.DOMAIN.tool: module.DOMAIN for module in (climate, music, navigation, phone, timer, weather, order, windows)
}
