"""The voices of the hosted models, by the names that clients use, and what stands for them here."""

from __future__ import annotations

from collections.abc import Sequence

from electron_local.speech.voices import VOICES_OF_MODEL

VOICES = VOICES_OF_MODEL
DEFAULT_MODEL = "hydra-v1.1"
DEPRECATED = {"hydra": "the model name 'hydra' is deprecated; use 'hydra-v1.1'"}


def echoed_voice(model: str, voice: str | None) -> str:
    """The voice that `session.configured` names: the one asked for, or what the hosted model says instead.

    >>> echoed_voice("hydra", None), echoed_voice("hydra-v1.1", None), echoed_voice("hydra-v1.1", "maya")
    ('wren', 'sterling', 'maya')
    """
    if voice is not None:
        return voice
    return "wren" if model == "hydra" else "sterling"


def local_voice(model: str, voice: str | None, voices: Sequence[str]) -> str | None:
    """The synthesiser's voice for a hosted one: of the same name, else by its place in its model's list.

    None, the synthesiser's default, when none was asked for or it names no voices.

    >>> local_voice("hydra", "knox", ["wren", "knox"]), local_voice("hydra-v1.1", "elena", ["amy", "joe"])
    ('knox', 'amy')
    """
    if voice is None or not voices:
        return None
    return voice if voice in voices else voices[VOICES[model].index(voice) % len(voices)]
