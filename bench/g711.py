"""G.711 beside `audioop` in the same run: one minute at 8 kHz, one second, and the 20 ms of one telephone packet.

`audioop` is Python's own up to 3.12 and `audioop-lts` from 3.13 on. Bytes in; one core. Run it on an otherwise idle
machine.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial

import numpy as np

from claims import Claims, median
from electron_local.audio import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from side_by_side import compare, race

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

PACKET = 160  # samples; here a call costs more than the conversion, and no aim is set
SIZES = {"1 min": 480_000, "1 s": 8_000, "20 ms": PACKET}
ENCODE_AIM, DECODE_AIM = 10.0, 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    claims = Claims("g711")
    for size, n_samples in SIZES.items():
        samples = np.random.default_rng(0).integers(-32768, 32768, n_samples).astype(np.int16)
        pcm, codes = samples.tobytes(), ulaw_encode(samples).tobytes()
        encoders = {"mu-law": (ulaw_encode, audioop.lin2ulaw), "A-law": (alaw_encode, audioop.lin2alaw)}
        decoders = {"mu-law": (ulaw_decode, audioop.ulaw2lin), "A-law": (alaw_decode, audioop.alaw2lin)}
        is_packet = n_samples == PACKET
        for direction, pairs, data, aim in (
            ("encode", encoders, pcm, ENCODE_AIM),
            ("decode", decoders, codes, DECODE_AIM),
        ):
            for law, (ours, theirs) in pairs.items():
                name = f"{law} {direction}, {size}"
                times = race({"ours": partial(ours, data), "peer": partial(theirs, data, 2)}, arguments.rounds)
                compare(claims, name, times["ours"], times["peer"], None if is_packet else aim)
                claims.value(f"{name}, speed", n_samples / median(times["ours"]) / 1e6, "Msamples/s")
    claims.finish()


if __name__ == "__main__":
    main()
