"""Stand-ins for what answers in a voice session, on virtual time: the language model and the synthesiser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.speech.base import SpokenFrame, Word
from virtual_time import VirtualRuntime


@dataclass
class FakeSynthesizer:
    """`char_ms` of audio a character, in frames of 100 ms; each frame takes `frame_ms` to make.

    With `tells_words`, the first frame of a text has the times of its words: all within the first tenth of it.
    """

    runtime: VirtualRuntime
    char_ms: int = 50
    frame_ms: float = 10.0
    sample_rate: int = 48000
    voices: tuple[str, ...] = ("wren",)
    error: Exception | None = None
    tells_words: bool = False
    texts: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> Iterator[AudioFrame]:
        self.texts.append(text)
        self.calls.append({"voice": voice, "language": language, "speed": speed})
        n_left = len(text) * self.char_ms * self.sample_rate // 1000
        while n_left > 0:
            self.runtime.sleep(self.frame_ms)
            if self.error is not None:
                raise self.error
            n = min(n_left, self.sample_rate // 10)
            samples = np.full(n, 0.25, np.float32)
            if self.tells_words:
                words, text = self._words(text), ""
                yield SpokenFrame(samples, self.sample_rate, words=words)
            else:
                yield AudioFrame(samples, self.sample_rate)
            n_left -= n

    def _words(self, text: str) -> tuple[Word, ...]:
        words = text.split()
        step_s = len(text) * self.char_ms / 10_000 / max(len(words), 1)
        return tuple(Word(word, n * step_s, (n + 1) * step_s) for n, word in enumerate(words))


@dataclass(frozen=True)
class Call:
    """A scripted tool call."""

    name: str
    arguments: dict[str, Any]
    id: str = "call_1"


class FakeChat:
    """`chat.completions.create` with scripted replies: each a list of text, Call and Exception; `finish` ends one."""

    def __init__(self, runtime: VirtualRuntime, *replies: list[Any], token_ms: float = 20.0) -> None:
        completions = SimpleNamespace(
            create=self._create, prefill=self._prefill, end_of_turn=self._end_of_turn, likeliest=self._likeliest
        )
        self.chat = SimpleNamespace(completions=completions)
        self.likely: str | Exception | None = None
        self.choices: list[dict[str, Any]] = []
        self.ends: dict[str, float | Exception | None] = {}
        self.judged: list[str] = []
        self.judge_ms = 5.0
        self.prefilled: list[dict[str, Any]] = []
        self.prefill_error: Exception | None = None
        self.prefill_ms = 0.0
        self.prefill_usage: Any = None
        self.requests: list[dict[str, Any]] = []
        self.streams: list[FakeStream] = []
        self._runtime = runtime
        self._replies = list(replies)
        self._token_ms = token_ms

    def _prefill(self, **kwargs: Any) -> Any:
        self._runtime.sleep(self.prefill_ms)
        self.prefilled.append(kwargs)
        if self.prefill_error is not None:
            raise self.prefill_error
        return self.prefill_usage

    def _end_of_turn(self, *, messages: list[dict[str, Any]], **_: Any) -> float | None:
        self._runtime.sleep(self.judge_ms)
        self.judged.append(messages[-1]["content"])
        answer = self.ends.get(self.judged[-1], 0.0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _likeliest(self, **kwargs: Any) -> Any:
        self._runtime.sleep(self.judge_ms)
        self.choices.append(kwargs)
        if isinstance(self.likely, Exception):
            raise self.likely
        return None if self.likely is None else SimpleNamespace(index=kwargs["texts"].index(self.likely))

    def _create(self, **kwargs: Any) -> FakeStream:
        self.requests.append(kwargs)
        self.streams.append(FakeStream(self._runtime, self._replies.pop(0), self._token_ms))
        return self.streams[-1]


class FakeStream:
    """Chunks shaped like `ChatCompletionChunk`."""

    def __init__(self, runtime: VirtualRuntime, script: list[Any], token_ms: float) -> None:
        self._runtime = runtime
        self._script = script
        self._token_ms = token_ms
        self.is_closed = False
        self.n_sent = 0

    def __enter__(self) -> FakeStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.is_closed = True

    @property
    def usage(self) -> Any:
        details = SimpleNamespace(cached_tokens=7)
        return SimpleNamespace(prompt_tokens=11, completion_tokens=self.n_sent, prompt_tokens_details=details)

    def __iter__(self) -> Iterator[Any]:
        n_calls, finish = 0, None
        for part in self._script:
            if isinstance(part, Exception):
                raise part
            if isinstance(part, Hang):
                self._runtime.sleep(part.duration_ms)
            if isinstance(part, Finish | Hang):
                finish = getattr(part, "reason", finish)
                continue
            for delta in _deltas(part, n_calls):
                if self._runtime.wait(lambda: self.is_closed, self._token_ms):
                    return
                self.n_sent += 1
                yield _chunk(delta)
            n_calls += isinstance(part, Call)
        yield _chunk(_delta(), finish or ("tool_calls" if n_calls else "stop"))
        details = SimpleNamespace(cached_tokens=7)
        usage = SimpleNamespace(prompt_tokens=11, completion_tokens=5, prompt_tokens_details=details)
        yield SimpleNamespace(choices=[], usage=usage)


@dataclass(frozen=True)
class Finish:
    """Ends a scripted reply with this reason."""

    reason: str


@dataclass(frozen=True)
class Hang:
    """A scripted reply stops here, and does not even hear that it is closed."""

    duration_ms: float = 3_600_000.0


def _deltas(part: Any, index: int) -> Iterator[Any]:
    if isinstance(part, str):
        for word in part.split(" "):
            yield _delta(content=word + " ")
        return
    arguments = json.dumps(part.arguments)
    yield _delta(call=_call(index, part.id, part.name, ""))
    for start in range(0, len(arguments), 8):
        yield _delta(call=_call(index, None, None, arguments[start : start + 8]))


def _call(index: int, call_id: str | None, name: str | None, arguments: str) -> Any:
    function = SimpleNamespace(name=name, arguments=arguments)
    return SimpleNamespace(index=index, id=call_id, type="function", function=function)


def _delta(content: str | None = None, call: Any = None) -> Any:
    return SimpleNamespace(content=content, tool_calls=[call] if call else None)


def _chunk(delta: Any, finish_reason: str | None = None) -> Any:
    return SimpleNamespace(choices=[SimpleNamespace(index=0, delta=delta, finish_reason=finish_reason)], usage=None)
