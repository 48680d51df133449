"""The reply that is made ahead of the end of a turn, until it is known what the turn says."""

from __future__ import annotations

from electron_local.voice.reply import Reply


class HeldReply:
    """At most one at a time. Owned by the conversation thread."""

    def __init__(self) -> None:
        self._text = ""
        self._reply: Reply | None = None

    @property
    def reply(self) -> Reply | None:
        """The one that is held."""
        return self._reply

    def hold(self, text: str, reply: Reply) -> None:
        """`reply` answers `text`, what the user seems to have said."""
        self._text, self._reply = text, reply

    def take(self, text: str) -> Reply | None:
        """The user has said `text`: the reply to it. One to other words is forgotten."""
        if text != self._text:
            self.drop()
        reply, self._reply = self._reply, None
        return reply

    def drop(self) -> None:
        """Forget it; nothing happens without one."""
        if self._reply is not None:
            self._reply.job.cancel()
            self._reply = None
