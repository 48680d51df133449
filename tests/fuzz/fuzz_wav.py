"""Reads WAV files that were damaged at random: whatever they hold, `read_wav` answers or says what is wrong.

Every file starts as one of the kinds that are read (8, 16, 24 and 32 bits, float, mu-law, A-law; one and two
channels), then bytes are changed, cut out, repeated or swapped between files. Anything but samples or AudioFormatError
is a finding: the file is kept and named. `python tests/fuzz/fuzz_wav.py [SECONDS] [SEED]`, 60 s when left out; needs
soundfile.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from electron_local.audio import read_wav
from electron_local.errors import AudioFormatError

SUBTYPES = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
NUMBERS = [0, 1, 2, 3, 0x7F, 0x80, 0xFF]
HEADER = 60  # bytes that most damage goes to


def sound_files() -> list[bytes]:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (400, 2))
    files = []
    for subtype in SUBTYPES:
        for n_channels in (1, 2):
            file = io.BytesIO()
            soundfile.write(file, samples[:, :n_channels], 16000, subtype=subtype, format="WAV")
            files.append(file.getvalue())
    return files


def damaged(files: list[bytes], rng: np.random.Generator) -> bytes:
    """One of the files after one to five changes."""
    data = bytearray(files[rng.integers(len(files))])
    for _ in range(rng.integers(1, 6)):
        end = len(data) if rng.random() < 0.3 else min(HEADER, len(data))
        at = int(rng.integers(0, max(1, end)))
        change = rng.integers(6)
        if change == 0:
            data[at : at + 1] = bytes([int(rng.integers(256))])
        elif change == 1:
            data[at : at + 1] = bytes([NUMBERS[rng.integers(len(NUMBERS))]])
        elif change == 2:
            data[at : at + 4] = int(rng.integers(2**32)).to_bytes(4, "little")
        elif change == 3:
            del data[at : at + int(rng.integers(1, 40))]
        elif change == 4:
            data[at:at] = data[at : at + int(rng.integers(1, 40))]
        else:
            other = files[rng.integers(len(files))]
            data[at:] = other[at:]
    return bytes(data)


def check(path: Path) -> bool:
    """Whether the file could be read; raises what `read_wav` must not raise."""
    try:
        frame = read_wav(path)
    except AudioFormatError as error:
        assert path.name in str(error), f"the message does not name the file: {error}"
        return False
    assert frame.samples.dtype == np.float32
    assert np.isfinite(frame.samples).all()
    return True


def fuzz(folder: Path, seed: int, *, n_files: int | None = None, seconds: float | None = None) -> tuple[int, int]:
    """Returns how many files were tried, and how many of them could be read. A finding stays in `folder`."""
    rng, files, path = np.random.default_rng(seed), sound_files(), folder / "damaged.wav"
    end = time.monotonic() + (seconds if seconds is not None else float("inf"))
    n_tried = n_read = 0
    while n_tried != n_files and time.monotonic() < end:
        path.write_bytes(damaged(files, rng))
        n_read += check(path)
        n_tried += 1
    return n_tried, n_read


def main() -> None:
    seconds, seed = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0, int(sys.argv[2]) if len(sys.argv) > 2 else 0
    folder = Path(tempfile.mkdtemp(prefix="fuzz_wav_"))
    print(f"seed {seed}, files in {folder}")
    n_tried, n_read = fuzz(folder, seed, seconds=seconds)
    print(f"{n_tried} files, {n_read} of them could be read, no finding")


if __name__ == "__main__":
    main()
