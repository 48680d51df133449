"""A car: several requests in one conversation, tools that change its state, and music that goes down while it speaks.

python examples/car.py [REQUEST.wav ...]     recordings instead of a microphone; what is heard inside goes to car.wav
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from electron_local import Electron
from electron_local.audio.frame import AudioFrame
from electron_local.audio.wav import write_wav
from electron_local.demo.agent import INSTRUCTIONS
from electron_local.demo.recordings import find_recording
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import AudioDelta, ReplyTextDelta, ToolReturned, TranscriptCompleted
from played import requests

RATE = 48000
DUCKED = 0.15  # of the music's level, while the assistant speaks


@dataclass
class Car:
    """The state that the tools change."""

    degrees: int = 20
    window: str = "close"
    playing: str | None = None

    def set_temperature(self, degrees: int) -> dict[str, object]:
        """Set the cabin temperature.

        Args:
            degrees: degrees Celsius, 16 to 28
        """
        self.degrees = max(16, min(28, degrees))
        return {"degrees": self.degrees, "status": "ok"}

    def set_window(self, action: str) -> dict[str, object]:
        """Open or close the windows.

        Args:
            action: open or close
        """
        self.window = action
        return {"window": action, "status": "ok"}

    def play_music(self, query: str) -> dict[str, object]:
        """Play music by genre, artist or title.

        Args:
            query: genre, artist or title
        """
        self.playing = query
        return {"playing": query, "status": "ok"}


def mixed(voice: np.ndarray, n_before: int, car: Car) -> np.ndarray:
    """The assistant over the music, which here is a chord; `n_before` samples went before."""
    time = (n_before + np.arange(len(voice))) / RATE
    music = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.2, 329.6)) * 0.1
    return (voice + (DUCKED * music if car.playing else 0)).astype(np.float32)


def main(paths: list[Path]) -> None:
    car, heard, n_heard = Car(), [], 0
    config = SessionConfig(instructions=INSTRUCTIONS, output_sample_rate=RATE)
    tools = [car.set_temperature, car.set_window, car.play_music]
    with Electron() as client, Session(client, config, tools=tools) as session:
        for event in session.run(requests(paths)):
            if isinstance(event, TranscriptCompleted):
                print(f"\ndriver: {event.text}\ncar: ", end="")
            elif isinstance(event, ReplyTextDelta):
                print(event.delta, end="", flush=True)
            elif isinstance(event, ToolReturned):
                print(f"[{event.name} {event.output}] ", end="")
            elif isinstance(event, AudioDelta):
                heard.append(mixed(event.delta.samples, n_heard, car))
                n_heard += len(heard[-1])
    print(f"\n\n{car}")
    if heard:
        write_wav("car.wav", AudioFrame(np.concatenate(heard), RATE))


if __name__ == "__main__":
    main(
        [Path(word) for word in sys.argv[1:]]
        or [find_recording(name).path for name in ("temperature", "window", "music")]
    )
