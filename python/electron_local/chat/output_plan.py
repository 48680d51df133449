"""How an answer is held to its request: the grammar it keeps to, and the parser that reads its calls."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from electron_local.chat.answer_builder import AnswerParser
from electron_local.chat.call_checks import CallChecks
from electron_local.chat.filler import FILLER_INSTRUCTIONS, asks_for_filler
from electron_local.chat.grammars import (
    calls_grammar,
    calls_or_format_grammar,
    json_object_grammar,
    json_schema_grammar,
    required_calls_grammar,
)
from electron_local.chat.reasoning import Reasoning, ReasoningParser
from electron_local.chat.recent import Recent
from electron_local.chat.request import ChatRequest
from electron_local.chat.schema import LeftOut, relax_schema
from electron_local.chat.schema_check import is_checked
from electron_local.chat.stop_strings import StopParser
from electron_local.chat.template import ChatTemplate
from electron_local.chat.tool_schemas import RelaxedTools, relax_tools
from electron_local.chat.tools import CallRules, ToolFormat, ToolParser
from electron_local.engine import Engine
from electron_local.errors import BadRequestError
from electron_local.grammar import Constraint, Grammar

logger = logging.getLogger("electron_local")

_FORBIDDEN = -100.0
_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}

Tools = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class OutputPlan:
    """`tools`: what the prompt lists, with `instructions` of the runtime's own. `calls` None: no calls are looked for.

    `reasoning` None: the model does not think aloud. `shown_tokens`: control tokens that the parser has to see.
    """

    calls: ToolParser | None = None
    tools: Tools = ()
    instructions: str = ""
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    constraint: Constraint | None = None
    reasoning: Reasoning | None = None
    shown_tokens: tuple[int, ...] = ()
    parser: AnswerParser | None = None

    def behind(self, prompt: str, stop: tuple[str, ...] = ()) -> OutputPlan:
        """The plan for an answer behind this prompt, with its parser.

        Where the prompt has begun to think, a grammar for the whole answer waits for the end of the thoughts. A
        marker in thoughts is only text. Where there is a parser, it ends the content at `stop`.
        """
        if self.reasoning is None:
            return replace(self, parser=self._ended(self.calls, stop))
        is_inside = self.reasoning.is_open(prompt)
        constraint = self.constraint
        marks = (self.reasoning.open, self.reasoning.close)
        if constraint is not None and constraint.marker is not None:
            constraint = replace(constraint, span=marks, is_in_span=is_inside)
        elif constraint is not None and is_inside:
            constraint = replace(constraint, marker=self.reasoning.close, n_least=1, n_most=1)
        parser = ReasoningParser(self.reasoning, is_inside=is_inside, calls=self.calls)
        return replace(self, parser=self._ended(parser, stop), constraint=constraint)

    def _ended(self, parser: ToolParser | ReasoningParser | None, stop: tuple[str, ...]) -> AnswerParser | None:
        return StopParser(parser, stop) if parser is not None and stop else parser


@dataclass(frozen=True)
class _Calls:
    """The rules of some tools' calls, and the tools whose calls they do not hold to the whole schema."""

    rules: CallRules
    unchecked: frozenset[str]


@dataclass(frozen=True)
class _Form:
    """The grammar of a response schema, and what of the schema it cannot enforce."""

    grammar: Grammar
    left_out: tuple[LeftOut, ...]


