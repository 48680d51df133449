"""Where the time of one turn went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TurnLedger:
    """Moments of one turn in ms on the session's clock; None where a moment did not come.

    A turn that calls tools has one ledger a response; the moments of the user's speech are the same in each.

    Attributes:
        speech_end_ms: the last sample of speech.
        turn_end_ms: the end of the turn was decided (`speech_stopped` was sent).
        transcript_ms: the final transcript was there.
        request_ms: this response was asked of the language model.
        first_token_ms: its first text or call arrived.
        audio_ready_ms: its first samples were made.
        first_audio_ms: its first audio delta was sent.
        speech_over_ms: the user began to speak over this response.
        last_audio_ms: its last audio delta was sent.
        read_ahead_tokens, read_ahead_ms: what the model read of the turn before it ended, and the time that took (no
            moment, a duration).
        choice_ms, choice_changed: how long the model chose among what the recogniser may have heard (a duration), and
            whether that changed the words.

    >>> ledger = TurnLedger(speech_end_ms=100, turn_end_ms=600, transcript_ms=650, first_audio_ms=720)
    >>> ledger.voice_to_voice_ms, ledger.endpoint_wait_ms
    (620, 500)
    """

    speech_end_ms: float | None = None
    turn_end_ms: float | None = None
    transcript_ms: float | None = None
    request_ms: float | None = None
    first_token_ms: float | None = None
    audio_ready_ms: float | None = None
    first_audio_ms: float | None = None
    speech_over_ms: float | None = None
    last_audio_ms: float | None = None
    read_ahead_tokens: int = 0
    read_ahead_ms: float = 0.0
    choice_ms: float = 0.0
    choice_changed: bool = False

    @property
    def endpoint_wait_ms(self) -> float | None:
        """From the end of speech to the decision that the turn is over."""
        return _between(self.speech_end_ms, self.turn_end_ms)

    @property
    def recognition_ms(self) -> float | None:
        """From that decision to the final transcript."""
        return _between(self.turn_end_ms, self.transcript_ms)

    @property
    def first_token_wait_ms(self) -> float | None:
        """From the request to the first token."""
        return _between(self.request_ms, self.first_token_ms)

    @property
    def first_audio_wait_ms(self) -> float | None:
        """From the first token to the first audio delta."""
        return _between(self.first_token_ms, self.first_audio_ms)

    @property
    def made_ahead_ms(self) -> float | None:
        """How much of the way from the request to the first samples lay before the end of the turn was decided."""
        if self.request_ms is None or self.turn_end_ms is None or self.audio_ready_ms is None:
            return None
        return max(0.0, min(self.audio_ready_ms, self.turn_end_ms) - self.request_ms)

    @property
    def barge_in_ms(self) -> float | None:
        """From the onset of speech over the response to its last audio delta; zero when none was sent after it."""
        wait_ms = _between(self.speech_over_ms, self.last_audio_ms)
        return None if wait_ms is None else max(0.0, wait_ms)

    @property
    def voice_to_voice_ms(self) -> float | None:
        """From the end of speech to the first audio delta."""
        return _between(self.speech_end_ms, self.first_audio_ms)


def _between(start_ms: float | None, end_ms: float | None) -> float | None:
    return None if start_ms is None or end_ms is None else end_ms - start_ms
