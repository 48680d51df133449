"""What one session is told at its start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from electron_local.errors import InvalidArgumentError
from electron_local.voice.audio_encoding import ENCODINGS, G711_RATE, AudioEncoding
from electron_local.voice.chat_checks import check_tools, check_unicode
from electron_local.voice.early_work import EarlyWork
from electron_local.voice.history_limit import HistoryLimit
from electron_local.voice.hosted_voices import VOICES, echoed_voice
from electron_local.voice.turn_settings import TurnSettings

_FALLBACK_INSTRUCTIONS = "You are a voice assistant. Answer in one or two short spoken sentences."


@dataclass(frozen=True)
class SessionConfig:
    """Settings of a session; nothing of it changes later but `tools`. A value out of range is an InvalidArgumentError.

    Attributes:
        instructions: the system prompt.
        voice: a name of the synthesiser's `voices`, or of the hosted model's; None for the default.
        hosted_model: `hydra`, `hydra-v1.1` or `hydra-v1.0`, the model whose voices and default the session has; None:
            the synthesiser's.
        tools: schemas, as chat completions take them or flat as PROTOCOL §2 has them.
        model: the name that the chat client serves.
        language: of recogniser and synthesiser, an ISO 639-1 code.
        generate_initial_response: the bot speaks first.
        temperature: of the language model, 0 to 2.
        max_output_tokens: of one response, at least 1; None: 1,024, or what is left of the context where that is less.
        output_sample_rate: of the audio deltas, in Hz.
        output_encoding: of the audio deltas on the wire: `pcm16`, or `g711_ulaw` or `g711_alaw` at 8000 Hz.
        idle_timeout_s: the session ends after so long without an event either way; None: never.
        history_limit: what of a long conversation the model is told.
        dynamic_context: text, or a function that gives it, for the model at the start of each turn: a clock, sensors.
            It stands behind the user's words and is never history.
        mute_timeout_s: a response, or the transcript of a turn, of which nothing came for so long has failed.
        tool_timeout_s: how long a tool may take.
        max_tool_rounds: responses in a row that may call tools; the next one has to speak.
        turn: end of turn and barge-in.
        early: work ahead of its time.
        model_judges_end: the language model tells when the user has finished (see `EndOfTurn.sure`); None: if it was
            trained to (`client.judges_end_of_turn`).
        model_chooses_words: the language model chooses among the texts that the recogniser may have heard, for about
            15 evaluations of one token a turn; None: if it was trained to judge what is heard, as above.

    >>> SessionConfig(instructions="You sell ice cream.").output_sample_rate
    48000
    """

    instructions: str = _FALLBACK_INSTRUCTIONS
    voice: str | None = None
    hosted_model: str | None = None
    tools: tuple[dict[str, Any], ...] = ()
    model: str = "electron"
    language: str = "en"
    generate_initial_response: bool = False
    temperature: float = 0.0
    max_output_tokens: int | None = None
    output_sample_rate: int = 48000
    output_encoding: AudioEncoding = "pcm16"
    idle_timeout_s: float | None = None
    history_limit: HistoryLimit = field(default_factory=HistoryLimit)
    dynamic_context: str | Callable[[], str] = ""
    mute_timeout_s: float = 30.0
    tool_timeout_s: float = 30.0
    max_tool_rounds: int = 4
    turn: TurnSettings = field(default_factory=TurnSettings)
    early: EarlyWork = field(default_factory=EarlyWork)
    model_judges_end: bool | None = None
    model_chooses_words: bool | None = None

    def __post_init__(self) -> None:
        check_unicode("instructions", self.instructions)
        check_unicode("language", self.language)
        if not self.language:
            raise InvalidArgumentError("language must be a code such as 'en', got ''")
        if not callable(self.dynamic_context):
            check_unicode("dynamic_context", self.dynamic_context)
        check_tools(self.tools)
        self._check_parts()
        self._check_numbers()
        if self.output_encoding not in ENCODINGS:
            raise InvalidArgumentError(f"output_encoding must be one of {ENCODINGS}, got {self.output_encoding!r}")
        if self.output_encoding != "pcm16" and self.output_sample_rate != G711_RATE:
            raise InvalidArgumentError(f"G.711 needs output_sample_rate={G711_RATE}, got {self.output_sample_rate}")
        if self.hosted_model is not None:
            self._check_hosted(self.hosted_model)

    def _check_parts(self) -> None:
        for name, kind in (("turn", TurnSettings), ("history_limit", HistoryLimit), ("early", EarlyWork)):
            if not isinstance(part := getattr(self, name), kind):
                raise InvalidArgumentError(f"{name} must be a {kind.__name__}, got {type(part).__name__}")

    def _check_numbers(self) -> None:
        for name, least in (("output_sample_rate", 8000), ("max_tool_rounds", 0)):
            if getattr(self, name) < least:
                raise InvalidArgumentError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.max_output_tokens is not None and self.max_output_tokens < 1:
            raise InvalidArgumentError(f"max_output_tokens must be at least 1, got {self.max_output_tokens}")
        for name in ("tool_timeout_s", "idle_timeout_s", "mute_timeout_s"):
            if (limit_s := getattr(self, name)) is not None and not limit_s > 0:
                raise InvalidArgumentError(f"{name} must be above 0, got {limit_s}")
        if not 0 <= self.temperature <= 2:
            raise InvalidArgumentError(f"temperature must be from 0 to 2, got {self.temperature}")

    def _check_hosted(self, model: str) -> None:
        if model not in VOICES:
            raise InvalidArgumentError(f"unknown hosted_model {model!r}; known: {', '.join(VOICES)}")
        if self.voice is not None and self.voice not in VOICES[model]:
            raise InvalidArgumentError(f"unknown voice {self.voice!r}; {model} has: {', '.join(VOICES[model])}")

    def context_now(self) -> str:
        """What `dynamic_context` says now."""
        context = self.dynamic_context
        return context if isinstance(context, str) else context()

    def applied(self) -> dict[str, Any]:
        """The echo of `session.configured`."""
        return {
            "instructions": self.instructions,
            "voice": self.voice if self.hosted_model is None else echoed_voice(self.hosted_model, self.voice),
            "tools": list(self.tools),
            "generate_initial_response": self.generate_initial_response,
        }
