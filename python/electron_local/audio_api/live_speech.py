"""Speech for text that comes in pieces (PROTOCOL §3, Lightning's WebSocket): what to say when. No clock, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from electron_local.audio_api.speech_request import LIGHTNING, MAX_TEXT_CHARS, SpeechRequest, parse_speech
from electron_local.chat.checks import Fields, Problems, kind
from electron_local.errors import BadRequestError

MAX_FLUSH_MS = 60_000
_SAMPLE = "x"  # stands for a text that is not said
_SETTINGS = (LIGHTNING.voice, LIGHTNING.audio_format, "sample_rate", "speed", "language", "stream_format")
# Up to the last sentence end that something follows: what comes next cannot belong to it.
_SENTENCES = re.compile(r".*[.!?…](?=\s)|.*[。！？]", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """`request` None: say nothing. `is_last`: `complete` follows. `wait_ms`: text waits, and may so long from when the
    first of it came; then call `flush`."""

    request: SpeechRequest | None
    is_last: bool = False
    wait_ms: int | None = None


class LiveText:
    """Gathers text until it may be spoken: whole sentences at once, the rest when it is told to. One thread at a time.

    What a message does not set is as the message before it had it; each text keeps the settings that it came with.
    `check` is asked about a sample of the speech whenever that changes, and raises what `take` is to raise.

    >>> live = LiveText()
    >>> live.take({"text": "Hello there. How", "continue": True}).request.text
    'Hello there.'
    >>> live.take({"text": " are you?", "continue": False}).request.text
    'How are you?'
    """

    def __init__(self, check: Callable[[SpeechRequest], None] | None = None) -> None:
        self._check = check
        self._settings: dict[str, Any] = {}
        self._sample: SpeechRequest | None = None  # with these settings; None before the first text
        self._waiting: list[SpeechRequest] = []  # neighbours differ in their settings
        self._wait_ms = 0

    def take(self, message: Any) -> Said:
        """One message of the client; only the first must have a text. Raises BadRequestError; what was gathered before
        stays."""
        if not isinstance(message, Mapping):
            raise BadRequestError(f"a message must be a JSON object, not {kind(message)}", code="invalid_type")
        problems = Problems()
        fields = Fields(message, problems)
        goes_on, flushes = fields.boolean("continue", False), fields.boolean("flush", False)
        wait_ms = fields.integer("max_buffer_flush_ms", 0, MAX_FLUSH_MS, self._wait_ms)
        text = message.get("text")
        may_be_blank = (goes_on or flushes or self._sample is not None) and (text is None or isinstance(text, str))
        problems.raise_if_any()
        settings = {**self._settings, **{name: message[name] for name in _SETTINGS if message.get(name) is not None}}
        is_blank = may_be_blank and not (text or "").strip()
        request = parse_speech({**settings, "text": _SAMPLE if is_blank else text}, LIGHTNING)
        sample = replace(request, text=_SAMPLE)
        if self._check is not None and sample != self._sample:
            self._check(sample)
        self._gather(replace(request, text=text or ""))
        self._settings, self._sample, self._wait_ms = settings, sample, wait_ms or 0
        if flushes or not goes_on:
            return replace(self.flush(), is_last=True)
        ended = _SENTENCES.match(self._text)
        said = self._say(ended.end()) if ended else Said(None)
        return replace(said, wait_ms=wait_ms if wait_ms and self._text.strip() else None)

    def flush(self) -> Said:
        """Say all that waits."""
        return self._say(len(self._text))

    @property
    def _text(self) -> str:
        return "".join(part.text for part in self._waiting)

    def _gather(self, part: SpeechRequest) -> None:
        n_chars = len(self._text) + len(part.text)
        if n_chars > MAX_TEXT_CHARS:
            told = f"{n_chars} characters wait; at most {MAX_TEXT_CHARS} may: flush in time"
            raise BadRequestError(told, code="too_big", param="text")
        if self._waiting and replace(self._waiting[-1], text=part.text) == part:
            part = replace(part, text=self._waiting.pop().text + part.text)
        if part.text:
            self._waiting.append(part)

    def _say(self, n_chars: int) -> Said:
        spoken: list[SpeechRequest] = []
        while self._waiting and n_chars > 0:
            part = self._waiting.pop(0)
            said, rest = part.text[:n_chars], part.text[n_chars:]
            n_chars -= len(said)
            if said.strip():
                spoken.append(replace(part, text=said.strip()))
            if rest:
                self._waiting.insert(0, replace(part, text=rest))
        request = None
        for part in reversed(spoken):
            request = replace(part, then=request)
        return Said(request)
