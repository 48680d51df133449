"""A loop and a transport for one protocol object: no socket, and time passes when the test says so."""

from __future__ import annotations

from types import SimpleNamespace


class VirtualLoop:
    """Runs no tasks; only timers."""

    def __init__(self):
        self._now = 0.0
        self._timers = []

    def time(self):
        return self._now

    def call_later(self, delay_s, call, *arguments):
        timer = SimpleNamespace(due=self._now + delay_s, run=lambda: call(*arguments))
        timer.cancel = lambda: timer in self._timers and self._timers.remove(timer)
        self._timers.append(timer)
        return timer

    def create_task(self, coroutine):
        coroutine.close()
        return _Task()

    def advance(self, seconds):
        """Let time pass, and what is due happen."""
        end = self._now + seconds
        while due := [timer for timer in self._timers if timer.due <= end]:
            timer = min(due, key=lambda timer: timer.due)
            self._timers.remove(timer)
            self._now = timer.due
            timer.run()
        self._now = end


class _Task:
    def add_done_callback(self, call):
        pass


class VirtualTransport:
    """What is left to be sent is set by hand."""

    def __init__(self):
        self.n_left = 0
        self.is_closed = False
        self.is_aborted = False
        self.is_reading = True

    def write(self, data):
        pass

    def get_write_buffer_size(self):
        return self.n_left

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True

    def close(self):
        self.is_closed = True

    def abort(self):
        self.is_aborted = True

    def is_closing(self):
        return self.is_closed or self.is_aborted

    def get_extra_info(self, name):
        return None
