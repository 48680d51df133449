"""The demo's tools under other names."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from .domain import Domain
from .known_tools import DOMAINS, TOOLS

Json = dict[str, Any]
TOOL_BY_NAME: dict[str, Json] = {t["function"]["name"]: t for t in TOOLS}


@dataclass(frozen=True)
class Alias:
    """A known tool as it is offered here: perhaps under another name, with other parameter names."""

    domain: Domain
    definition: Json
    renamed: dict[str, str]

    def arguments(self, args: Json) -> Json:
        return {self.renamed.get(k, k): v for k, v in args.items()}


def alias(tool: str, rng: Random) -> Alias:
    """The demo's tool under one of its other names."""
    domain, demo = DOMAINS[tool], TOOL_BY_NAME[tool]["function"]
    name, description, renamed = rng.choice(domain.renames)
    parameters = demo["parameters"]
    schema = {
        "type": "object",
        "properties": {renamed.get(k, k): v for k, v in parameters["properties"].items()},
        "required": [renamed.get(k, k) for k in parameters["required"]],
    }
    function = {"name": name, "description": description, "parameters": schema}
    return Alias(domain, {"type": "function", "function": function}, renamed)