class OutputPlanner:
    """Plans answers of one engine. Grammars of tool lists and response schemas are kept. Any thread."""

    def __init__(self, engine: Engine, template: ChatTemplate) -> None:
        self._engine = engine
        self._template = template
        self._recent_calls: Recent[_Calls] = Recent()
        self._recent_forms: Recent[_Form] = Recent()

    def plan(self, request: ChatRequest) -> OutputPlan:
        """The plan of `request`.

        Raises:
            BadRequestError: a schema that cannot be enforced (its path is named), tools that this model's format
                cannot call.
        """
        plan = self._plan(request)
        reasoning = self._template.forms.reasoning
        if reasoning is None:
            return plan
        shown = self._tokens_of((reasoning.open, reasoning.close))
        return replace(plan, reasoning=reasoning, shown_tokens=(*plan.shown_tokens, *shown))

    def _plan(self, request: ChatRequest) -> OutputPlan:
        has_format = request.response_format.type != "text"
        constraint = self._response_format(request) if has_format else None
        if not request.tools:
            return OutputPlan(constraint=constraint)
        if request.tool_choice.mode == "none":
            bias = self._forbid_calls()
            return OutputPlan(tools=request.tools if bias else (), logit_bias=bias, constraint=constraint)
        return self._plan_calls(request, constraint)

    def warm(self, tools: Tools) -> None:
        """Compile the grammar of `tools` ahead of the request that needs it."""
        if tools:
            self._engine.refusal(calls_grammar(self._calls(tools, several=True).rules))

    def instructions(self, request: ChatRequest) -> str:
        """What the runtime adds to the system message of a request that may call."""
        may_call = bool(request.tools) and request.tool_choice.mode != "none"
        is_asked = may_call and request.filler == "auto" and asks_for_filler(request.messages)
        return FILLER_INSTRUCTIONS if is_asked else ""

    def _plan_calls(self, request: ChatRequest, response_format: Constraint | None) -> OutputPlan:
        tool_format = self._format
        choice, several = request.tool_choice, request.parallel_tool_calls
        allowed = tuple(tool for tool in request.tools if choice.name in (None, tool["function"]["name"]))
        calls = self._calls(allowed, several=several)
        schemas = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in allowed}
        parser = tool_format.parser(schemas, hold=bool(calls.unchecked), check=CallChecks(allowed))
        instructions = self.instructions(request)
        if choice.mode == "auto" and response_format is None:
            constraint = Constraint(calls_grammar(calls.rules), marker=tool_format.marker, n_most=0 if several else 1)
        else:
            separator = tool_format.separator if several else None
            marker = self._terminal(tool_format.marker)
            filler = asks_for_filler(request.messages)
            grammar = required_calls_grammar(calls.rules, marker=marker, separator=separator, filler=filler)
            if choice.mode == "auto" and response_format is not None:
                grammar = calls_or_format_grammar(grammar, response_format.grammar)
            constraint = Constraint(grammar)
        return OutputPlan(
            calls=parser,
            tools=request.tools,
            instructions=instructions,
            constraint=constraint,
            shown_tokens=self._tokens_of(tool_format.special),
        )

    def _calls(self, tools: Tools, *, several: bool) -> _Calls:
        key = _key([several, tools], "tools")  # in the order of the properties, which the grammar keeps
        return self._recent_calls.get(key, lambda: self._compile(tools, several))

    def _compile(self, tools: Tools, several: bool) -> _Calls:
        functions = [tool["function"] for tool in tools]
        given = {function["name"]: function.get("parameters") or _NO_PARAMETERS for function in functions}

        def rules_of(relaxed: RelaxedTools) -> CallRules:
            schemas = {name: each.schema for name, each in relaxed.items()}
            return self._format.rules(schemas, self._terminal, several=several)

        relaxed = relax_tools(given, self._refusal, lambda some: self._engine.refusal(calls_grammar(rules_of(some))))
        unchecked = frozenset(name for name, each in relaxed.items() if _is_checked_later(name, each.left_out))
        rules = rules_of(relaxed)
        return _Calls(rules, rules.loose | unchecked)

    def _terminal(self, text: str) -> str:
        """The text in a grammar: its token, or a string where it is several tokens."""
        tokens = self._engine.tokenize(text)
        return f"<[{tokens[0]}]>" if len(tokens) == 1 else json.dumps(text)

    def _tokens_of(self, texts: tuple[str, ...]) -> tuple[int, ...]:
        found = (self._engine.tokenize(text) for text in texts)
        return tuple(tokens[0] for tokens in found if len(tokens) == 1)

    def _response_format(self, request: ChatRequest) -> Constraint:
        response_format = request.response_format
        if response_format.type == "json_object" or response_format.schema is None:
            return Constraint(json_object_grammar())
        schema = response_format.schema
        form = self._recent_forms.get(_key(schema, "response_format"), lambda: self._form(schema))
        if form.left_out:
            path = ["response_format", "json_schema", "schema", *map(str, form.left_out[0].path)]
            raise _unsupported("response_format", f"{'.'.join(path)}: {form.left_out[0].reason}", path)
        return Constraint(form.grammar)

    def _form(self, schema: Mapping[str, Any]) -> _Form:
        relaxed, left_out = relax_schema(schema, self._refusal)
        return _Form(json_schema_grammar(relaxed), left_out)

    def _refusal(self, schema: Mapping[str, Any]) -> str | None:
        return self._engine.refusal(json_schema_grammar(schema))

    def _forbid_calls(self) -> dict[int, float]:
        """A bias against the token that opens a call; empty where it is several tokens."""
        tokens = self._engine.tokenize(self._format.marker)
        return {tokens[0]: _FORBIDDEN} if len(tokens) == 1 else {}

    @property
    def _format(self) -> ToolFormat:
        return self._template.forms.tool_format


def _key(value: Any, param: str) -> str:
    try:
        return json.dumps(value)
    except ValueError as error:  # an integer of thousands of digits
        raise BadRequestError(f"{param}: {error}", code="invalid_value", param=param) from error


def _is_checked_later(name: str, left_out: tuple[LeftOut, ...]) -> bool:
    """Whether some of what is left out is checked after a call. Warns of all of it."""
    later = [each for each in left_out if is_checked(each.path)]
    never = [each for each in left_out if not is_checked(each.path)]
    if later:
        logger.warning("tool %s: checked after the call, not while it is written: %s", name, _named(later))
    if never:
        logger.warning("tool %s: neither enforced nor checked: %s", name, _named(never))
    return bool(later)


def _named(left_out: list[LeftOut]) -> str:
    return "; ".join(f"{'.'.join(map(str, each.path)) or 'the whole'}: {each.reason}" for each in left_out)


def _unsupported(param: str, message: str, path: list[str] | None = None) -> BadRequestError:
    detail = {"code": "unsupported", "message": message, "path": path or [param]}
    return BadRequestError(message, code="unsupported", param=param, details=[detail])
