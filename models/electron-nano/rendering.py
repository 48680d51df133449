"""Dialogues to text and tokens, through the very chat template that ships in the GGUF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2.sandbox
import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEMPLATE_PATH = Path(__file__).with_name("chat_template.jinja")
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
USER_DEFINED = ("<tool_call>", "</tool_call>")
# How much a token counts in training. The end of a user's turn is learned from what the user says, so that the
# runtime can ask the model whether a turn has ended.
ROLE_WEIGHTS = {"assistant": 1.0, "user": 0.25}
OTHER_WEIGHT = 0.02


def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    env.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return env


_TEMPLATE = _environment().from_string(TEMPLATE_PATH.read_text(encoding="utf-8"))


def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, *, generate: bool = False) -> str:
    """Text of a conversation; with `generate` it ends where the assistant is to speak."""
    return _TEMPLATE.render(messages=messages, tools=tools, add_generation_prompt=generate)


def tokens_and_weights(tokenizer: Tokenizer, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Token ids (uint16) and the loss weight of each (float16): `ROLE_WEIGHTS` within a turn, else `OTHER_WEIGHT`."""
    ids = np.array(tokenizer.encode(text).ids, dtype=np.uint16)
    weights = np.full(len(ids), OTHER_WEIGHT, dtype=np.float16)
    start, end = tokenizer.token_to_id("<|im_start|>"), tokenizer.token_to_id("<|im_end|>")
    headers = [(tokenizer.encode(f"{role}\n").ids, weight) for role, weight in ROLE_WEIGHTS.items()]
    for begin in np.flatnonzero(ids == start):
        for header, weight in headers:
            body = int(begin) + 1 + len(header)
            if ids[begin + 1 : body].tolist() == header:
                stop = int(begin) + int(np.argmax(ids[begin:] == end))
                weights[body : stop + 1] = weight
    weights[0] = 0.0
    return ids, weights
