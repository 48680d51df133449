"""The making of one response, in the session's response thread: language model → sentences → synthesis → samples.

What is made goes to the conversation thread as messages, each with the id of its response.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from electron_local.voice.calls import CallCollector
from electron_local.voice.history import ToolCall
from electron_local.voice.items import Usage
from electron_local.voice.runtime import Mailbox
from electron_local.voice.sentences import SentenceSplitter
from electron_local.voice.voicing import Voicing
from electron_local.voice.wording import runs_away

logger = logging.getLogger(__name__)

MAX_BACKLOG_S = 20.0


class ChatClient(Protocol):
    """Whatever has `chat.completions.create` in the shape of the OpenAI client.

    Its streams are context managers; their `close` may be called from any thread, and ends the iteration.
    """

    @property
    def chat(self) -> Any:
        """The namespace with `completions.create`."""


@dataclass(frozen=True)
class Made:
    """Base of the messages from the response thread."""

    response_id: str


@dataclass(frozen=True)
class TextMade(Made):
    """The model wrote text."""

    delta: str


@dataclass(frozen=True)
class AudioMade(Made):
    """Samples at the output rate; `text` is the piece that begins with them, empty inside a piece.

    `word_ends`: see SpokenPiece; those of the words that begin here.
    """

    text: str
    samples: npt.NDArray[np.float32]
    word_ends: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CallDeltaMade(Made):
    """A fragment of a call's arguments; the name comes with the first."""

    call_id: str
    name: str | None
    delta: str


@dataclass(frozen=True)
class CallMade(Made):
    """A call is complete."""

    call: ToolCall


@dataclass(frozen=True)
class GenerationEnded(Made):
    """All was made: the model's finish reason and its usage."""

    finish_reason: str
    usage: Usage


@dataclass(frozen=True)
class GenerationFailed(Made):
    """A stage raised."""

    error: Exception


@dataclass
class GenerationJob:
    """One response to make. The conversation thread creates and cancels it, the response thread runs it.

    Attributes:
        request: keyword arguments of `chat.completions.create`.
        credit: the conversation thread puts the number of samples of each delta that it sent.
    """

    response_id: str
    request: dict[str, Any]
    credit: Mailbox
    _is_cancelled: bool = False
    _stream: Any = field(default=None, repr=False)

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._is_cancelled

    @property
    def usage(self) -> Usage:
        """Tokens so far."""
        return _usage(getattr(self._stream, "usage", None)) or Usage()

    def cancel(self) -> None:
        """Stop as soon as possible, also while the model reads the prompt. Idempotent."""
        self._is_cancelled = True
        self.credit.put(0)
        if self._stream is not None:
            try:
                self._stream.close()
            except Exception as error:  # nobody waits for anything of it
                logger.warning("the stream of a response could not be closed: %s", error, exc_info=error)

    def attach(self, stream: Any) -> None:
        """Name the stream that `cancel` stops."""
        self._stream = stream
        if self._is_cancelled:
            self.cancel()


def run_generation(
    job: GenerationJob,
    client: ChatClient,
    voicing: Voicing,
    post: Callable[[Made], None],
    *,
    early_clause: bool = True,
) -> None:
    """Make `job`; every failure becomes a GenerationFailed, a cancelled job posts nothing more.

    `early_clause`: the first clause is spoken before its sentence has ended.
    """
    splitter = SentenceSplitter() if early_clause else SentenceSplitter(first_clause_chars=0)
    try:
        _generate(job, client, voicing, splitter, lambda made: None if job.is_cancelled else post(made))
    except Exception as error:
        if not job.is_cancelled:
            post(GenerationFailed(job.response_id, error))


def _generate(
    job: GenerationJob,
    client: ChatClient,
    voicing: Voicing,
    splitter: SentenceSplitter,
    post: Callable[[Made], None],
) -> None:
    collector = CallCollector()
    backlog = _Backlog(job, int(MAX_BACKLOG_S * voicing.sample_rate))
    usage, finish_reason, said = Usage(), "stop", ""
    speak = _Speaker(job, voicing, backlog, post)
    stream = client.chat.completions.create(**job.request)
    job.attach(stream)
    with stream:
        for chunk in stream:
            if job.is_cancelled:
                return
            usage = _usage(chunk.usage) or usage
            for choice in chunk.choices:
                if choice.delta.content:
                    said += choice.delta.content
                    post(TextMade(job.response_id, choice.delta.content))
                    speak(splitter.push(choice.delta.content))
                for delta in collector.push(choice.delta.tool_calls or ()):
                    post(CallDeltaMade(job.response_id, delta.call_id, delta.name, delta.arguments))
                finish_reason = choice.finish_reason or finish_reason
                for call in collector.completed(choice.finish_reason):
                    post(CallMade(job.response_id, call))
            if runs_away(said):  # it would be spoken for minutes
                usage, finish_reason = job.usage, "length"
                break
    speak(splitter.flush())
    post(GenerationEnded(job.response_id, finish_reason, usage))


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(usage.prompt_tokens, usage.completion_tokens, getattr(details, "cached_tokens", None) or 0)


class _Backlog:
    """Keeps the audio that was made and not sent below a limit."""

    def __init__(self, job: GenerationJob, limit: int) -> None:
        self._job = job
        self._limit = limit
        self._n_waiting = 0

    def add(self, n_samples: int) -> None:
        self._n_waiting += n_samples
        while self._n_waiting > self._limit and not self._job.is_cancelled:
            self._n_waiting -= self._job.credit.get()


class _Speaker:
    """Turns pieces of text into AudioMade messages."""

    def __init__(self, job: GenerationJob, voicing: Voicing, backlog: _Backlog, post: Callable[[Made], None]) -> None:
        self._job = job
        self._voicing = voicing
        self._backlog = backlog
        self._post = post

    def __call__(self, pieces: Iterable[str]) -> None:
        for piece in pieces:
            text = piece
            for voiced in self._voicing.speak(piece.strip(), lambda: self._job.is_cancelled):
                self._post(AudioMade(self._job.response_id, text, voiced.samples, voiced.word_ends))
                text = ""
                self._backlog.add(len(voiced.samples))
