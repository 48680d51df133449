"""Stand-ins for every stage of a voice session, on virtual time.

Audio carries its own meaning: a sample of value v > 0 is speech, and its script says which words it holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.speech.base import Alternative, SpokenFrame, Transcript, Word
from virtual_time import VirtualRuntime

RATE = 16000
_VAD_STEP = 80


def silence(duration_ms: int) -> np.ndarray:
    return np.zeros(duration_ms * 16, np.float32)


def speech(duration_ms: int, level: float = 0.5) -> np.ndarray:
    return np.full(duration_ms * 16, level, np.float32)


@dataclass(frozen=True)
class FakeVadEvent:
    kind: str
    ms: float


class FakeVad:
    """Speech is any sample above zero, looked at every 5 ms; both edges are reported `delay_ms` late."""

    def __init__(self, delay_ms: float = 60.0) -> None:
        self._delay = int(delay_ms * 16)
        self._n = 0
        self._speaking = False
        self._edge: int | None = None
        self.last_probability = 0.0

    def push(self, samples: np.ndarray) -> list[FakeVadEvent]:
        events = []
        self.last_probability = float(samples[-1] > 0) if len(samples) else 0.0
        for loud in samples[::_VAD_STEP] > 0:
            if loud == self._speaking:
                self._edge = None
            elif self._edge is None:
                self._edge = self._n
            if self._edge is not None and self._n - self._edge >= self._delay:
                self._speaking = not self._speaking
                kind = "speech_started" if self._speaking else "speech_stopped"
                events.append(FakeVadEvent(kind, self._edge / 16))
                self._edge = None
            self._n += _VAD_STEP
        return events


@dataclass
class FakeRecognizer:
    """The n-th utterance is `scripts[n]`: its words appear one every `word_ms` of speech. An Exception is raised.

    `corrections`: what is heard instead of the first so many words, before more of them come. `alternatives`: what else
    an utterance may be, each a score of 1 behind the one before it.
    """

    scripts: list[Any]
    word_ms: int = 150
    runtime: VirtualRuntime | None = None
    finish_ms: float = 0.0
    feed_ms: float = 0.0
    sample_rate: int = RATE
    corrections: dict[int, str] = field(default_factory=dict)
    alternatives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    n_streams: int = 0
    n_cancelled: int = 0

    def stream(self, *, language: str = "en") -> FakeRecognition:
        self.n_streams += 1
        return FakeRecognition(self, self.scripts.pop(0))


class FakeRecognition:
    def __init__(self, owner: FakeRecognizer, script: Any) -> None:
        self._owner = owner
        self._script = script
        self._n_speech = 0
        self._said = ""

    def feed(self, samples: np.ndarray) -> Transcript | None:
        if isinstance(self._script, Exception):
            raise self._script
        if self._owner.runtime is not None:
            self._owner.runtime.sleep(self._owner.feed_ms)
        self._n_speech += int((samples > 0).sum())
        n_words = self._n_speech // (self._owner.word_ms * 16)
        text = self._owner.corrections.get(n_words, " ".join(self._script.split()[:n_words]))
        if text == self._said:
            return None
        self._said = text
        return Transcript(text, is_final=False)

    def finish(self) -> Transcript:
        if self._owner.runtime is not None:
            self._owner.runtime.sleep(self._owner.finish_ms)
        others = self._owner.alternatives.get(self._script, ())
        texts = (self._script, *others) if others else ()
        alternatives = tuple(Alternative(text, -float(n)) for n, text in enumerate(texts))
        return Transcript(self._script, is_final=True, alternatives=alternatives)

    def cancel(self) -> None:
        self._owner.n_cancelled += 1


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
