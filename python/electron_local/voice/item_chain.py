"""Announces conversation items, each with the one before it."""

from __future__ import annotations

from collections.abc import Callable

from electron_local.voice.events import ItemAdded, ItemDone, ServerEvent
from electron_local.voice.items import Item

Emit = Callable[[ServerEvent], None]


class ItemChain:
    """Owned by the conversation thread."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._last_id: str | None = None
        self._previous: dict[str, str | None] = {}

    def add(self, item: Item) -> None:
        """Announce an item in progress."""
        self._previous[item.id] = self._last_id
        self._last_id = item.id
        self._emit(ItemAdded(previous_item_id=self._previous[item.id], item=item))

    def finish(self, item: Item) -> None:
        """Announce the last state of an item that was added."""
        self._emit(ItemDone(previous_item_id=self._previous.pop(item.id), item=item))
