"""A kiosk that takes orders: one customer, one order, plain Python functions as tools, the order printed at the end.

python examples/kiosk.py [REQUEST.wav ...]     recordings instead of a microphone; what is said goes to kiosk.wav
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from electron_local import Electron
from electron_local.audio.frame import AudioFrame
from electron_local.audio.wav import write_wav
from electron_local.demo.recordings import find_recording
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import AudioDelta, ErrorOccurred, ReplyTextDelta, TranscriptCompleted
from played import requests

INSTRUCTIONS = (
    "You are the voice of a coffee kiosk. Answer in one or two short spoken sentences. "
    "Use a tool when one fits the request."
)


class Order:
    """What the customer has asked for. A session is one customer: nothing of it outlives the program."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def order_item(self, item: str, quantity: int, size: str | None = None) -> dict[str, object]:
        """Order food or drink for pick-up.

        Args:
            item: what to order
            quantity: how many
            size: small, medium or large
        """
        self.lines.append(f"{quantity} x {f'{size} ' if size else ''}{item}")
        return {"item": item, "quantity": quantity, "ready_in_minutes": 5}


def main(paths: list[Path]) -> None:
    order, spoken = Order(), []
    config = SessionConfig(instructions=INSTRUCTIONS, voice="sloane", max_tool_rounds=2)
    with Electron() as client, Session(client, config, tools=[order.order_item]) as session:
        for event in session.run(requests(paths)):
            if isinstance(event, TranscriptCompleted):
                print(f"\ncustomer: {event.text}\nkiosk: ", end="")
            elif isinstance(event, ReplyTextDelta):
                print(event.delta, end="", flush=True)
            elif isinstance(event, AudioDelta):
                spoken.append(event.delta.samples)
            elif isinstance(event, ErrorOccurred):
                print(f"\n{event.error.code}: {event.error.message}", file=sys.stderr)
    print("\n\norder:", *(order.lines or ["nothing"]), sep="\n  ")
    if spoken:
        write_wav("kiosk.wav", AudioFrame(np.concatenate(spoken), config.output_sample_rate))


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]] or [find_recording("order").path])
