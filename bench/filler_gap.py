"""A slow tool with a filler: how soon the filler is heard, and how long it is quiet between it and the narration.

The demo's session is told to speak before it calls a tool; the tools return at once, and then after each of the given
times. At the pace of real time, on made speech. The quiet is what a listener hears: from the end of the filler's audio
to the first audio of the narration; a tool that takes longer than the filler adds what it takes longer. Needs `flite`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from claims import Claims, bench_arguments, median, model_of, p95
from electron_local import Electron
from electron_local.demo.agent import FUNCTIONS
from made_speech import spoken_requests
from voice_turns import Stage, Turn, demo_config

RULE = "Before you use a tool, say a short phrase."


def slow(tool: Callable[..., Any], tool_ms: float) -> Callable[..., Any]:
    """`tool`, so much later."""

    @functools.wraps(tool)
    def later(**arguments: Any) -> Any:
        time.sleep(tool_ms / 1000)
        return tool(**arguments)

    return later


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--turns", type=int, default=10, help="for each time of the tools")
    parser.add_argument("--tool-ms", type=float, nargs="+", default=[0.0, 1500.0], help="what a tool takes")
    arguments = parser.parse_args()
    n_turns = 2 if arguments.quick else arguments.turns
    model = model_of(arguments)
    base = demo_config(arguments)
    config = replace(base, instructions=f"{base.instructions} {RULE}")
    claims = Claims("filler_gap", model=model.name, turns=n_turns, rule=RULE)
    with Electron(model) as client:
        for tool_ms in arguments.tool_ms:
            stage = Stage(client, tools={name: slow(tool, tool_ms) for name, tool in FUNCTIONS.items()})
            requests = spoken_requests(n_turns, paused=False, seed=15)
            stage.play(requests[0], config)
            report(claims, [stage.play(request, config) for request in requests], tool_ms)
    claims.finish()


def report(claims: Claims, turns: list[Turn], tool_ms: float) -> None:
    """The rows of one time of the tools."""
    filled = [turn for turn in turns if turn.calls and len(turn.audio_ms) >= 2]
    name = f"tools of {tool_ms:g} ms"
    claims.value(f"{name}: turns with filler and narration", len(filled) / len(turns))
    if len(filled) < 2:
        return
    fillers = [turn.audio_ms[0][0] for turn in filled]
    claims.value(f"{name}: to the filler, median", median(fillers), "ms")
    claims.value(f"{name}: to the filler, 95th percentile", p95(fillers), "ms")
    gaps = [turn.audio_ms[1][0] - turn.audio_ms[0][1] for turn in filled]
    claims.value(f"{name}: quiet before the narration, median", median(gaps), "ms")
    claims.value(f"{name}: quiet before the narration, 95th percentile", p95(gaps), "ms")


if __name__ == "__main__":
    main()
