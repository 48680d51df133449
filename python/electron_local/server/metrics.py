"""Counters in Prometheus' text format 0.0.4.

Labels come from fixed sets, so callers cannot make the output grow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
PREFIX = "electron_local_"


class Metrics:
    """What was answered since the start. Owned by the event loop; one thread calls.

    >>> metrics = Metrics()
    >>> metrics.request_ended("POST", "/v1/chat/completions", 200, 0.02)
    >>> 'status="200"} 1' in metrics.text({})
    True
    """

    def __init__(self) -> None:
        self._in_progress: Counter[str] = Counter(http=0, websocket=0)
        self._sockets: Counter[tuple[str, str]] = Counter()
        self._socket_seconds: defaultdict[str, float] = defaultdict(float)
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._tokens: Counter[str] = Counter(prompt=0, cached=0, completion=0)
        self._buckets = [0] * (len(BUCKETS_S) + 1)
        self._seconds = 0.0

    def began(self, kind: Literal["http", "websocket"]) -> None:
        """A request came, or a WebSocket's handshake; `stopped` must follow."""
        self._in_progress[kind] += 1

    def stopped(self, kind: Literal["http", "websocket"]) -> None:
        """It is over, however it ended."""
        self._in_progress[kind] -= 1

    def socket_ended(self, route: str, ended: str, seconds: float) -> None:
        """Count one WebSocket that was open. `route` and `ended` must be from fixed sets."""
        self._sockets[route, ended] += 1
        self._socket_seconds[route] += seconds

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer. `method` and `route` must be from fixed sets."""
        self._requests[method, route, status] += 1
        self._buckets[bisect_left(BUCKETS_S, seconds)] += 1
        self._seconds += seconds

    def tokens_used(self, *, prompt: int, cached: int, completion: int) -> None:
        """Count the tokens of one request."""
        self._tokens.update(prompt=prompt, cached=cached, completion=completion)

    def text(self, engine_stats: Mapping[str, Any]) -> str:
        """Everything, and the numbers among the engine's own statistics as gauges."""
        return "\n".join(self._lines(engine_stats)) + "\n"

    def _lines(self, engine_stats: Mapping[str, Any]) -> Iterator[str]:
        yield from _family("http_requests_total", "counter", "Answers given.")
        for (method, route, status), n in sorted(self._requests.items()):
            yield f'{PREFIX}http_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}'
        yield from _family("http_requests_in_progress", "gauge", "Requests that are being answered.")
        yield f"{PREFIX}http_requests_in_progress {self._in_progress['http']}"
        yield from _family("http_request_seconds", "histogram", "From a request's head to the end of its answer.")
        yield from self._histogram()
        yield from self._socket_lines()
        yield from _family("tokens_total", "counter", "Tokens of requests; cached ones are part of the prompts'.")
        for label, n in self._tokens.items():
            yield f'{PREFIX}tokens_total{{kind="{label}"}} {n}'
        for name, value in _numbers(engine_stats):
            yield from _family(f"engine_{name}", "gauge", "The engine's own count.")
            yield f"{PREFIX}engine_{name} {value}"

    def _socket_lines(self) -> Iterator[str]:
        yield from _family("websockets_total", "counter", "WebSockets that were open, by how they ended.")
        for (route, ended), n in sorted(self._sockets.items()):
            yield f'{PREFIX}websockets_total{{route="{route}",ended="{ended}"}} {n}'
        yield from _family("websockets_in_progress", "gauge", "WebSockets that are open.")
        yield f"{PREFIX}websockets_in_progress {self._in_progress['websocket']}"
        yield from _family("websocket_seconds_total", "counter", "How long the ended ones were open.")
        for route, seconds in sorted(self._socket_seconds.items()):
            yield f'{PREFIX}websocket_seconds_total{{route="{route}"}} {seconds:.3f}'

    def _histogram(self) -> Iterator[str]:
        n_below = 0
        for bound, n in zip((*map(str, BUCKETS_S), "+Inf"), self._buckets, strict=True):
            n_below += n
            yield f'{PREFIX}http_request_seconds_bucket{{le="{bound}"}} {n_below}'
        yield f"{PREFIX}http_request_seconds_sum {self._seconds:.6f}"
        yield f"{PREFIX}http_request_seconds_count {n_below}"


def _family(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {PREFIX}{name} {text}", f"# TYPE {PREFIX}{name} {kind}"


def _numbers(stats: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, int | float]]:
    for name, value in stats.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}_")
        elif isinstance(value, int | float):
            yield prefix + name, value
