"""Devices that come back: what was unplugged is opened again as soon as it is there."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

import numpy as np

from electron_local.audio.endpoints import BLOCK_MS, AudioSink, AudioSource, Float32Array, check_samples
from electron_local.audio.file_devices import NullLoudspeaker
from electron_local.audio.frame import AudioFrame
from electron_local.errors import DeviceError

_log = logging.getLogger(__name__)

Device = TypeVar("Device")

FIRST_RETRY_S = 0.25
LONGEST_RETRY_S = 5.0


class BackOff:
    """When to try again: after 0.25 s, then after twice as long each time, up to 5 s.

    >>> back_off = BackOff(lambda: 0.0)
    >>> back_off.is_due(), back_off.fail(), back_off.is_due(), back_off.fail()
    (True, 0.25, False, 0.5)
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due_at = clock()
        self._wait_s = FIRST_RETRY_S

    def is_due(self) -> bool:
        """Whether it is time for the next trial."""
        return self._clock() >= self._due_at

    def fail(self) -> float:
        """Returns the seconds until the next trial."""
        wait_s, self._wait_s = self._wait_s, min(2 * self._wait_s, LONGEST_RETRY_S)
        self._due_at = self._clock() + wait_s
        return wait_s


class _Opener(Generic[Device]):
    """Opens a device, and again when it failed, as often as the back-off lets it."""

    def __init__(self, open_device: Callable[[], Device], clock: Callable[[], float]) -> None:
        self._open_device = open_device
        self._clock = clock
        self._back_off = BackOff(clock)
        self._opened_at = clock()
        self.n_reopened = 0
        self.first = open_device()

    def note_failure(self, error: DeviceError) -> None:
        """It fails: it is tried again at once, but later and later where it fails each time it has come back."""
        _log.warning("%s; it will be opened again", error)
        if self.n_reopened and self._clock() - self._opened_at < LONGEST_RETRY_S:
            self._back_off.fail()
        else:
            self._back_off = BackOff(self._clock)

    def reopen(self) -> Device | None:
        """None while it is absent, or was tried a moment ago."""
        if not self._back_off.is_due():
            return None
        try:
            device = self._open_device()
        except DeviceError as error:
            _log.info("next trial in %.2f s: %s", self._back_off.fail(), error)
            return None
        self.n_reopened += 1
        self._opened_at = self._clock()
        return device


