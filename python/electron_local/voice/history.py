"""The conversation as the language model sees it: only what was understood, and only what was heard."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A complete tool call; `arguments` is a JSON object as text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class SpokenPiece:
    """A piece of reply text and the number of output samples that speak it.

    `word_ends`: words in order, each with the sample at which it has been spoken, where the synthesiser told.
    """

    text: str
    n_samples: int
    word_ends: tuple[tuple[str, int], ...] = ()


class History:
    """Messages in the shape of chat completions. Owned by the conversation thread.

    >>> history = History("Be brief.")
    >>> history.add_user("hello")
    >>> [message["role"] for message in history.messages()]
    ['system', 'user']
    """

    def __init__(self, instructions: str) -> None:
        self._messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}]

    def messages(self) -> list[dict[str, Any]]:
        """A copy of the list, oldest first."""
        return list(self._messages)

    def turns(self) -> list[list[dict[str, Any]]]:
        """The messages behind the instructions, cut where the user begins to speak; what came before him is one too."""
        turns: list[list[dict[str, Any]]] = []
        for before, message in pairwise(self._messages):
            if not turns or (message["role"] == "user" and before["role"] != "user"):
                turns.append([])
            turns[-1].append(message)
        return turns

    def drop_turns(self, n_turns: int) -> None:
        """Forget the oldest ones."""
        kept = self.turns()[n_turns:]
        self._messages[1:] = [message for turn in kept for message in turn]

    def keep_last_words(self) -> bool:
        """Forget all before the last message of the user; False where there was nothing."""
        last = max((i for i, message in enumerate(self._messages) if message["role"] == "user"), default=1)
        forgotten, self._messages[1:] = self._messages[1:last], self._messages[last:]
        return bool(forgotten)

    def add_user(self, text: str) -> None:
        """A turn of the user."""
        self._messages.append(user_message(text))

    def add_assistant(self, text: str, calls: tuple[ToolCall, ...] = ()) -> None:
        """What the user heard of a response, and its tool calls. Nothing is added when both are empty."""
        message = assistant_message(text, calls)
        if calls or message["content"]:
            self._messages.append(message)

    def add_tool_output(self, call_id: str, output: str) -> None:
        """The result of a call of the last response."""
        self._messages.append(tool_message(call_id, output))


def user_message(text: str) -> dict[str, Any]:
    """A turn of the user in the shape of chat completions."""
    return {"role": "user", "content": text}


def assistant_message(text: str, calls: tuple[ToolCall, ...] = ()) -> dict[str, Any]:
    """A response in the shape of chat completions."""
    message: dict[str, Any] = {"role": "assistant", "content": text.strip() or None}
    if calls:
        message["tool_calls"] = [_call_message(call) for call in calls]
    return message


def tool_message(call_id: str, output: str) -> dict[str, Any]:
    """The result of a call in the shape of chat completions."""
    return {"role": "tool", "tool_call_id": call_id, "content": output}


def heard_text(pieces: list[SpokenPiece], n_played: int) -> str:
    """The text of the first `n_played` samples: whole pieces, then whole words of the next one.

    To the sample where its words' ends are known, else by proportion.

    >>> heard_text([SpokenPiece("One two.", 100), SpokenPiece(" Three four five six.", 400)], 330)
    'One two. Three four'
    >>> heard_text([SpokenPiece("One two three.", 300, (("One", 200), ("two", 250), ("three", 300)))], 220)
    'One'
    """
    heard = ""
    for piece in pieces:
        if n_played >= piece.n_samples:
            heard += piece.text
        elif n_played > 0:
            heard += _spoken_words(piece, n_played)
        n_played -= piece.n_samples
    return heard.rstrip()


def _spoken_words(piece: SpokenPiece, n_played: int) -> str:
    text, end = piece.text.lower(), 0
    for word, spoken_at in piece.word_ends:
        at = text.find(word.lower(), end)
        if at < 0:
            break
        if spoken_at > n_played:
            return piece.text[:end]
        end = at + len(word)
    else:
        if piece.word_ends:
            return piece.text[:end]
    return _whole_words(piece.text, n_played / piece.n_samples)


def _whole_words(text: str, share: float) -> str:
    end = int(len(text) * share)
    while end > 0 and not text[end].isspace():
        end -= 1
    return text[:end]


def _call_message(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
