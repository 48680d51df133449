"""Arguments of earlier calls with an escape that is half a character: no prompt can hold it as more than text."""

from __future__ import annotations

import pytest

from electron_local.client import Electron


@pytest.mark.parametrize("arguments", ['{"a": "\\ud83d"}', '{"\\udfff": 1}', '{"a": [{"b": "x\\ud800y"}]}'])
def test_half_a_character_in_an_earlier_call(arguments):
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
    ]
    with Electron(n_ctx=1024) as client:
        answer = client.chat.completions.create(model="electron", messages=messages, max_tokens=5)
    assert answer.usage.prompt_tokens > 0
