"""THE chat path: request → prompt → tokens → engine → answer. Every door enters here.

The life of a request: `ChatPath.start` (1) checks it, (2) renders it with the model's template, (3) tokenises,
(4) submits to the engine; the `Answer` then (5) reads token events, (6) parses tool calls out of their text,
(7) yields chunks, and (8) ends with the finish reason and the usage.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from electron_local.chat.answer import Answer
from electron_local.chat.call_prospect import CallProspect
from electron_local.chat.checks import digits
from electron_local.chat.end_of_turn import EndOfTurnJudge
from electron_local.chat.instruction_ways import InstructionWays
from electron_local.chat.last_words import LastWordsFinder
from electron_local.chat.likeliest import Likeliest, LikeliestFinder
from electron_local.chat.logprobs import Logprobs
from electron_local.chat.output_plan import OutputPlan, OutputPlanner
from electron_local.chat.prefill import PrefillPlan, plan_prefill, prefill_usage
from electron_local.chat.prompt_tokens import PromptTokens, find_borders
from electron_local.chat.request import ChatRequest, Served, parse_chat_request, parse_prefill_request
from electron_local.chat.request_ids import new_request_id, tagged
from electron_local.chat.template import ChatTemplate
from electron_local.chat.template_history import History, history_of
from electron_local.chat.tool_ways import ToolWays
from electron_local.chat.types import CompletionUsage, ModelCard, ModelList
from electron_local.engine import Engine, SamplingParams
from electron_local.errors import ContextLengthExceededError

DEFAULT_MODEL = "electron"


class ChatPath:
    """Chat with one engine's model. Immutable: any number of clients, doors and threads share it.

    `models`: further names that requests may use, beside `electron` and the model's own.
    """

    def __init__(self, engine: Engine, *, models: Sequence[str] = ()) -> None:
        info = engine.model
        self.engine = engine
        self._created = int(time.time())
        self.served = Served(tuple(dict.fromkeys((DEFAULT_MODEL, info.name, *models))), info.n_vocab)
        self._template = ChatTemplate(
            info.chat_template,
            bos_token=info.bos_token,
            eos_token=info.eos_token,
            control_tokens=info.control_tokens,
        )
        self._planner = OutputPlanner(engine, self._template)
        special = [*info.control_tokens, *info.user_defined_tokens]
        written = [token for token in special if token in self._template.source or token == info.bos_token]
        self._prompt_tokens = PromptTokens(engine.tokenize, find_borders(written, special, info.left_stripping_tokens))
        self._begin = _beginning(engine) if self._template.is_fallback else []
        last_words = LastWordsFinder(engine, self._template)
        calls = CallProspect(engine, self._template, self._tokenize)
        self._judge = EndOfTurnJudge(engine, last_words, calls, self._tokenize)
        self._likeliest = LikeliestFinder(engine, last_words, self._tokenize)
        self._tool_ways = ToolWays(engine, self._template, self._tokenize)
        self._instruction_ways = InstructionWays(engine, self._template, self._tokenize)

    def start(
        self, body: Mapping[str, Any], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Answer:
        """Check `body` and submit it; an answer that is not complete after `timeout_s` ends in DeadlineExceededError.

        Raises what `parse_chat_request` and `ChatTemplate.render` raise, ContextLengthExceededError, and
        OverloadedError when the queue is full; each with the request's id. InvalidArgumentError for a negative time.
        """
        request_id = request_id or new_request_id()
        with tagged(request_id):
            request = parse_chat_request(body, self.served)
            plan = self._planner.plan(request)
            rendered = self._template.render(request.messages, plan.tools, instructions=plan.instructions)
            plan = plan.behind(rendered, request.stop)
            tokens = self._tokenize(rendered)
            _check_length(len(tokens), request.max_tokens, self.engine.n_ctx)
            sampling = replace(_sampling(request, plan), deadline_s=timeout_s)
            found = (self._tool_ways.of(request), self._instruction_ways.of(request))
            alternatives = [ways for ways in found if ways is not None]
            generation = self.engine.submit(tokens, sampling, constraint=plan.constraint, alternatives=alternatives)
        logprobs = Logprobs(self.engine) if request.logprobs else None
        return Answer(request, generation, plan.parser, request_id, logprobs)

    def prompt_tokens(self, body: Mapping[str, Any]) -> list[int]:
        """The tokens that the request `body` is submitted with. Raises what `start` raises, but submits nothing."""
        with tagged(new_request_id()):
            request = parse_chat_request(body, self.served)
            plan = self._planner.plan(request)
            return self._tokenize(self._template.render(request.messages, plan.tools, instructions=plan.instructions))

    def prefill(
        self,
        body: Mapping[str, Any],
        *,
        pin: bool = True,
        conversation: str | None = None,
        request_id: str | None = None,
    ) -> CompletionUsage:
        """Evaluate a conversation so far without answering, so that what continues it starts sooner. Waits."""
        with tagged(request_id or new_request_id()):
            plan = self._plan_prefill(body)
            first = self.engine.prefill(plan.shared, pin=True) if pin and plan.shared else None
            rest = self.engine.prefill(plan.tokens, conversation=conversation) if plan.has_more(pin) else None
            return prefill_usage(first, rest)

    async def aprefill(
        self,
        body: Mapping[str, Any],
        *,
        pin: bool = True,
        conversation: str | None = None,
        request_id: str | None = None,
    ) -> CompletionUsage:
        """`prefill`, awaited. Cancelling the task cancels the computation."""
        with tagged(request_id or new_request_id()):
            plan = self._plan_prefill(body)
            first = await self.engine.aprefill(plan.shared, pin=True) if pin and plan.shared else None
            rest = await self.engine.aprefill(plan.tokens, conversation=conversation) if plan.has_more(pin) else None
            return prefill_usage(first, rest)

    def _plan_prefill(self, body: Mapping[str, Any]) -> PrefillPlan:
        request = parse_prefill_request(body, self.served)
        self._planner.warm(request.tools)
        instructions = self._planner.instructions(request)

        def tokens_of(messages: Sequence[dict[str, Any]]) -> list[int]:
            return self._tokenize(
                self._template.render(messages, request.tools, add_generation_prompt=False, instructions=instructions)
            )

        plan = plan_prefill(request, tokens_of)
        _check_length(len(plan.tokens), None, self.engine.n_ctx)
        return plan

    def end_of_turn(self, body: Mapping[str, Any], *, request_id: str | None = None) -> float | None:
        """How likely the last message is complete; see `EndOfTurnJudge.probability`. Waits."""
        with tagged(request_id or new_request_id()):
            request = parse_prefill_request(body, self.served)
            return self._judge.probability(request.messages, request.tools)

    def likeliest(
        self,
        body: Mapping[str, Any],
        *,
        texts: Sequence[str],
        priors: Sequence[float],
        n_most: int,
        request_id: str | None = None,
    ) -> Likeliest | None:
        """Which of `texts` the last message is; see `LikeliestFinder.find`. Waits."""
        with tagged(request_id or new_request_id()):
            request = parse_prefill_request(body, self.served)
            return self._likeliest.find(request.messages, request.tools, texts, priors, n_most)

    def list_models(self) -> ModelList:
        """The names that requests may use."""
        return ModelList([ModelCard(name, self._created) for name in self.served.models])

    @cached_property
    def template_history(self) -> dict[str, History]:
        """How the template's prompts go on from turn to turn; see `template_history.history_of`."""
        return history_of(self._template.render)

    def _tokenize(self, rendered: str) -> list[int]:
        """The prompt's tokens. The template writes BOS where the model wants it; the fall-back cannot know."""
        return self._begin + self._prompt_tokens.of(rendered)


