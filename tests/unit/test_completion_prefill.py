"""`prefill` over a scripted engine: what it reads, pins and counts."""

from __future__ import annotations

import pytest

from electron_local.errors import BadRequestError
from scripted_chat import TOOLS, USER, client_of


def test_prefill_warms_what_create_sends():
    client = client_of()
    system = {"role": "system", "content": "Be brief."}
    usage = client.chat.completions.prefill(messages=[system], tools=TOOLS)
    assert (usage.completion_tokens, usage.prompt_tokens_details.cached_tokens) == (0, 0)
    answer = client.chat.completions.create(model="electron", messages=[system, USER], tools=TOOLS)
    assert answer.usage.prompt_tokens_details.cached_tokens == usage.prompt_tokens
    with pytest.raises(BadRequestError, match="messages"):
        client.chat.completions.prefill(messages=[])


def test_prefill_pins_what_all_conversations_begin_with():
    client = client_of()
    system = {"role": "system", "content": "Be brief."}
    prefill = client.chat.completions.prefill
    prefill(messages=[system], tools=TOOLS)
    prefill(messages=[system, USER], tools=TOOLS, conversation="kiosk")
    prefill(messages=[system, USER], tools=TOOLS, pin=False)
    prefill(messages=[USER])
    (shared, *pinned), again, (whole, *named), unpinned, (user, *plain) = client.engine.prefills
    assert pinned == [True, None] and again == (shared, True, None)
    assert named == [False, "kiosk"] and unpinned == (whole, False, None) and plain == [False, None]
    assert whole[: len(shared)] == shared and user != whole
    create = client.chat.completions.create
    for content in ("hello", "9 lives", " "):
        create(model="electron", messages=[system, {"role": "user", "content": content}], tools=TOOLS)
        assert client.engine.prompts[-1][: len(shared)] == shared
    other = [{"role": "system", "content": "Be brief!"}, USER]
    create(model="electron", messages=other, tools=TOOLS)
    assert client.engine.prompts[-1][: len(shared)] != shared


def test_prefill_counts_what_was_there():
    client = client_of()
    messages = [{"role": "system", "content": "Be brief."}, USER]
    cold = client.chat.completions.prefill(messages=messages)
    assert cold.prompt_tokens_details.cached_tokens == 0
    warm = client.chat.completions.prefill(messages=messages)
    assert 0 < warm.prompt_tokens_details.cached_tokens < warm.prompt_tokens == cold.prompt_tokens
