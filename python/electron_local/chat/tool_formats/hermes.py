"""The Hermes form: `<tool_call>\\n{"name": …, "arguments": {…}}\\n</tool_call>`, once a call.

Source: the Hermes function-calling format (Nous Research), used by Qwen2.5, Qwen3 and the bundled model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from electron_local.chat.tool_formats.json_call import HEAD, ObjectScanner, parse_call
from electron_local.chat.tools import (
    Accepts,
    ArgumentsDelta,
    CallEnded,
    CallStarted,
    ContentDelta,
    ToolEvent,
    accept_all,
    new_call_id,
)

_OPEN = "<tool_call>"
_CLOSE = "</tool_call>"
_OTHER_BODIES = ("<function=", "<arg_key>", "<invoke", "<parameter")  # not JSON between the same tags


class HermesFormat:
    """JSON calls between `<tool_call>` tags."""

    marker = _OPEN
    before = "\n"
    after = "\n"
    end = _CLOSE

    def fits(self, template: str) -> bool:
        """Whether the template shows `<tool_call>` with JSON in it."""
        return _OPEN in template and not any(body in template for body in _OTHER_BODIES)

    def parser(self, names: Iterable[str], *, hold: bool, accepts: Accepts = accept_all) -> HermesParser:
        """A parser for one answer."""
        return HermesParser(names, hold=hold, accepts=accepts)


class HermesParser:
    """Calls and content out of a stream of text. A call with bad JSON or an unknown name stays content, tags and all.

    Blanks before a call and between calls belong to the form and are dropped. `</tool_call>` may be missing.

    >>> parser = HermesParser(["set_timer"])
    >>> text = 'Sure.\\n<tool_call>\\n{"name": "set_timer", "arguments": {"minutes": 5}}\\n</tool_call>'
    >>> events = parser.push(text) + parser.finish(truncated=False)
    >>> [type(event).__name__ for event in events]
    ['ContentDelta', 'CallStarted', 'ArgumentsDelta', 'CallEnded']
    """

    def __init__(self, names: Iterable[str], *, hold: bool = True, accepts: Accepts = accept_all) -> None:
        self._names = frozenset(names)
        self._accepts = accepts
        self._hold = hold
        self._text = ""  # not decided on; inside a call it begins with the blanks and the tag before the object
        self._read = self._read_content
        self._n_calls = 0
        self._follows_call = False  # nothing but blanks came since a call
        self._open_call = _OpenCall(0)

    def push(self, text: str) -> list[ToolEvent]:
        """Take more of the answer; return what is certain by now."""
        self._text += text
        events: list[ToolEvent] = []
        while self._read(events):
            pass
        return events

    def finish(self, *, truncated: bool) -> list[ToolEvent]:
        """End the answer; see ToolParser."""
        is_open = self._read == self._read_call
        is_form = (self._follows_call and not self._text.strip()) or (
            self._read == self._read_close and _CLOSE.startswith(self._text.strip())
        )
        events: list[ToolEvent] = []
        if not is_form and not (is_open and (truncated or self._open_call.n_sent)):
            self._give_content(len(self._text), events)
        self._text = ""
        return events

    def _read_content(self, events: list[ToolEvent]) -> bool:
        start = self._text.find(_OPEN)
        certain = self._text[:start] if start >= 0 else _without_partial_tag(self._text)
        self._give_content(len(certain.rstrip()), events)
        if start < 0:
            return False
        self._open_call = _OpenCall(self._text.index(_OPEN) + len(_OPEN))
        self._read = self._read_call
        return True

    def _read_call(self, events: list[ToolEvent]) -> bool:
        call, body = self._open_call, self._text[self._open_call.start :]
        call.scanner.read(body)
        if not self._hold:
            self._stream_call(call, body, events)
        if call.scanner.is_broken:
            return self._give_up_call(events)
        if call.scanner.end is None:
            return False
        parsed = parse_call(body[: call.scanner.end].lstrip(), self._names)
        if parsed is None or not self._accepts(parsed[0], json.loads(parsed[1])):
            return self._give_up_call(events)
        if not call.n_sent:
            events.append(CallStarted(self._n_calls, new_call_id(), parsed[0]))
            events.append(ArgumentsDelta(self._n_calls, parsed[1]))
        events.append(CallEnded(self._n_calls))
        self._n_calls += 1
        self._text = body[call.scanner.end :]
        self._follows_call = True
        self._read = self._read_close
        return True

    def _stream_call(self, call: _OpenCall, body: str, events: list[ToolEvent]) -> None:
        if not call.n_sent:
            head = HEAD.match(body.lstrip())
            if head is None or head[1] not in self._names:
                return
            events.append(CallStarted(self._n_calls, new_call_id(), head[1]))
            call.n_sent = len(body) - len(body.lstrip()) + head.end()
        end = call.scanner.inner_end or call.scanner.n_read
        if end > call.n_sent:
            events.append(ArgumentsDelta(self._n_calls, body[call.n_sent : end]))
            call.n_sent = end

    def _give_up_call(self, events: list[ToolEvent]) -> bool:
        """What looked like a call is content; what follows its tag is read again."""
        if self._open_call.n_sent:
            self._text = self._text[self._open_call.start + self._open_call.scanner.n_read :]
            self._n_calls += 1
        else:
            self._give_content(self._open_call.start, events)
        self._read = self._read_content
        return True

    def _read_close(self, events: list[ToolEvent]) -> bool:
        rest = self._text.lstrip()
        if len(rest) < len(_CLOSE) and _CLOSE.startswith(rest):
            return False
        if rest.startswith(_CLOSE):
            self._text = rest[len(_CLOSE) :]
        self._read = self._read_content
        return True

    def _give_content(self, n_chars: int, events: list[ToolEvent]) -> None:
        if n_chars:
            events.append(ContentDelta(self._text[:n_chars]))
            self._text = self._text[n_chars:]
            self._follows_call = False


class _OpenCall:
    """A call being read: its object begins at `start` of the parser's text; `n_sent` of it was streamed."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.scanner = ObjectScanner()
        self.n_sent = 0


def _without_partial_tag(text: str) -> str:
    """`text` up to where a tag may have begun."""
    for length in range(min(len(_OPEN) - 1, len(text)), 0, -1):
        if text.endswith(_OPEN[:length]):
            return text[:-length]
    return text
