"""The places of sessions: how many are taken, and which will be free in a moment."""

from __future__ import annotations

import asyncio
from collections import deque

WAIT_S = 1.0  # for the place of a session whose socket is closed


class Places:
    """At most `n_places` are taken at once. Owned by the event loop.

    >>> places = Places(1)
    >>> place = asyncio.run(places.take())
    >>> asyncio.run(places.take()) is None
    True
    >>> place.give_back()
    >>> asyncio.run(places.take()) is None
    False
    """

    def __init__(self, n_places: int) -> None:
        self._n_free = n_places
        self._leaving: set[Place] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> Place | None:
        """A place. None where all are taken: at once when nobody leaves, else after `WAIT_S`."""
        if self._n_free > 0:
            self._n_free -= 1
            return Place(self)
        if len(self._waiting) >= len(self._leaving):
            return None
        handed_over = asyncio.get_running_loop().create_future()
        self._waiting.append(handed_over)
        try:
            await asyncio.wait({handed_over}, timeout=WAIT_S)
        except asyncio.CancelledError:
            if not self._stop_waiting(handed_over):
                self._hand_on()
            raise
        return None if self._stop_waiting(handed_over) else Place(self)

    def expect(self, place: Place) -> None:
        """`place` will be given back in a moment."""
        self._leaving.add(place)

    def give_back(self, place: Place) -> None:
        """`place` is free; who has waited for the longest time gets it."""
        self._leaving.discard(place)
        self._hand_on()

    def _hand_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._n_free += 1

    def _stop_waiting(self, handed_over: asyncio.Future[None]) -> bool:
        """False: it is too late, the place has come."""
        if handed_over.done():
            return False
        self._waiting.remove(handed_over)
        return True


class Place:
    """One place that is taken; its owner gives it back once."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def leave(self) -> None:
        """The socket is closed, the session not yet."""
        self._places.expect(self)

    def give_back(self) -> None:
        """The session is closed."""
        self._places.give_back(self)
