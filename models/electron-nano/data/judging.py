"""One tool, one request: the tool is called, or it is not what was asked for.

The runtime asks the model about one tool at a time where it is in doubt, in this very form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from . import small_talk, written_tools, written_turns
from .aliases import TOOL_BY_NAME, Alias, alias
from .conversation import Conversation
from .intents import clash
from .known_tools import DOMAINS
from .named import content_words
from .people_tools import Intent
from .requests import Request as Asked
from .requests import Style, in_style, known
from .word_intents import WordIntents
from .word_table import stem
from .written_tools import WrittenTool

FIT_SHARE, SAME_FILE_SHARE = 0.45, 0.6


def _talk(
    rng: Random, style: Style, *, offered: Sequence[Alias] = (), written: Sequence[WrittenTool] = ()
) -> Conversation:
    offers = [written_tools.offer(tool, rng) for tool in written]
    talk = Conversation(rng, system=None, offered=list(offered), written=offers, calls_only=True)
    return _styled(talk, style)


def _styled(talk: Conversation, style: Style) -> Conversation:
    talk.style = style
    return talk


def _refused(talk: Conversation, text: str) -> Conversation:
    talk.user(text)
    talk.reply(small_talk.CANNOT)
    return talk


def _are_apart(text: str, tool: WrittenTool) -> bool:
    """Whether a request has no word of the tool's names and descriptions."""
    return not {stem(w) for w in content_words(text)} & tool.stems()


def _written_request(tool: WrittenTool, rng: Random, style: Style) -> str:
    return written_turns.said(_talk(rng, style), written_tools.offer(tool, rng))[0]


def _of_written(rng: Random, style: Style) -> Conversation:
    """A written tool, asked for; or not: another of its file, which is near, or any other."""
    by_file = written_tools.tools()
    file = rng.choice(sorted(by_file))
    tool = rng.choice(by_file[file])
    talk = _talk(rng, style, written=[tool])
    if rng.random() < FIT_SHARE:
        written_turns.turn(talk)
        return talk
    is_near = rng.random() < SAME_FILE_SHARE
    while True:
        other = rng.choice(by_file[file if is_near else rng.choice(sorted(by_file))])
        alike = other.file != tool.file and len(other.stems() & tool.stems()) > written_tools.MOST_SHARED
        if other.key != tool.key and not alike:
            return _refused(talk, _written_request(other, rng, style))


def _people_request(intent: Intent, rng: Random, style: Style) -> str:
    said = rng.choice(intent.said)
    return in_style(Asked(said.text, intent.key, said.values), style).text


def _of_people(rng: Random, style: Style, intents: list[Intent]) -> Conversation:
    """An intent's tool, asked for in people's words, or not."""
    intent = rng.choice(intents)
    talk = _styled(Conversation(rng, system=None, people=[intent.tool(rng)], calls_only=True), style)
    if rng.random() < FIT_SHARE:
        talk.people_turn()
        return talk
    while True:
        other = rng.choice(intents)
        if other.key != intent.key and not clash(other.key, intent.key):
            return _refused(talk, _people_request(other, rng, style))


def _of_words(rng: Random, style: Style, word_intents: WordIntents) -> Conversation:
    """A tool for one word, asked for, or a request without that word."""
    offers, absent = word_intents.offers(2, rng)
    talk = _styled(Conversation(rng, system=None, people=offers[:1], calls_only=True), style)
    if rng.random() < FIT_SHARE:
        talk.people_turn()
        return talk
    others = [s.text for offer in offers[1:] for s in offer.intent.said] or absent or ["hello"]
    return _refused(talk, in_style(Asked(rng.choice(others), "", {}), style).text)


def _of_demo(rng: Random, style: Style) -> Conversation:
    """One of the demo's tools, renamed at times."""
    name = rng.choice(list(DOMAINS))
    offered = alias(name, rng) if rng.random() < 0.5 else Alias(DOMAINS[name], TOOL_BY_NAME[name], {})
    talk = _talk(rng, style, offered=[offered])
    if rng.random() < FIT_SHARE:
        request = known(name, style, rng)
        talk.user(request.text)
        talk.call((offered.definition["function"]["name"], offered.arguments(request.args)))
        return talk
    other = rng.choice([tool for tool in DOMAINS if tool != name])
    return _refused(talk, known(other, style, rng).text)


def _of_any(rng: Random, style: Style, intents: list[Intent], outside: list[str]) -> Conversation:
    """A written tool, and people's words for something else."""
    by_file = written_tools.tools()
    tool = rng.choice(by_file[rng.choice(sorted(by_file))])
    talk = _talk(rng, style, written=[tool])
    while True:
        if outside and rng.random() < 0.3:
            text = rng.choice(outside)
        else:
            text = _people_request(rng.choice(intents), rng, style)
        if _are_apart(text, tool):
            return _refused(talk, text)


def judgement(
    rng: Random, style: Style, intents: list[Intent], word_intents: WordIntents | None, outside: list[str]
) -> Conversation:
    """One request beside one tool; what the recipe was not given is not drawn from."""
    kinds: list[tuple[float, Callable[[], Conversation]]] = [
        (0.42, lambda: _of_written(rng, style)),
        (0.08, lambda: _of_demo(rng, style)),
    ]
    if intents:
        kinds.append((0.3, lambda: _of_people(rng, style, intents)))
        kinds.append((0.1, lambda: _of_any(rng, style, intents, outside)))
    if word_intents:
        kinds.append((0.1, lambda: _of_words(rng, style, word_intents)))
    weights, made = zip(*kinds, strict=True)
    return rng.choices(made, weights)[0]()