class SupervisedMicrophone:
    """A microphone that is opened again when it fails. While it is away it hears silence, at the pace of a live one.

    Args:
        open_device: opens the device, `lambda: Microphone(16000, device="USB")`; raises DeviceError where it is absent.
        clock, sleep: seconds; replaced in tests.

    Raises:
        DeviceError: the device is absent at the start.

    >>> from electron_local.audio.devices import Microphone
    >>> def listen() -> None:
    ...     microphone = SupervisedMicrophone(lambda: Microphone(16000, device="USB"))
    ...     while (frame := microphone.read()) is not None:
    ...         print(frame.timestamp, microphone.n_reopened)
    """

    def __init__(
        self,
        open_device: Callable[[], AudioSource],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._opener = _Opener(open_device, clock)
        self._sleep = sleep
        self._device: AudioSource | None = self._opener.first
        self._sample_rate = self._opener.first.sample_rate
        self._n_read = 0
        self._is_closed = False

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._sample_rate

    @property
    def n_reopened(self) -> int:
        """How often it came back."""
        return self._opener.n_reopened

    def read(self) -> AudioFrame | None:
        """The next block of 20 ms, silent while the device is away; None after `close`. Timestamps have no gap."""
        while not self._is_closed:
            if self._device is None and not self._reopen():
                return self._silence()
            assert self._device is not None
            try:
                frame = self._device.read()
            except DeviceError as error:
                self._opener.note_failure(error)
                self._device.close()
                self._device = None
                continue
            return None if frame is None else self._stamped(frame.samples)
        return None

    def close(self) -> None:
        """End the source; idempotent, from any thread."""
        self._is_closed = True
        if (device := self._device) is not None:
            device.close()

    def _reopen(self) -> bool:
        self._device = self._opener.reopen()
        if self._device is not None and self._is_closed:
            self._device.close()
        return self._device is not None

    def _silence(self) -> AudioFrame:
        self._sleep(BLOCK_MS / 1000)
        return self._stamped(np.zeros(self._sample_rate * BLOCK_MS // 1000, np.float32))

    def _stamped(self, samples: Float32Array) -> AudioFrame:
        timestamp = self._n_read / self._sample_rate
        self._n_read += len(samples)
        return AudioFrame(samples, self._sample_rate, timestamp)


class SupervisedLoudspeaker:
    """A loudspeaker that is opened again when it fails.

    While it is away what is written plays to nobody, at the pace of a real device, so a conversation that waits for the
    end of a reply goes on. Every written sample is counted in `position` in the end, or was cleared. Any thread.

    Arguments and errors as for `SupervisedMicrophone`.

    >>> from electron_local.audio.devices import Loudspeaker
    >>> def speak(samples: Float32Array) -> None:
    ...     loudspeaker = SupervisedLoudspeaker(lambda: Loudspeaker(48000, device="USB"))
    ...     loudspeaker.write(samples)
    ...     loudspeaker.drain()
    """

    def __init__(
        self,
        open_device: Callable[[], AudioSink],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._opener = _Opener(open_device, clock)
        self._clock = clock
        self._sleep = sleep
        self._lock = RLock()  # guards all below
        self._device: AudioSink = self._opener.first
        self._is_away = False
        self._n_before = 0  # samples that earlier devices played
        self._n_owed = 0  # written and not cleared
        self._is_closed = False

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._device.sample_rate

    @property
    def n_reopened(self) -> int:
        """How often it came back."""
        return self._opener.n_reopened

    @property
    def position(self) -> int:
        """How many of the written samples have been heard, or would have been. Cleared samples are not counted."""
        with self._lock:
            return self._n_before + self._device.position

    @property
    def n_queued(self) -> int:
        """How many written samples have not been handed to the device."""
        return self._device.n_queued

    def write(self, samples: Float32Array) -> None:
        """Queue 1-D float32 samples; waits while the queue is full.

        Raises:
            DeviceError: after `close`.
            InvalidArgumentError: another dtype or shape.
        """
        check_samples(samples)
        if self._is_closed:
            raise DeviceError(f"the loudspeaker is closed; {len(samples)} samples were not played")
        try:
            self._come_back()
        except DeviceError as error:
            self._stand_in(error)
        with self._lock:
            self._n_owed += len(samples)
        try:
            self._device.write(samples)
        except DeviceError as error:
            self._stand_in(error)

    def clear(self) -> int:
        """Drop what is queued (barge-in) and return how many samples that were."""
        with self._lock:
            n_dropped = self._device.clear()
            self._n_owed -= n_dropped
            return n_dropped

    def drain(self) -> None:
        """Wait until all that was written has been heard, or would have been, or the device has stopped."""
        self._device.drain()

    def close(self) -> None:
        """End the sink at once; idempotent, from any thread."""
        self._is_closed = True
        self._device.close()

    def _stand_in(self, error: DeviceError) -> None:
        self._opener.note_failure(error)
        stand_in = NullLoudspeaker(self._device.sample_rate, clock=self._clock, sleep=self._sleep)
        with self._lock:
            self._replace(stand_in)
            self._is_away = True

    def _come_back(self) -> None:
        device = self._opener.reopen() if self._is_away else None
        if device is None:
            return
        with self._lock:
            self._replace(device)
            self._is_away = False
        if self._is_closed:
            device.close()

    def _replace(self, device: AudioSink) -> None:
        """What the last device has not played is silence on the next."""
        self._n_before += self._device.position
        n_left = self._n_owed - self._n_before
        self._device.close()
        self._device = device
        if n_left > 0:
            device.write(np.zeros(n_left, np.float32))
