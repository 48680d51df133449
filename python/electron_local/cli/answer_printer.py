"""A streamed answer on the terminal: words as they come, thoughts in brackets, calls on lines of their own."""

from __future__ import annotations

from typing import Any

from electron_local.chat.types import ChatCompletionChunk, ChoiceDelta, Function, ToolCall


class AnswerPrinter:
    """Prints one answer and remembers it. `n_tokens` and `n_cached` are set by a chunk with usage."""

    def __init__(self) -> None:
        self.n_tokens = 0
        self.n_cached = 0
        self._content: list[str] = []
        self._calls: list[ToolCall] = []
        self._has_called = False
        self._is_thinking = False

    def show(self, chunk: ChatCompletionChunk) -> None:
        """Print what the chunk brings."""
        if chunk.usage is not None:
            self.n_tokens = chunk.usage.total_tokens
            self.n_cached = chunk.usage.prompt_tokens_details.cached_tokens
        for choice in chunk.choices:
            self._show(choice.delta)
            self._has_called |= choice.finish_reason == "tool_calls"

    def calls(self) -> list[ToolCall]:
        """The calls; none where the answer was cut before its end."""
        return self._calls if self._has_called else []

    def message(self) -> dict[str, Any]:
        """What the history keeps: the words that were shown, and calls that are whole."""
        calls = [call.model_dump() for call in self.calls()]
        return {"role": "assistant", "content": "".join(self._content), **({"tool_calls": calls} if calls else {})}

    def _show(self, delta: ChoiceDelta) -> None:
        if delta.reasoning_content:
            print(delta.reasoning_content if self._is_thinking else f"({delta.reasoning_content}", end="", flush=True)
            self._is_thinking = True
        elif self._is_thinking:
            print(")")
            self._is_thinking = False
        if delta.content:
            self._content.append(delta.content)
            print(delta.content, end="", flush=True)
        for call in delta.tool_calls or []:
            function = call.function
            if call.id is not None and function is not None:
                self._calls.append(ToolCall(call.id, Function(function.name or "", "")))
                print(f"\n-> {function.name} " if self._content or call.index else f"-> {function.name} ", end="")
            elif function is not None and function.arguments:
                self._calls[call.index].function.arguments += function.arguments
                print(function.arguments, end="", flush=True)
