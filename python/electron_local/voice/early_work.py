"""What a session does before it is certain that it is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EarlyWork:
    """Each part can be switched off; what is said stays the same. `EndOfTurn.soft_end_ms` makes the reply itself early.

    Attributes:
        read_instructions: the model reads instructions and tools when the session begins, and keeps them.
        read_partials: the model reads the words that are certain while the user speaks; a correction rolls it back.
        read_narration: the model reads the frame of a tool's result while the tool runs.
        speak_first_clause: the first clause is spoken before its sentence has ended.

    >>> EarlyWork.none().read_partials
    False
    """

    read_instructions: bool = True
    read_partials: bool = True
    read_narration: bool = True
    speak_first_clause: bool = True

    @classmethod
    def none(cls) -> EarlyWork:
        """All of it off."""
        return cls(read_instructions=False, read_partials=False, read_narration=False, speak_first_clause=False)
