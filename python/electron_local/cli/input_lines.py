"""Lines that the user types: with editing and a history of earlier ones on a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

_N_KEPT = 1000


class InputLines:
    """A context manager; the history is read when it opens and written when it closes."""

    def __init__(self, history_file: Path | None = None) -> None:
        self.is_interactive = sys.stdin.isatty()
        self._file = history_file or _default_file()
        self._readline: ModuleType | None = None

    def read(self, prompt: str) -> str:
        """The next line without blanks around it; "" at the end of input, and for Ctrl-C at the prompt."""
        try:
            return input(prompt if self.is_interactive else "").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return ""

    def __enter__(self) -> InputLines:
        if self.is_interactive:
            try:
                import readline
            except ImportError:  # a Python built without it: lines cannot be edited
                return self
            self._readline = readline
            if self._file.is_file():
                readline.read_history_file(self._file)
        return self

    def __exit__(self, *error: object) -> None:
        if self._readline is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._readline.set_history_length(_N_KEPT)
            self._readline.write_history_file(self._file)
            self._file.chmod(0o600)


def _default_file() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "electron_local" / "chat_history"
