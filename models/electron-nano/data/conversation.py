"""One dialogue, turn by turn: an agent with a system prompt and tools, and a person who wants things."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from . import invented_tools, prompts, small_talk, written_turns
from .aliases import Alias
from .facts import NOT_THERE, Sheet
from .intents import clash
from .invented_tools import Tool
from .known_tools import DOMAINS, INSTRUCTIONS, TOOLS
from .people_tools import Intent, Offer, Said
from .requests import Request, Style, follow_up, in_style, incomplete, known, say
from .stray import UNCLEAR, stray
from .tables import written_lines
from .word_table import WordTable
from .wording import expand
from .written_tools import WrittenOffer, WrittenTool

Json = dict[str, Any]

FOLLOW_UP_SHARE, KNOWN_FACT_SHARE, STRAY_SHARE = 0.1, 0.5, 0.06
_ERRORS = ("no signal", "not available", "out of service", "try again later", "connection lost", "busy", "not found")


@dataclass
class Conversation:
    """Messages in the form of the chat API, growing turn by turn."""

    rng: Random
    me: str = "Electron"
    system: str | None = INSTRUCTIONS
    offered: list[Alias] = field(default_factory=list)
    invented: list[Tool] = field(default_factory=list)
    people: list[Offer] = field(default_factory=list)
    written: list[WrittenOffer] = field(default_factory=list)
    written_absent: list[WrittenTool] = field(default_factory=list)
    filler: bool = False
    calls_only: bool = False
    sheet: Sheet | None = None
    json_answers: bool = False
    greets: bool = False
    messages: list[Json] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    worded: dict[str, list[Request]] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)

    def __post_init__(self) -> None:
        style = self.rng.random()
        self.style = Style(heard=style < 0.6, transcribed=style > 0.8)
        parts = [self.system or ""]
        if self.sheet:
            parts.append(self.sheet.text)
        if self.json_answers:
            parts.append(self.rng.choice(prompts.JSON_RULES))
        if self.greets:
            parts.append(self.rng.choice(prompts.GREETING_RULES))
        if self.filler:
            parts.append(prompts.filler_rule(self.rng))
        elif self.rng.random() < 0.15:
            parts.append(prompts.silent_rule(self.rng))
        if any(parts):
            self.messages.append({"role": "system", "content": " ".join(p for p in parts if p)})
        definitions = [a.definition for a in self.offered] + [t.definition for t in self.invented]
        definitions += [o.definition for o in [*self.people, *self.written]]
        if len(definitions) < len(TOOLS) or self.invented or self.people or self.written:
            self.rng.shuffle(definitions)
        self.tools = definitions

    def user(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def reply(self, text: str) -> None:
        self.messages.append({"role": "assistant", "content": text.replace("{me}", self.me)})

    def call(self, *calls: tuple[str, Json]) -> None:
        """An assistant message that calls tools, after a filler where one is asked for."""
        content = self.rng.choice(prompts.FILLERS) if self.filler else ""
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
        if self.rng.random() < FOLLOW_UP_SHARE:
            again = follow_up(a.domain.tool, self.style, self.rng)
            self.user(again.text)
            self.finish(a, again)

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
        self.user(say(sentence, slots, self.style.clearer(0.1), self.rng))
        self.call((tool.name, self.in_case(args)))
        self.finish_unknown()

    def in_case(self, args: Json) -> Json:
        """Arguments as they can be copied: lower case where the request is heard."""
        return {k: lowered(v) for k, v in args.items()} if self.style.heard else args

    def invented_incomplete_turn(self) -> None:
        """A request without a required argument, the question back, the answer, the call."""
        tool = self.rng.choice([t for t in self.invented if t.required] or self.invented)
        if not tool.required:
            return self.invented_turn()
        missing = self.rng.randrange(tool.required)
        sentence, slots, args = invented_tools.ask(tool, self.rng, without=missing)
        style = self.style.clearer(0.1)
        self.user(say(sentence, slots, style, self.rng))
        self.reply(f"Which {tool.parameters[missing].name.replace('_', ' ')}, please?")
        self.user(say(f"{{s{missing}}}", slots, style, self.rng))
        self.call((tool.name, self.in_case(args)))
        self.finish_unknown()

    def finish_unknown(self) -> None:
        """The result of a tool that the recipe does not know, told; nothing where the dialogue is calls only."""
        if not self.calls_only:
            self.reply(self.answered(*invented_tools.result(self.rng)))

    def people_turn(self) -> None:
        offer = self.rng.choice(self.people)
        text, args = self.people_said(offer.intent)
        self.user(text)
        self.call((offer.name, offer.arguments(Said(text, args))))
        self.finish_unknown()

    def people_said(self, intent: Intent) -> tuple[str, Json]:
        """A request of an intent in this dialogue's style, and its slots."""
        said = self.rng.choice(intent.said)
        as_said = in_style(Request(said.text, intent.key, said.values), self.style)
        return as_said.text, as_said.args

    def absent_intent(self) -> Intent | None:
        """An intent that nothing offered here serves."""
        served = {o.intent.key for o in self.people} | {f"demo/{a.domain.tool}" for a in self.offered}
        for intent in self.rng.sample(self.intents, min(8, len(self.intents))):
            if intent.key not in served and not any(clash(intent.key, key) for key in served):
                return intent
        return None

    def talk_turn(self) -> None:
        grammar, answer = small_talk.remark(self.rng)
        self.user(say(expand(grammar, self.rng), {"me": self.me}, self.style, self.rng))
        self.reply(answer)

    def stray_turn(self) -> None:
        """Words that ask for nothing."""
        text = stray(self.rng, self.style.table or WordTable())
        self.user(in_style(Request(text, "", {}), self.style).text)
        self.reply(UNCLEAR)

    def refusal_turn(self) -> None:
        """Something that no tool does, or that only a tool which is not offered would do."""
        if self.absent:
            self.user(in_style(Request(self.rng.choice(self.absent), "", {}), self.style).text)
            return self.reply(small_talk.CANNOT)
        kind = self.rng.random()
        if self.written_absent and kind < 0.75:
            return written_turns.refusal(self)
        served = {a.domain.tool for a in self.offered}
        asked = {o.intent.key for o in self.people}
        absent = [t for t in DOMAINS if t not in served and not any(clash(f"demo/{t}", key) for key in asked)]
        if self.people and (kind < 0.7 or not absent):
            intent = self.absent_intent()
            if intent:
                self.user(self.people_said(intent)[0])
                self.reply(small_talk.CANNOT)
        elif self.outside and not self.people and kind < 0.25:
            self.user(self.rng.choice(self.outside))
            self.reply(small_talk.CANNOT)
        elif absent and (kind < 0.75 or self.people):
            self.user(known(self.rng.choice(absent), self.style, self.rng).text)
            self.reply(small_talk.CANNOT)
        elif self.invented and kind < 0.85:
            sentence, slots, _ = invented_tools.ask(invented_tools.invent(self.rng), self.rng)
            self.user(say(sentence, slots, self.style.clearer(0.1), self.rng))
            self.reply(small_talk.CANNOT)
        else:
            grammar, answer = small_talk.out_of_scope(self.rng)
            self.user(say(expand(grammar, self.rng), {}, self.style, self.rng))
            self.reply(answer)

    def fact_turn(self) -> None:
        assert self.sheet
        known = self.rng.random() < KNOWN_FACT_SHARE
        fact = self.rng.choice(self.sheet.known if known else self.sheet.missing)
        self.user(say(expand(fact.question, self.rng), {}, self.style, self.rng))
        if self.json_answers:
            self.reply(json.dumps({"answer": fact.value if known else None}, ensure_ascii=False))
        else:
            self.reply(fact.answer if known else NOT_THERE)

    def greeting(self) -> None:
        """The assistant speaks first."""
        self.reply(self.rng.choice((*prompts.GREETINGS, *written_lines("greetings.txt"))))

    def turn(self) -> None:
        """One random turn that this agent can serve."""
        if self.json_answers:
            return self.fact_turn()
        choices: list[tuple[float, Any]] = [
            (0.14, self.talk_turn),
            (STRAY_SHARE, self.stray_turn),
            (0.12 if len(self.offered) == len(TOOLS) else 0.36, self.refusal_turn),
        ]
        if self.written:
            choices += [(share, partial(turn, self)) for share, turn in written_turns.SHARES]
        if self.people:
            choices.append((1.0, self.people_turn))
        if self.offered:
            choices += [(0.6 * min(1.0, len(self.offered) / 3), self.known_turn), (0.07, self.incomplete_turn)]
        if len(self.offered) > 1:
            choices.append((0.04, self.double_turn))
        if self.invented:
            choices += [(0.6, self.invented_turn), (0.06, self.invented_incomplete_turn)]
        if self.sheet:
            choices.append((1.0, self.fact_turn))
        weights, turns = zip(*choices, strict=True)
        self.rng.choices(turns, weights)[0]()


def lowered(value: Any) -> Any:
    """A value with all its text in lower case."""
    if isinstance(value, dict):
        return {k: lowered(v) for k, v in value.items()}
    if isinstance(value, list):
        return [lowered(v) for v in value]
    return value.lower() if isinstance(value, str) else value
