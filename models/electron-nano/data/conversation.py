"""One dialogue, turn by turn: an agent with a system prompt and tools, and a person who wants things."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from . import entities as en
from . import facts, invented_tools, small_talk
from .domain import Domain
from .invented_tools import Tool
from .known_tools import DOMAINS, INSTRUCTIONS, TOOLS
from .requests import Request, Style, in_style, incomplete, known, say
from .tables import words
from .wording import expand

Json = dict[str, Any]
TOOL_BY_NAME: dict[str, Json] = {t["function"]["name"]: t for t in TOOLS}

_PLACES = words(
    """a car|a hotel|a restaurant|a museum|a train station|a shop|a coffee shop|an airport|a home|a cinema"""
)
_PERSONAS = (
    "You are {me}, the voice assistant of {place}. Answer in one or two short spoken sentences.",
    "You are {me}, a voice assistant for {place}. Be brief and friendly.",
    "Your name is {me}. You help people in {place}. Speak in short plain sentences.",
    "You are {me}. Keep answers short. Use a tool when one fits.",
    "You are {me}, a helpful assistant. Answer in short spoken sentences.",
    "You are {me}, the voice of {place}. Use the tools to help. Keep it short.",
)
_FILLER_RULES = ("Before you use a tool, say a short phrase.", "Always say a few words before a tool call.")
_FILLERS = ("One moment.", "Let me see.", "Just a second.", "Sure, one moment.")
_ERRORS = ("no signal", "not available", "out of service", "try again later", "connection lost", "busy", "not found")


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


@dataclass
class Conversation:
    """Messages in the form of the chat API, growing turn by turn."""

    rng: Random
    me: str = "Electron"
    system: str | None = INSTRUCTIONS
    offered: list[Alias] = field(default_factory=list)
    invented: list[Tool] = field(default_factory=list)
    filler: bool = False
    sheet: tuple[str, dict[str, str], list[str]] | None = None
    messages: list[Json] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    worded: dict[str, list[Request]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.style = Style(heard=self.rng.random() < 0.7)
        parts = [self.system or ""]
        if self.sheet:
            parts.append(self.sheet[0])
        if self.filler:
            parts.append(self.rng.choice(_FILLER_RULES))
        if any(parts):
            self.messages.append({"role": "system", "content": " ".join(p for p in parts if p)})
        definitions = [a.definition for a in self.offered] + [t.definition for t in self.invented]
        if len(definitions) < len(TOOLS) or self.invented:
            self.rng.shuffle(definitions)
        self.tools = definitions

    def user(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def reply(self, text: str) -> None:
        self.messages.append({"role": "assistant", "content": text.replace("{me}", self.me)})

    def call(self, *calls: tuple[str, Json]) -> None:
        """An assistant message that calls tools, after a filler where one is asked for."""
        content = self.rng.choice(_FILLERS) if self.filler else ""
        functions = [{"type": "function", "function": {"name": n, "arguments": a}} for n, a in calls]
        self.messages.append({"role": "assistant", "content": content, "tool_calls": functions})

    def answered(self, result: Json, told: str) -> str:
        """Append a tool's result, now and then an error instead; returns what is to be told."""
        if self.rng.random() < 0.04:
            message = self.rng.choice(_ERRORS)
            result, told = {"status": "error", "message": message}, f"Sorry, that did not work: {message}."
        self.messages.append({"role": "tool", "content": json.dumps(result, ensure_ascii=False)})
        return told

    def known_result(self, a: Alias, request: Request) -> str:
        result = a.domain.result(request.args, self.rng)
        return self.answered(result, a.domain.narrate(result, self.rng))

    def known_turn(self) -> None:
        a = self.rng.choice(self.offered)
        worded = self.worded.get(a.domain.tool)
        if worded and self.rng.random() < 0.3:
            request = in_style(self.rng.choice(worded), self.style)
        else:
            request = known(a.domain.tool, self.style, self.rng)
        self.user(request.text)
        self.finish(a, request)

    def finish(self, a: Alias, request: Request) -> None:
        self.call((a.definition["function"]["name"], a.arguments(request.args)))
        self.reply(self.known_result(a, request))

    def double_turn(self) -> None:
        """Two requests in one breath, two calls, both results told."""
        first, second = self.rng.sample(self.offered, 2)
        requests = [known(a.domain.tool, self.style, self.rng) for a in (first, second)]
        texts = [r.text.rstrip(".!?") for r in requests]
        joined = self.rng.choice((" and ", " and then ", " and also ")).join(
            (texts[0], texts[1][:1].lower() + texts[1][1:])
        )
        self.user(joined)
        pairs = list(zip((first, second), requests, strict=True))
        self.call(*((a.definition["function"]["name"], a.arguments(r.args)) for a, r in pairs))
        self.reply(" ".join([self.known_result(a, r) for a, r in pairs]))

    def incomplete_turn(self) -> None:
        a = self.rng.choice(self.offered)
        first, question, request = incomplete(a.domain.tool, self.style, self.rng)
        self.user(first)
        self.reply(question)
        self.user(request.text)
        self.finish(a, request)

    def invented_turn(self) -> None:
        tool = self.rng.choice(self.invented)
        sentence, slots, args = invented_tools.ask(tool, self.rng)
        heard = self.style.heard
        self.user(say(sentence, slots, Style(heard, noise=0.1), self.rng))
        self.call((tool.name, {k: v.lower() if heard and isinstance(v, str) else v for k, v in args.items()}))
        self.reply(self.answered(*invented_tools.result(self.rng)))

    def talk_turn(self) -> None:
        grammar, answer = small_talk.remark(self.rng)
        self.user(say(expand(grammar, self.rng), {"me": self.me}, self.style, self.rng))
        self.reply(answer)

    def refusal_turn(self) -> None:
        """Something that no tool does, or that only a tool which is not offered would do."""
        kind = self.rng.random()
        served = {a.domain.tool for a in self.offered}
        absent = [t for t in DOMAINS if t not in served]
        if self.outside and kind < 0.3:
            self.user(self.rng.choice(self.outside))
            self.reply(small_talk.CANNOT)
        elif absent and kind < 0.7:
            self.user(known(self.rng.choice(absent), self.style, self.rng).text)
            self.reply(small_talk.CANNOT)
        elif self.invented and kind < 0.85:
            sentence, slots, _ = invented_tools.ask(invented_tools.invent(self.rng), self.rng)
            self.user(say(sentence, slots, Style(self.style.heard, noise=0.1), self.rng))
            self.reply(small_talk.CANNOT)
        else:
            grammar, answer = small_talk.out_of_scope(self.rng)
            self.user(say(expand(grammar, self.rng), {}, self.style, self.rng))
            self.reply(answer)

    def fact_turn(self) -> None:
        assert self.sheet
        _, table, missing = self.sheet
        subject = self.rng.choice(list(table)) if self.rng.random() < 0.7 else self.rng.choice(missing)
        self.user(say(expand(facts.QUESTION, self.rng), {"s": subject}, self.style, self.rng))
        self.reply(facts.answer(subject, table))

    def turn(self) -> None:
        """One random turn that this agent can serve."""
        choices: list[tuple[float, Any]] = [
            (0.14, self.talk_turn),
            (0.12 if len(self.offered) == len(TOOLS) else 0.22, self.refusal_turn),
        ]
        if self.offered:
            choices += [(0.6 * min(1.0, len(self.offered) / 3), self.known_turn), (0.07, self.incomplete_turn)]
        if len(self.offered) > 1:
            choices.append((0.04, self.double_turn))
        if self.invented:
            choices.append((0.6, self.invented_turn))
        if self.sheet:
            choices.append((0.5, self.fact_turn))
        weights, turns = zip(*choices, strict=True)
        self.rng.choices(turns, weights)[0]()


def persona(rng: Random) -> tuple[str, str]:
    """A name and a system prompt that gives it."""
    me = rng.choice(("Electron", en.invented_word(rng), en.pick(en.NAMES, rng)))
    return me, rng.choice(_PERSONAS).format(me=me, place=rng.choice(_PLACES))
