"""How soon an answer comes: every WAV of a folder through a session in real time, a table and JSON of the waits.

python examples/latency.py [FOLDER] [--model GGUF] [--stt NAME[:MODEL]] [--tts NAME[:MODEL]] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

from electron_local import Electron, Vad
from electron_local.audio.wav import read_wav
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.demo.recordings import load_recordings
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import AudioDelta, SpeechStopped


def waits_ms(session: Session, path: Path) -> dict[str, float | None]:
    """From the end of speech, as voice activity detection finds it in the whole file, and from `speech_stopped`."""
    samples = read_wav(path, sample_rate=16000).samples
    speech = Vad(sample_rate=16000).segments(samples)
    begun_ms = session.now_ms()
    stopped_ms = audio_ms = None
    for event in session.run(samples):
        if isinstance(event, SpeechStopped):
            stopped_ms = event.time_ms
        elif isinstance(event, AudioDelta) and audio_ms is None:
            audio_ms = event.time_ms
    spoken_ms = begun_ms + speech[-1][1] / 16 if speech else None
    return {
        "voice_to_voice_ms": None if audio_ms is None or spoken_ms is None else audio_ms - spoken_ms,
        "after_speech_stopped_ms": None if audio_ms is None or stopped_ms is None else audio_ms - stopped_ms,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="default: the recordings of the demo")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--stt", default="pocketsphinx")
    parser.add_argument("--tts", default="espeak")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    bundled = [recording.path for recording in load_recordings()]
    paths = sorted(arguments.folder.glob("*.wav")) if arguments.folder else bundled
    recognizer, synthesizer = create_recognizer(arguments.stt), create_synthesizer(arguments.tts)
    config = SessionConfig(instructions=INSTRUCTIONS, tools=tuple(TOOLS))
    rows = {}
    with Electron(arguments.model) as client:
        for path in paths:
            with Session(client, config, recognizer=recognizer, synthesizer=synthesizer, tools=FUNCTIONS) as session:
                rows[path.name] = waits_ms(session, path)
            told = "  ".join("-".rjust(8) if wait is None else f"{wait:8.0f}" for wait in rows[path.name].values())
            print(f"{path.name:<32}{told}", flush=True)
    summary = {}
    for name in ("voice_to_voice_ms", "after_speech_stopped_ms"):
        found = sorted(wait for row in rows.values() if (wait := row[name]) is not None)
        if found:
            summary[name] = {
                "n": len(found),
                "median": statistics.median(found),
                "p95": found[int(0.95 * (len(found) - 1))],
            }
            print(f"{name}: median {summary[name]['median']:.0f}, p95 {summary[name]['p95']:.0f} of {len(found)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"files": rows, "summary": summary}, indent=2) + "\n")


if __name__ == "__main__":
    main()
