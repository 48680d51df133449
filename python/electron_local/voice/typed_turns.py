"""What the user types into a conversation that is spoken."""

from __future__ import annotations

from dataclasses import replace

from electron_local.voice.history import History
from electron_local.voice.ids import new_id
from electron_local.voice.item_chain import ItemChain
from electron_local.voice.items import Item


class TypedTurns:
    """Owned by the conversation thread. A turn waits here while a response is in flight, and follows it."""

    def __init__(self, chain: ItemChain) -> None:
        self._chain = chain
        self._waiting: list[str] = []

    @property
    def is_waiting(self) -> bool:
        """Whether a turn waits."""
        return bool(self._waiting)

    def add(self, text: str) -> None:
        """Announce a turn."""
        item = Item(new_id("item"), role="user", text=text, is_typed=True)
        self._chain.add(item)
        self._chain.finish(replace(item, status="completed"))
        self._waiting.append(text)

    def settle(self, history: History) -> None:
        """Nothing is in flight: what waits becomes history."""
        for text in self._waiting:
            history.add_user(text)
        self._waiting.clear()
