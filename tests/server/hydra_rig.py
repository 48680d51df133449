"""A server whose sessions run on scripts, some times faster than real time, and a client that speaks PROTOCOL §2 to it.

The client checks the fields of every event that it receives.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import socket
import threading
import time
from collections import Counter
from urllib.parse import urlencode

import numpy as np
from hydra_events import check_event
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from electron_local.chat.completions import ChatPath
from electron_local.server import create_app
from electron_local.server.listening import listen, url_of
from electron_local.server.options import ServerOptions
from electron_local.server.serving import Server
from electron_local.voice import BargeIn, EndOfTurn, Session, TurnSettings
from electron_local.voice.runtime import SystemRuntime
from fakes import FakeEngine
from hearing_fakes import FakeRecognizer, FakeVad
from voice_fakes import FakeChat, FakeSynthesizer

SPEED = 4  # times as fast as real time
PIECE_MS = 20
LIMIT_S = 20  # for what must come; only a hanging test meets it
TURN = TurnSettings(
    EndOfTurn(soft_end_ms=None, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100), BargeIn()
)


class FastRuntime(SystemRuntime):
    """The system's threads and queues; a session's second takes 1/SPEED s."""

    def now_ms(self):
        return super().now_ms() * SPEED

    def mailbox(self):
        return _FastMailbox(super().mailbox())

    def sleep(self, duration_ms):
        time.sleep(duration_ms / 1000 / SPEED)

    def wait(self, is_ready, timeout_ms):
        self.sleep(timeout_ms)
        return is_ready()


class _FastMailbox:
    def __init__(self, inner):
        self.put = inner.put
        self.get = lambda timeout_ms=None: inner.get(None if timeout_ms is None else timeout_ms / SPEED)


class Script:
    """A SessionSource: the same replies and transcripts for every session. Its fakes are kept in the order of use."""

    def __init__(self, *replies, heard=(), error=None, **config):
        self.replies, self.heard, self.error, self.config = replies, list(heard), error, config
        self.sessions, self.chats, self.synthesizers = [], [], []

    def __call__(self, config):
        if self.error is not None:
            raise self.error
        runtime = FastRuntime()
        self.chats.append(FakeChat(runtime, *self.replies))
        self.synthesizers.append(FakeSynthesizer(runtime))
        changed = type(config)(**{**vars(config), "turn": TURN, **self.config})
        session = Session(
            self.chats[-1],
            changed,
            recognizer=FakeRecognizer(list(self.heard)),
            synthesizer=self.synthesizers[-1],
            vad=FakeVad(),
            runtime=runtime,
            waits_for_configure=True,
        )
        self.sessions.append(session)
        return session


@contextlib.contextmanager
def serving(source=None, path=None, send_buffer=None, **options):
    """A server in a thread: its ws:// address and itself. `send_buffer`: of its sockets, in bytes."""
    options = ServerOptions(**options)
    listener = listen("127.0.0.1", 0, is_open_to_all=False)
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    server = Server(create_app(path or ChatPath(FakeEngine()), options, sessions=source), options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url_of(listener).replace("http:", "ws:"), server
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def eventually(condition):
    """Wait until `condition` holds."""
    due = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < due, "it did not come true"
        time.sleep(0.01)


def handshaken(url, receive_buffer=None):
    """A bare socket whose handshake is done, and that has its `session.created`."""
    host, port = url.removeprefix("ws://").split(":")
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(LIMIT_S)
    connection.connect((host, int(port)))
    connection.sendall(
        b"GET /waves/v1/s2s HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    received = b""
    while b"session.created" not in received or not received.endswith(b"}"):
        part = connection.recv(4096)
        assert part, f"the socket was closed behind {received!r}"
        received += part
    return connection


class Hydra:
    """One connection. `events` are those received so far."""

    def __init__(self, url, *, headers=None, speed=SPEED, rate=16000, **query):
        target = f"{url}/waves/v1/s2s?{urlencode(query)}"
        self._stack = contextlib.ExitStack()
        options = {"open_timeout": LIMIT_S, "close_timeout": 1, "ping_interval": None, "proxy": None}
        self.socket = self._stack.enter_context(connect(target, additional_headers=headers, **options))
        self.events = []
        self.close_code = None
        self._speed, self._rate = speed, rate
        self._ids = (f"client_{n}" for n in itertools.count())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def configure(self, **session):
        self.send("session.configure", session=session)
        return self.until("session.configured")

    def send(self, kind, **fields):
        """Send an event; returns its id."""
        event_id = next(self._ids)
        self.socket.send(json.dumps({"type": kind, "event_id": event_id, **fields}))
        return event_id

    def append(self, payload):
        return self.send("input_audio_buffer.append", audio=base64.b64encode(payload).decode())

    def say(self, duration_ms):
        self.push(np.full(duration_ms * self._rate // 1000, 16384, "<i2").tobytes(), 2)

    def quiet(self, duration_ms):
        self.push(bytes(duration_ms * self._rate // 1000 * 2), 2)

    def push(self, payload, bytes_per_sample):
        """Audio in pieces of 20 ms, at the server's pace."""
        n_piece = self._rate * PIECE_MS // 1000 * bytes_per_sample
        for start in range(0, len(payload), n_piece):
            self.append(payload[start : start + n_piece].ljust(n_piece, b"\0"))
            time.sleep(PIECE_MS / 1000 / self._speed)

    def next(self):
        """The next event; None when the socket was closed."""
        try:
            event = json.loads(self.socket.recv(timeout=LIMIT_S))
        except ConnectionClosed as end:
            self.close_code = end.rcvd.code if end.rcvd else None
            return None
        check_event(event)
        self.events.append(event)
        return event

    def until(self, kind):
        """Read up to an event of this type."""
        while (event := self.next()) is not None:
            if event["type"] == kind:
                return event
        raise AssertionError(f"closed with {self.close_code} before {kind}; came: {self.types()}")

    def rest(self):
        """Read to the end of the connection."""
        while self.next() is not None:
            pass
        return self.close_code

    def drain(self, quiet_ms=300):
        """Read until nothing came for a while."""
        while True:
            try:
                event = json.loads(self.socket.recv(timeout=quiet_ms / 1000))
            except TimeoutError:
                return
            check_event(event)
            self.events.append(event)

    def error(self):
        return self.until("error")["error"]

    def types(self, start=0):
        """Types of the events from number `start` on, runs of deltas as one."""
        names = [event["type"].removeprefix("response.") for event in self.events[start:]]
        return [name for i, name in enumerate(names) if not (name.endswith("delta") and i and names[i - 1] == name)]

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    def audio(self, response_id=None):
        """The samples of all audio deltas."""
        deltas = self.of("response.output_audio.delta")
        return b"".join(base64.b64decode(e["delta"]) for e in deltas if response_id in (None, e["response_id"]))

    def counts(self):
        return Counter(event["type"] for event in self.events)
