"""Prompts of real chat templates, tokenised by libllama part by part and whole."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import gguf
import pytest

from electron_local.chat.control_tokens import pieces
from electron_local.chat.prompt_tokens import PromptTokens, find_borders
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine
from electron_local.errors import BadRequestError
from made_models import LLAMA, write_model
from made_vocabulary import BASIC_SPECIALS

WRITTEN = re.compile(r"<[|｜][^<>{}\s]*[|｜]>|<[a-z_/]{1,24}>|\[/?[A-Z_]{2,24}\]")
USER_DEFINED = ("<tool_call>", "</tool_call>", "\n\n", "  ", "[THINK]")
PHI_3 = ("<s>", "</s>", "<unk>", "<|endoftext|>")  # libllama looks them up in every model of that name
WORDS = ("hello", "he", "\n", "\n\n\n", "  ", "é", "안녕", "🙂", "<", "|>", "[", "<|im_end|>", "<tool_call>", " ")
TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "description": "he",
        "parameters": {"type": "object", "properties": {"he": {"type": "string"}}},
    },
}


@pytest.fixture(scope="module")
def templates(shared_data):
    return {path.stem: path.read_text() for path in sorted((shared_data / "templates").glob("*.jinja"))}


@pytest.fixture(scope="module", params=["plain", "phi-3"])
def engine(request, templates, tmp_path_factory):
    """A model whose special tokens are those that the templates write; as Phi-3's, they take the blanks behind them."""
    found = dict.fromkeys(token for source in templates.values() for token in WRITTEN.findall(source))
    kinds = {token: gguf.TokenType.CONTROL for token in [*found, *PHI_3, *USER_DEFINED] if token not in BASIC_SPECIALS}
    kinds |= dict.fromkeys(USER_DEFINED, gguf.TokenType.USER_DEFINED)
    path = tmp_path_factory.mktemp("models") / "model.gguf"
    with Engine(write_model(path, replace(LLAMA, name=request.param), added=kinds)) as engine:
        assert (engine.tokenize("<|im_end|>  a") == engine.tokenize("<|im_end|>a")) is (request.param == "phi-3")
        assert len(engine.model.control_tokens) > 200 and "\n\n" in engine.model.user_defined_tokens
        yield engine


def conversation(rng):
    def words():
        return "".join(rng.choices(WORDS, k=rng.randint(1, 8)))

    messages = [{"role": "system", "content": words()}] if rng.random() < 0.7 else []
    for _ in range(rng.randint(1, 5)):
        messages += [{"role": "user", "content": words()}, {"role": "assistant", "content": words()}]
    return messages[:-1]


def test_parts_give_the_tokens_of_the_whole(engine, templates):
    rng = random.Random(7)
    model = engine.model
    special = [*model.control_tokens, *model.user_defined_tokens]
    n_rendered = n_calls = n_parts = 0
    for source in [*templates.values(), None]:
        template = ChatTemplate(source, bos_token="<|bos|>", control_tokens=model.control_tokens)
        borders = find_borders([token for token in special if token in template.source], special)
        calls = []
        parts = PromptTokens(lambda text, calls=calls: calls.append(text) or engine.tokenize(text), borders)
        for _ in range(12):
            try:
                rendered = template.render(conversation(rng), [TOOL] if rng.random() < 0.5 else [])
            except BadRequestError:
                continue
            n_rendered += 1
            n_parts += sum(1 + sum(piece.count(border) for border in borders) for piece in pieces(rendered))
            assert parts.of(rendered) == [t for piece in pieces(rendered) for t in engine.tokenize(piece)]
        n_calls += len(calls)
    assert n_rendered > 700
    assert n_calls < n_parts
