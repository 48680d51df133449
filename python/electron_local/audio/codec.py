"""G.711 companding and PCM sample formats.

Every function takes an array of any shape and returns a new one of that shape, or takes bytes (also bytearray,
memoryview) in native byte order and returns a 1-D array. Another dtype, or bytes that end within a sample, raise
InvalidArgumentError. The GIL is released while samples are converted.

Source: ITU-T G.711 (1988), on the 16-bit scale of ITU-T G.191.

>>> ulaw_decode(ulaw_encode(np.array([0, 1000, -1000], np.int16)))
array([   0,  988, -988], dtype=int16)
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from electron_local import _core

Uint8Array: TypeAlias = npt.NDArray[np.uint8]
Int16Array: TypeAlias = npt.NDArray[np.int16]
Float32Array: TypeAlias = npt.NDArray[np.float32]
BytesLike: TypeAlias = bytes | bytearray | memoryview


def ulaw_encode(samples: Int16Array | BytesLike) -> Uint8Array:
    """Compand 16-bit samples (their upper 14 bits count) to mu-law codes.

    >>> ulaw_encode(np.array([0, -1, 32767, -32768], np.int16)).tolist()
    [255, 127, 128, 0]
    """
    return _core.ulaw_encode(samples)


def ulaw_decode(codes: Uint8Array | BytesLike) -> Int16Array:
    """Expand mu-law codes to 16-bit samples, the middle of each quantisation interval.

    >>> ulaw_decode(b"\\xff\\x80\\x00").tolist()
    [0, 32124, -32124]
    """
    return _core.ulaw_decode(codes)


def alaw_encode(samples: Int16Array | BytesLike) -> Uint8Array:
    """Compand 16-bit samples (their upper 13 bits count) to A-law codes.

    >>> alaw_encode(np.array([0, -1, 32767, -32768], np.int16)).tolist()
    [213, 85, 170, 42]
    """
    return _core.alaw_encode(samples)


def alaw_decode(codes: Uint8Array | BytesLike) -> Int16Array:
    """Expand A-law codes to 16-bit samples, the middle of each quantisation interval.

    >>> alaw_decode(b"\\xd5\\xaa\\x2a").tolist()
    [8, 32256, -32256]
    """
    return _core.alaw_decode(codes)


def int16_to_float32(samples: Int16Array | BytesLike) -> Float32Array:
    """Scale 16-bit samples by 1/32768, exactly: the result lies in [-1, 1).

    >>> int16_to_float32(np.array([-32768, 16384], np.int16)).tolist()
    [-1.0, 0.5]
    """
    return _core.int16_to_float32(samples)


def float32_to_int16(samples: Float32Array) -> Int16Array:
    """Scale by 32768 and round to the nearest, ties to even; saturate, infinities too; NaN becomes 0.

    >>> float32_to_int16(np.array([0.5, 1.0, -2.0, np.nan], np.float32)).tolist()
    [16384, 32767, -32768, 0]
    """
    return _core.float32_to_int16(samples)
