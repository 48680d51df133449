"""Whether the user of a session has asked for a response (`response.create`), and whether there is one to give."""

from __future__ import annotations


class Asking:
    """Owned by the conversation thread.

    Two requests ask for nothing: one behind outputs that came too late, when an interruption or a time-out had dropped
    their calls; and one behind the last of several outputs, when one behind an earlier output has asked already.

    >>> asking = Asking()
    >>> asking.note(accepted=False)
    >>> asking.ask(outputs_missing=False), asking.ask(outputs_missing=False), asking.is_open
    (False, True, True)
    """

    def __init__(self) -> None:
        self._is_open = self._is_early = self._is_late = self._is_answered = False

    @property
    def is_open(self) -> bool:
        """A response was asked for and has not begun."""
        return self._is_open

    def note(self, *, accepted: bool) -> None:
        """The user added something to the conversation, or tried to."""
        self._is_late, self._is_answered = not accepted, False

    def ask(self, *, outputs_missing: bool) -> bool:
        """The user asks now; False: there is nothing to answer."""
        is_idle, self._is_late, self._is_answered = self._is_late or self._is_answered, False, False
        self._is_open |= not is_idle
        self._is_early |= outputs_missing
        return not is_idle

    def note_call(self) -> None:
        """The response in flight makes one more call: who has asked already has asked before its output."""
        self._is_early |= self._is_open

    def begin(self) -> None:
        """A response begins: outputs that came too late before it are past."""
        self._is_open = self._is_late = False
        self._is_early, self._is_answered = False, self._is_early

    def drop(self) -> None:
        """What was in flight was cancelled, and what was asked for with it."""
        self._is_open = self._is_early = self._is_answered = False
