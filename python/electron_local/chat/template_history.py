"""Whether a template's next prompt begins with the last one: where it does not, the cached prefix ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

Render = Callable[[Sequence[dict[str, Any]], Sequence[dict[str, Any]]], str]
History = Literal["kept", "answers anew", "rewritten", "refused"]

_HELLO = {"role": "user", "content": "Hello."}
_ANSWER = {"role": "assistant", "content": "Good morning."}
_THANKS = {"role": "user", "content": "Thank you."}
_CALL = {"id": "call00001", "type": "function", "function": {"name": "probe", "arguments": '{"x":"a"}'}}
_CALLING = {"role": "assistant", "content": "", "tool_calls": [_CALL]}
_RESULT = {"role": "tool", "tool_call_id": "call00001", "content": "Found."}
_THINKING = {**_ANSWER, "reasoning_content": "Let me think."}
_PARAMETERS = {"type": "object", "properties": {"x": {"type": "string", "description": "A word."}}, "required": ["x"]}
_TOOL = {"type": "function", "function": {"name": "probe", "description": "Looks.", "parameters": _PARAMETERS}}

# The messages of each prompt are those of the one before it and more.
_CONVERSATIONS: dict[str, tuple[list[dict[str, Any]], tuple[int, ...], list[dict[str, Any]]]] = {
    "turns": ([_HELLO, _ANSWER, _THANKS, _ANSWER, _HELLO], (1, 3, 5), []),
    "turns with tools": ([_HELLO, _ANSWER, _THANKS, _ANSWER, _HELLO], (1, 3, 5), [_TOOL]),
    "tool calls": ([_HELLO, _CALLING, _RESULT, _ANSWER, _THANKS], (1, 3, 5), [_TOOL]),
    "reasoning": ([_HELLO, _THINKING, _THANKS], (1, 3), []),
}


def history_of(render: Render) -> dict[str, History]:
    """For each kind of conversation, how the prompts of its turns go on from each other.

    `kept`: each begins with the prompt before it and the words that answered. `answers anew`: each begins with the
    messages before it, but the last answer is written otherwise than the model saw it. `rewritten`: what is older
    than the last answer changes too. `refused`: the template does not render such a conversation.
    """
    return {name: _history(render, *conversation) for name, conversation in _CONVERSATIONS.items()}


def _history(
    render: Render, messages: list[dict[str, Any]], lengths: tuple[int, ...], tools: list[dict[str, Any]]
) -> History:
    found: History = "kept"
    last, said = "", ""
    words = 0  # where the words of the last message end in the prompt `last`
    for length in lengths:
        try:
            prompt = render(messages[:length], tools)
        except Exception:  # a template may raise anything
            return "refused"
        if not prompt.startswith(last[:words]):
            return "rewritten"
        if not prompt.startswith(last + said):
            found = "answers anew"
        content = messages[length - 1]["content"]
        last, words = prompt, prompt.rfind(content) + len(content)
        answer = messages[length] if length < len(messages) else {}
        said = "" if {"tool_calls", "reasoning_content"} & answer.keys() else answer.get("content", "")
    return found
