"""Where the time of each spoken turn went, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from electron_local.voice.ledger import TurnLedger

_COLUMNS = ("end of turn", "recogniser", "first token", "first audio", "voice to voice")


def turn_row(ledgers: Sequence[TurnLedger]) -> tuple[float | None, ...]:
    """One turn's figures in ms, in the order of the columns: from the response that was first heard.

    A turn that calls a tool has several responses; the wait for the first audio then holds the call, the tool and
    the narration.
    """
    heard = [ledger for ledger in ledgers if ledger.first_audio_ms is not None]
    if not ledgers or not heard:
        return (None,) * len(_COLUMNS)
    first, spoken = ledgers[0], heard[0]
    since_token = None
    if first.first_token_ms is not None and spoken.first_audio_ms is not None:
        since_token = spoken.first_audio_ms - first.first_token_ms
    return (
        first.endpoint_wait_ms,
        first.recognition_ms,
        first.first_token_wait_ms,
        since_token,
        spoken.voice_to_voice_ms,
    )


def format_table(turns: Iterable[tuple[str, tuple[float | None, ...]]]) -> str:
    """The rows, and their medians when there are several."""
    rows = list(turns)
    width = max([len(name) for name, _ in rows] + [len("milliseconds")])
    lines = [f"{'milliseconds':<{width}}" + "".join(f"{column:>16}" for column in _COLUMNS)]
    lines += [f"{name:<{width}}" + "".join(f"{_cell(value):>16}" for value in row) for name, row in rows]
    if len(rows) > 1:
        columns = zip(*(row for _, row in rows), strict=True)
        medians = [_median([value for value in column if value is not None]) for column in columns]
        lines.append(f"{'median':<{width}}" + "".join(f"{_cell(value):>16}" for value in medians))
    return "\n".join(lines)


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