def _beginning(engine: Engine) -> list[int]:
    """The token that the model wants before every text, if it wants one."""
    first = engine.tokenize("", add_special=True)[:1]
    return first if engine.detokenize(first, special=True) == engine.model.bos_token else []


def _check_length(n_prompt: int, max_tokens: int | None, n_ctx: int) -> None:
    n_asked = max_tokens or 1
    if n_prompt + n_asked > n_ctx:
        raise ContextLengthExceededError(
            f"the prompt has {n_prompt} tokens and at least {digits(n_asked)} are asked for: "
            f"{digits(n_prompt + n_asked)} in all, "
            f"but the context holds {n_ctx}; shorten the messages" + (" or max_tokens" if max_tokens else "")
        )


def _sampling(request: ChatRequest, plan: OutputPlan) -> SamplingParams:
    """`top_p` 0 keeps the likeliest token alone, which is top-k 1.

    Where the plan has a parser, that finds the stop strings: in the engine's text they might be of a call or a thought.
    """
    return SamplingParams(
        temperature=request.temperature,
        top_p=request.top_p or 1.0,
        top_k=0 if request.top_p else 1,
        seed=request.seed,
        max_tokens=request.max_tokens,
        stop=() if plan.parser is not None else request.stop,
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        logit_bias={**request.logit_bias, **plan.logit_bias},
        logprobs=request.logprobs,
        top_logprobs=request.top_logprobs,
        shown_tokens=plan.shown_tokens,
    )
