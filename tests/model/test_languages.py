"""Every script survives: text to tokens and back, and through the chat API's stream, where tokens cut characters."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from pathlib import Path

import pytest

from electron_local.client import AsyncElectron, Electron
from electron_local.engine import SamplingParams
from electron_local.grammar import Constraint, Grammar

LINES = (Path(__file__).parents[1] / "data" / "greetings.tsv").read_text(encoding="utf-8").splitlines()
GREETINGS = dict(line.split("\t") for line in LINES)
PARTS = [list(GREETINGS)[i::8] for i in range(8)]


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def test_at_least_seventy_languages():
    assert len(GREETINGS) >= 71  # and emoji
    scripts = {unicodedata.name(char).split()[0] for text in GREETINGS.values() for char in text if char.isalpha()}
    assert len(scripts) >= 25


@pytest.mark.parametrize("code", GREETINGS)
def test_text_to_tokens_and_back(client, code):
    for text in (GREETINGS[code], unicodedata.normalize("NFD", GREETINGS[code])):
        assert client.engine.detokenize(client.engine.tokenize(text)) == text


def forced(text):
    """A request whose answer can only be `{"say": text}`."""
    schema = {"type": "object", "properties": {"say": {"const": text}}, "required": ["say"]}
    return {
        "model": "electron",
        "messages": [{"role": "user", "content": text}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "said", "schema": schema}},
        "stream": True,
    }


def check(pieces, text):
    """What came is `text`, in more than one piece, each of whole characters."""
    assert len(pieces) > 2 and not any("\ufffd" in piece for piece in pieces)
    assert [piece.encode().decode() for piece in pieces] == pieces
    assert json.loads("".join(pieces)) == {"say": text}


def contents(chunks):
    return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]


@pytest.mark.parametrize("codes", PARTS, ids=" ".join)
def test_streams(client, codes):
    for code in codes:
        check(contents(client.chat.completions.create(**forced(GREETINGS[code]))), GREETINGS[code])


def test_async_streams_side_by_side(client):
    async def read(other, text):
        stream = await other.chat.completions.create(**forced(text))
        check(contents([chunk async for chunk in stream]), text)

    async def read_all():
        async with AsyncElectron(engine=client.engine) as other:
            await asyncio.gather(*(read(other, text) for text in list(GREETINGS.values())[::2]))

    asyncio.run(read_all())


@pytest.mark.parametrize("code", ["am", "emoji", "he", "km", "ko", "th", "zh"])
def test_an_answer_cut_anywhere_ends_in_a_whole_character(client, code):
    text = GREETINGS[code]
    tokens = client.engine.tokenize("<|im_start|>assistant\n")
    for n_tokens in range(1, 24):
        constraint = Constraint(Grammar("lark", f"start: {json.dumps(text, ensure_ascii=False)}"))
        params = SamplingParams(temperature=0, max_tokens=n_tokens)
        pieces = [event.text for event in client.engine.submit(tokens, params, constraint=constraint)]
        said = "".join(pieces)
        assert text.startswith(said.removesuffix("\ufffd"))
        assert "\ufffd" not in "".join(pieces[:-1])
