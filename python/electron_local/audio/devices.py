"""Microphones and loudspeakers through PortAudio (`sounddevice`, of the extra `voice`, imported late).

A device callback only moves samples to or from a ring; everything else happens in the thread that reads or writes.
`file_devices` holds stand-ins behind the same protocols, those of `endpoints`.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from electron_local.audio.endpoints import BLOCK_MS, Float32Array, check_samples
from electron_local.audio.frame import AudioFrame
from electron_local.audio.levels import fade_out
from electron_local.audio.sample_ring import SampleRing
from electron_local.errors import DeviceError, InvalidArgumentError, MissingDependencyError

_SILENT_DEVICE_S = 2.0


@dataclass(frozen=True)
class DeviceInfo:
    """One device: its PortAudio index, name, channels each way and default rate in Hz."""

    index: int
    name: str
    n_input_channels: int
    n_output_channels: int
    sample_rate: int


def list_devices() -> list[DeviceInfo]:
    """All audio devices, none being an empty list.

    Raises:
        MissingDependencyError: `sounddevice` is not installed.
        DeviceError: the PortAudio library is missing.
    """
    return [
        DeviceInfo(
            index=int(device["index"]),
            name=str(device["name"]),
            n_input_channels=int(device["max_input_channels"]),
            n_output_channels=int(device["max_output_channels"]),
            sample_rate=round(device["default_samplerate"]),
        )
        for device in _import_sounddevice().query_devices()
    ]


class _Device(ABC):
    """What both directions share: the ring, the stream and its end."""

    def __init__(self, stream_class: str, ring_s: float, sample_rate: int, device: str | int | None) -> None:
        if sample_rate < 1:
            raise InvalidArgumentError(f"sample_rate must be at least 1, got {sample_rate}")
        self._sample_rate = sample_rate
        self._ring = SampleRing(int(ring_s * sample_rate))
        self._stream = self._open(stream_class, device)

    def _open(self, stream_class: str, device: str | int | None) -> Any:
        sounddevice = _import_sounddevice()
        try:
            stream = getattr(sounddevice, stream_class)(
                samplerate=self._sample_rate,
                blocksize=self._sample_rate * BLOCK_MS // 2000,
                device=device,
                channels=1,
                dtype="float32",
                latency="low",
                callback=self._callback,
                finished_callback=self._ring.close,
            )
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            known = ", ".join(repr(info.name) for info in list_devices()) or "none"
            wanted = "the default device" if device is None else f"device {device!r}"
            raise DeviceError(f"cannot open {wanted} at {self._sample_rate} Hz: {error}; devices: {known}") from error
        return stream

    @abstractmethod
    def _callback(self, data: Float32Array, n_frames: int, when: Any, status: Any) -> None:
        """PortAudio's thread: only moves samples between `data` and the ring."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._sample_rate

    def close(self) -> None:
        """Close the device; idempotent."""
        self._ring.close()
        self._stream.close()

    def __enter__(self: Any) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Microphone(_Device):
    """The first channel of an input device.

    Args:
        sample_rate: in Hz; the device must offer it.
        device: a name, part of one, or an index; None is the default device.

    Raises:
        MissingDependencyError: `sounddevice` is not installed.
        DeviceError: PortAudio is missing, there is no such device, or it refuses the rate.

    >>> def listen() -> None:
    ...     with Microphone(16000) as microphone:
    ...         while (frame := microphone.read()) is not None:
    ...             print(frame.duration_ms)
    """

    def __init__(self, sample_rate: int = 16000, *, device: str | int | None = None) -> None:
        self.n_overrun_samples = 0
        self._n_read = 0
        self._is_closing = False
        super().__init__("InputStream", 10.0, sample_rate, device)

    def _callback(self, data: Float32Array, n_frames: int, when: Any, status: Any) -> None:
        self.n_overrun_samples += n_frames - self._ring.put(data[:, 0])

    def read(self) -> AudioFrame | None:
        """Wait for the next block of 20 ms; None after `close`.

        `n_overrun_samples` counts what was lost because nobody read for 10 s.

        Raises:
            DeviceError: the device stopped, or gave nothing for 2 s.
        """
        block = np.empty(self._sample_rate * BLOCK_MS // 1000, np.float32)
        n_samples = self._ring.take_all(block, _SILENT_DEVICE_S)
        if self._is_closing:
            return None
        if n_samples < len(block):
            reason = "stopped" if self._ring.closed else f"gave no samples for {_SILENT_DEVICE_S:g} s"
            raise DeviceError(f"the microphone {reason} after {self._n_read / self._sample_rate:.1f} s")
        timestamp = self._n_read / self._sample_rate
        self._n_read += n_samples
        return AudioFrame(block, self._sample_rate, timestamp)

    def close(self) -> None:
        """Close the device; idempotent, from any thread."""
        self._is_closing = True
        super().close()


class Loudspeaker(_Device):
    """A mono output device. Arguments and errors as for `Microphone`, and

    Args:
        on_played: sees all that is handed to the device, silence too, in PortAudio's thread; must not wait.

    >>> def speak(samples: Float32Array) -> None:
    ...     with Loudspeaker(48000) as loudspeaker:
    ...         loudspeaker.write(samples)
    ...         loudspeaker.drain()
    """

    def __init__(
        self,
        sample_rate: int = 48000,
        *,
        device: str | int | None = None,
        on_played: Callable[[Float32Array], object] | None = None,
    ) -> None:
        self._on_played = on_played
        self._n_handed_over = 0
        self._handed_over_at = 0.0
        self._called_at = math.inf
        super().__init__("OutputStream", 30.0, sample_rate, device)
        self._called_at = time.monotonic()

    def _callback(self, data: Float32Array, n_frames: int, when: Any, status: Any) -> None:
        self._called_at = time.monotonic()
        n_samples = self._ring.take(data[:, 0])
        data[n_samples:] = 0.0
        if self._on_played is not None:
            self._on_played(data[:, 0])
        if n_samples > 0:
            self._n_handed_over += n_samples
            self._handed_over_at = time.monotonic()

    @property
    def position(self) -> int:
        """How many samples have been heard: those handed over, less what the device's latency still holds."""
        unheard_s: float = self._stream.latency - (time.monotonic() - self._handed_over_at)
        n_unheard = max(0, round(unheard_s * self._sample_rate))
        return max(0, self._n_handed_over - n_unheard)

    @property
    def n_queued(self) -> int:
        """How many written samples have not been handed to the device."""
        return len(self._ring)

    def write(self, samples: Float32Array) -> None:
        """Queue 1-D float32 samples; waits while 30 s are queued.

        Raises:
            DeviceError: the device was closed or has stopped, or took nothing for 2 s.
            InvalidArgumentError: another dtype or shape.
        """
        check_samples(samples)
        n_queued = 0 if self._is_stuck else self._ring.put_all(samples, _SILENT_DEVICE_S)
        if self._ring.closed or n_queued < len(samples):
            reason = "has stopped" if self._ring.closed else f"took no samples for {_SILENT_DEVICE_S:g} s"
            raise DeviceError(f"the loudspeaker {reason}; {len(samples)} samples were not played")

    def clear(self) -> int:
        """Drop what is queued (barge-in) and return how many samples that were; the next 5 ms still fade out."""
        return self._ring.clear(fade_out(np.ones(len(self._ring), np.float32), self._sample_rate))

    def drain(self) -> None:
        """Wait until all that was written has been heard or the device has stopped, or took nothing for 2 s."""
        while not self._ring.closed and (len(self._ring) > 0 or self.position < self._n_handed_over):
            if self._is_stuck:
                return
            time.sleep(BLOCK_MS / 1000)

    @property
    def _is_stuck(self) -> bool:
        """Whether the device, which asks for samples all the time, has not done so for long."""
        if time.monotonic() - self._called_at <= _SILENT_DEVICE_S:
            return False
        time.sleep(5 * BLOCK_MS / 1000)  # this process may have been stopped, and goes on
        return time.monotonic() - self._called_at > _SILENT_DEVICE_S


def _import_sounddevice() -> ModuleType:
    try:
        import sounddevice
    except ImportError as error:
        raise MissingDependencyError(
            f"audio devices need sounddevice: pip install 'electron-local[voice]' ({error})"
        ) from error
    except OSError as error:
        raise DeviceError(
            f"audio devices need the PortAudio library, for example apt install libportaudio2 ({error})"
        ) from error
    return sounddevice  # type: ignore[no-any-return]
