"""The recipe of electron-nano: its template, its data, and that what is held out stays out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

RECIPE = Path(__file__).resolve().parents[2] / "models" / "electron-nano"
sys.path.insert(0, str(RECIPE))

from data import held_out, mixture, requests  # noqa: E402
from data.known_tools import DOMAINS, INSTRUCTIONS, TOOLS  # noqa: E402
from data.requests import Style  # noqa: E402
from data.wording import as_heard, expand, normal, number_words  # noqa: E402
from evaluate import Speaker, calls  # noqa: E402
from rendering import CONTROL, TEMPLATE_PATH, USER_DEFINED, render  # noqa: E402

MODEL = RECIPE / "electron-nano.gguf"


@pytest.mark.parametrize("stage", [0, 1])
def test_rendering_is_append_only(stage: int) -> None:
    for dialogue in mixture.dialogues(seed=7, count=60, stage=stage):
        whole = dialogue.text
        for i, message in enumerate(dialogue.messages):
            assert whole.startswith(render(dialogue.messages[:i], dialogue.tools)) or i == 0
            if message["role"] == "assistant":
                assert whole.startswith(render(dialogue.messages[:i], dialogue.tools, generate=True))


def test_arguments_render_alike_from_object_and_string() -> None:
    arguments = {"item": 'Käse "extra"', "quantity": 2}
    texts = []
    for given in (arguments, json.dumps(arguments, ensure_ascii=False)):
        call = {"function": {"name": "order_item", "arguments": given}}
        messages: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": [call]}]
        texts.append(render([{"role": "user", "content": "x"}, *messages], TOOLS))
    assert texts[0] == texts[1]
    assert '<tool_call>\n{"name": "order_item", "arguments": {"item": "Käse \\"extra\\"", "quantity": 2}}' in texts[0]


def test_same_seed_gives_same_dialogues() -> None:
    first, second = ([d.text for d in mixture.dialogues(seed=3, count=20)] for _ in range(2))
    assert first == second
    assert first != [d.text for d in mixture.dialogues(seed=4, count=20)]


def test_held_out_requests_are_not_in_training() -> None:
    kept = {normal(said) for said, _, _ in held_out.SENTENCES} | {normal(said) for said, _ in held_out.TALK}
    kept |= {normal(requests.test(tool, Style(True, 0.0), Random(i)).text) for tool in DOMAINS for i in range(200)}
    for dialogue in mixture.dialogues(seed=11, count=800):
        assert not kept & {normal(m["content"]) for m in dialogue.messages if m["role"] == "user"}


def test_calls_fit_the_schemas_that_are_offered() -> None:
    for dialogue in mixture.dialogues(seed=5, count=300):
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in dialogue.tools}
        for message in dialogue.messages:
            for call in message.get("tool_calls", []):
                schema, arguments = schemas[call["function"]["name"]], call["function"]["arguments"]
                assert set(schema["required"]) <= set(arguments) <= set(schema["properties"])
                for name, value in arguments.items():
                    assert value in schema["properties"][name].get("enum", [value])


@pytest.mark.parametrize(("n", "words"), [(0, "zero"), (22, "twenty two"), (40, "forty"), (105, "one hundred five")])
def test_number_words(n: int, words: str) -> None:
    assert number_words(n) == words


def test_heard_text_has_no_capitals_or_marks() -> None:
    assert as_heard("Play  Hey Jude, please!") == "play hey jude please"


def test_grammar_chooses_and_leaves_out() -> None:
    said = {expand("[please] (open|shut) the {w}", Random(i)) for i in range(50)}
    assert said == {"please open the {w}", "please shut the {w}", "open the {w}", "shut the {w}"}


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    speaker = Speaker(MODEL, threads=1)
    yield speaker
    speaker.llama.close()


def test_gguf_holds_the_template_and_the_special_tokens(speaker: Speaker) -> None:
    llama = speaker.llama
    assert llama.metadata["tokenizer.chat_template"] == TEMPLATE_PATH.read_text(encoding="utf-8")
    assert llama.metadata["tokenizer.ggml.add_bos_token"] == "false"
    assert llama.detokenize([llama.token_eos()], special=True) == b"<|im_end|>"
    for piece in (*CONTROL, *USER_DEFINED):
        assert len(llama.tokenize(piece.encode(), add_bos=False, special=True)) == 1


@pytest.mark.parametrize("text", ["Grüße aus Köln", "日本語のテスト", "🙂 12:30\n\tx", "naïve café\r\n  two"])
def test_any_language_survives_the_tokenizer(speaker: Speaker, text: str) -> None:
    tokens = speaker.llama.tokenize(text.encode(), add_bos=False)
    assert speaker.llama.detokenize(tokens) == text.encode()


@pytest.mark.parametrize(("said", "tool", "arguments"), held_out.SENTENCES)
def test_demo_requests_are_called_exactly(speaker: Speaker, said: str, tool: str, arguments: dict[str, Any]) -> None:
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": said}]
    assert calls(speaker.answer(messages, TOOLS)) == [(tool, arguments)]
