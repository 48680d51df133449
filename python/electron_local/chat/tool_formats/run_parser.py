"""Calls and content out of a stream of text, whatever the form: finds the markers, and follows a reader behind each."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from electron_local.chat.tool_formats.run_reader import (
    ArgumentsText,
    CallDone,
    CallName,
    Cursor,
    NotACall,
    ReadRun,
    Signal,
)
from electron_local.chat.tools import (
    ArgumentsDelta,
    CallEnded,
    CallStarted,
    Check,
    ContentDelta,
    ToolEvent,
    check_nothing,
    new_call_id,
)


class RunParser:
    """A ToolParser. A call with bad JSON or an unknown name stays content, marker and all.

    A whole call of a known tool is presented whatever `check` finds in its arguments; see CallChecks.
    Blanks before a call belong to the form and are dropped, and so is what consists of `between` behind a call.
    `markers`: the texts that may open a call. A run that begins with none of `trusted`, where no grammar ruled, is
    always held and checked.

    >>> from electron_local.chat.tool_formats.hermes import HermesFormat
    >>> parser = HermesFormat().parser(["set_timer"], hold=True)
    >>> text = 'Sure.\\n<tool_call>\\n{"name": "set_timer", "arguments": {"minutes": 5}}\\n</tool_call>'
    >>> events = parser.push(text) + parser.finish(truncated=False)
    >>> [type(event).__name__ for event in events]
    ['ContentDelta', 'CallStarted', 'ArgumentsDelta', 'CallEnded']
    """

    def __init__(
        self,
        names: Collection[str],
        read_run: ReadRun,
        markers: Sequence[str],
        *,
        hold: bool,
        check: Check = check_nothing,
        trusted: tuple[str, ...] = ("",),
        between: str = "",
    ) -> None:
        self._names = frozenset(names)
        self._read_run = read_run
        self._markers = tuple(markers)
        self._hold = hold
        self._check = check
        self._trusted = trusted
        self._between = between + " \t\r\n"
        self._text = ""  # not decided on; inside a run it begins with the blanks before the marker
        self._is_ended = False
        self._n_calls = 0
        self._follows_call = False  # nothing but `between` came since a call
        self._run: _Run | None = None

    def push(self, text: str) -> list[ToolEvent]:
        """Take more of the answer; return what is certain by now."""
        self._text += text
        return self._read()

    def finish(self, *, truncated: bool) -> list[ToolEvent]:
        """End the answer; see ToolParser."""
        self._is_ended = True
        events = self._read_until_cut(self._run) if truncated and self._run is not None else self._read()
        if not (self._follows_call and not self._text.strip(self._between)):
            self._give_content(len(self._text), events)
        self._text = ""
        return events

    def _read(self) -> list[ToolEvent]:
        events: list[ToolEvent] = []
        while self._go_on(self._run, events) if self._run else self._find_marker(events):
            pass
        return events

    def _read_until_cut(self, run: _Run) -> list[ToolEvent]:
        """What was cut off in the middle of a call is dropped; what is whole without its end mark counts."""
        events: list[ToolEvent] = []
        try:
            self._follow(run, events)
        except NotACall:
            self._text = ""
        else:
            self._text = self._text[run.start + run.cursor.position :]
        self._follows_call = True
        return events

    def _find_marker(self, events: list[ToolEvent]) -> bool:
        start, marker = self._next_marker()
        certain = self._text[:start] if start >= 0 else _without_partial(self._text, self._markers)
        lead = certain.rstrip()
        if not (self._follows_call and not lead.strip(self._between)):
            self._give_content(len(lead), events)
        if start < 0:
            return False
        at = self._text.index(marker)
        self._run = _Run(at, Cursor(marker), self._read_run, self._names)
        return True

    def _next_marker(self) -> tuple[int, str]:
        found = [(at, marker) for marker in self._markers if (at := self._text.find(marker)) >= 0]
        return min(found, default=(-1, ""))

    def _go_on(self, run: _Run, events: list[ToolEvent]) -> bool:
        try:
            if not self._follow(run, events):
                return False
        except NotACall:
            self._give_up(run, events)
            self._run = None
            return True
        self._text = self._text[run.start + run.cursor.position :]
        self._follows_call = run.n_done > 0
        self._run = None
        return True

    def _follow(self, run: _Run, events: list[ToolEvent]) -> bool:
        """Read on; return whether the run has ended. Raises NotACall."""
        cursor = run.cursor
        cursor.text, cursor.is_ended = self._text[run.start :], self._is_ended
        for signal in run.signals:
            if signal is None:
                return False
            self._take(run, signal, events)
        return True

    def _take(self, run: _Run, signal: Signal, events: list[ToolEvent]) -> None:
        if isinstance(signal, CallName):
            run.name, run.arguments = signal.name, ""
            run.is_held = self._hold or not run.cursor.text.startswith(self._trusted)
            if not run.is_held:
                events.append(CallStarted(self._n_calls, new_call_id(), signal.name))
        elif isinstance(signal, ArgumentsText):
            run.arguments += signal.text
            if not run.is_held:
                events.append(ArgumentsDelta(self._n_calls, signal.text))
        elif isinstance(signal, CallDone):
            if run.is_held:
                self._check(run.name, json.loads(run.arguments))
                events.append(CallStarted(self._n_calls, new_call_id(), run.name))
                events.append(ArgumentsDelta(self._n_calls, run.arguments))
            events.append(CallEnded(self._n_calls))
            run.name = ""
            run.n_done += 1
            run.kept = run.cursor.position
            self._n_calls += 1

    def _give_up(self, run: _Run, events: list[ToolEvent]) -> None:
        """What looked like a call is content; what follows its marker, or the last good call, is read again."""
        if run.name and not run.is_held:  # it has been told of: it never ends
            self._text = self._text[run.start + run.cursor.position :]
            self._n_calls += 1
        elif run.n_done:
            self._text = self._text[run.start + run.kept :]
            self._follows_call = True
        else:
            self._give_content(run.start + len(run.cursor.marker), events)

    def _give_content(self, n_chars: int, events: list[ToolEvent]) -> None:
        if n_chars:
            events.append(ContentDelta(self._text[:n_chars]))
            self._text = self._text[n_chars:]
            self._follows_call = False


class _Run:
    """The calls behind one marker, which stands at `start` of the parser's text."""

    def __init__(self, start: int, cursor: Cursor, read: ReadRun, names: Collection[str]) -> None:
        self.start = start
        self.cursor = cursor
        self.signals = read(cursor, names)
        self.is_held = True
        self.name = ""  # of the call that is open
        self.arguments = ""
        self.n_done = 0
        self.kept = 0  # the cursor's position behind the last call that is done


def _without_partial(text: str, markers: Sequence[str]) -> str:
    """`text` up to where a marker may have begun."""
    longest = max(len(marker) for marker in markers)
    for length in range(min(longest - 1, len(text)), 0, -1):
        if any(len(marker) > length and marker.startswith(text[-length:]) for marker in markers):
            return text[:-length]
    return text
