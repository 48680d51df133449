"""Speak the demo's requests anew from recordings.json. Needs Debian's `flite` and `sox`.

Each file is 16 kHz mono PCM16 with 0.5 s of quiet before the speech and 1.0 s after.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "python" / "electron_local" / "demo" / "recordings"


def main() -> None:
    """Write every recording that recordings.json names."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        for entry in json.loads((FOLDER / "recordings.json").read_text()):
            target = FOLDER / entry["file"]
            subprocess.run(["flite", "-voice", entry["voice"], "-t", entry["text"], "-o", str(spoken)], check=True)
            # -D: no dither, so that the same input gives the same file.
            sox = ["sox", "-D", "-G", str(spoken), "-r", "16000", "-c", "1", "-b", "16", str(target)]
            subprocess.run([*sox, "pad", "0.5", "1.0"], check=True)
            print(target.name, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
