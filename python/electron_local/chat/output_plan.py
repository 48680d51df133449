"""How an answer is held to its request: the grammar it keeps to, and the parser that reads its calls."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from electron_local.chat.grammars import (
    json_object_grammar,
    json_schema_grammar,
    required_calls_grammar,
    tool_call_grammar,
)
from electron_local.chat.request import ChatRequest
from electron_local.chat.schema import LeftOut, relax_schema
from electron_local.chat.tools import ToolFormat, ToolParser
from electron_local.engine import Engine
from electron_local.errors import BadRequestError
from electron_local.grammar import Constraint, Grammar

logger = logging.getLogger("electron_local")

_FORBIDDEN = -100.0
_N_KEPT = 32
_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}

Tools = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class OutputPlan:
    """`tools`: what the prompt lists. `parser` None: all text is content."""

    parser: ToolParser | None = None
    tools: Tools = ()
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    constraint: Constraint | None = None


@dataclass(frozen=True)
class _Calls:
    """The grammar of some tools' calls, and what it leaves to a check afterwards."""

    grammar: Grammar
    left_out: Mapping[str, tuple[LeftOut, ...]]


class OutputPlanner:
    """Plans answers of one engine. Grammars of tool lists are kept. Any thread."""

    def __init__(self, engine: Engine, tool_format: ToolFormat | None) -> None:
        self._engine = engine
        self._format = tool_format
        self._kept: OrderedDict[str, _Calls] = OrderedDict()

    def plan(self, request: ChatRequest) -> OutputPlan:
        """The plan of `request`.

        Raises:
            BadRequestError: a schema that cannot be enforced (its path is named), tools that this model's format
                cannot call, tools together with a response format.
        """
        has_format = request.response_format.type != "text"
        if not request.tools:
            return OutputPlan(constraint=self._response_format(request) if has_format else None)
        if request.tool_choice.mode == "none":
            constraint = self._response_format(request) if has_format else None
            return OutputPlan(tools=request.tools, logit_bias=self._forbid_calls(), constraint=constraint)
        if has_format:
            raise _unsupported("response_format", "response_format and tools together need tool_choice none")
        return self._plan_calls(request)

    def warm(self, tools: Tools) -> None:
        """Compile the grammar of `tools` ahead of the request that needs it."""
        if tools:
            self._engine.refusal(self._calls(self._require_format(), tools).grammar)

    def _plan_calls(self, request: ChatRequest) -> OutputPlan:
        tool_format = self._require_format()
        choice = request.tool_choice
        allowed = tuple(tool for tool in request.tools if choice.name in (None, tool["function"]["name"]))
        calls = self._calls(tool_format, allowed)
        checks = {name: _check(allowed, name) for name in calls.left_out}
        names = [tool["function"]["name"] for tool in allowed]
        parser = tool_format.parser(
            names,
            hold=bool(checks),
            accepts=lambda name, arguments: name not in checks or checks[name](arguments),
        )
        if choice.mode in ("required", "named"):
            marker = self._terminal(tool_format.marker)
            several = request.parallel_tool_calls
            constraint = Constraint(required_calls_grammar(calls.grammar, marker=marker, several=several))
        else:
            n_most = 0 if request.parallel_tool_calls else 1
            constraint = Constraint(calls.grammar, marker=tool_format.marker, n_most=n_most)
        return OutputPlan(parser=parser, tools=request.tools, constraint=constraint)

    def _calls(self, tool_format: ToolFormat, tools: Tools) -> _Calls:
        key = json.dumps(tools, sort_keys=True)
        calls = self._kept.pop(key, None) or self._compile(tool_format, tools)
        self._kept[key] = calls
        while len(self._kept) > _N_KEPT:
            self._kept.popitem(last=False)
        return calls

    def _compile(self, tool_format: ToolFormat, tools: Tools) -> _Calls:
        relaxed, left_out = {}, {}
        for tool in tools:
            name = tool["function"]["name"]
            schema, missing = relax_schema(tool["function"].get("parameters") or _NO_PARAMETERS, self._refusal)
            relaxed[name] = schema
            if missing:
                left_out[name] = missing
                paths = "; ".join(f"{'.'.join(map(str, each.path))}: {each.reason}" for each in missing)
                logger.warning("tool %s: checked after the call, not while it is written: %s", name, paths)
        end = self._terminal(tool_format.end)
        grammar = tool_call_grammar(relaxed, before=tool_format.before, after=tool_format.after, end=end)
        return _Calls(grammar, left_out)

    def _terminal(self, marker: str) -> int | str:
        """The marker's token, or its text where it is several tokens."""
        tokens = self._engine.tokenize(marker)
        return tokens[0] if len(tokens) == 1 else marker

    def _response_format(self, request: ChatRequest) -> Constraint:
        response_format = request.response_format
        if response_format.type == "json_object" or response_format.schema is None:
            return Constraint(json_object_grammar())
        schema, left_out = relax_schema(response_format.schema, self._refusal)
        if left_out:
            path = ["response_format", "json_schema", "schema", *map(str, left_out[0].path)]
            raise _unsupported("response_format", f"{'.'.join(path)}: {left_out[0].reason}", path)
        return Constraint(json_schema_grammar(schema))

    def _refusal(self, schema: Mapping[str, Any]) -> str | None:
        return self._engine.refusal(json_schema_grammar(schema))

    def _forbid_calls(self) -> dict[int, float]:
        """A bias against the token that opens a call, where it is one token."""
        marker = self._terminal(self._require_format().marker)
        return {marker: _FORBIDDEN} if isinstance(marker, int) else {}

    def _require_format(self) -> ToolFormat:
        if self._format is None:
            raise _unsupported(
                "tools", "tools: this version cannot read the tool calls of this model's chat template; known: Hermes"
            )
        return self._format


def _check(tools: Tools, name: str) -> Callable[[Any], bool]:
    """Whether arguments satisfy the whole schema of the tool, also what no grammar enforces."""
    from jsonschema import Draft202012Validator

    schema = next(tool["function"]["parameters"] for tool in tools if tool["function"]["name"] == name)
    validator = Draft202012Validator(schema)
    return lambda arguments: bool(validator.is_valid(arguments))


def _unsupported(param: str, message: str, path: list[str] | None = None) -> BadRequestError:
    detail = {"code": "unsupported", "message": message, "path": path or [param]}
    return BadRequestError(message, code="unsupported", param=param, details=[detail])
