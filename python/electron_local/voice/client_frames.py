"""JSON text frames of PROTOCOL §2 → typed client events. A wrong frame becomes a BadFrame, never an exception."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from typing import Any

from electron_local.voice.audio_encoding import AudioDecoder, AudioEncoding
from electron_local.voice.chat_checks import wrong_tool
from electron_local.voice.client_events import (
    AppendAudio,
    BadFrame,
    CancelResponse,
    ClientEvent,
    ConfigureSession,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
    UpdateSession,
)
from electron_local.voice.items import ErrorInfo

MIN_AUDIO_MS = 10


class FrameReader:
    """Reads the frames of one connection. `encoding` is that of its incoming audio.

    >>> FrameReader().read('{"type": "response.cancel", "event_id": "e1"}')
    CancelResponse(event_id='e1', response_id=None)
    >>> FrameReader().read("hello").error.code
    'invalid_frame'
    """

    def __init__(self, encoding: AudioEncoding = "pcm16") -> None:
        self._decoder = AudioDecoder(encoding)
        self._readers: dict[str, Callable[[dict[str, Any]], ClientEvent]] = {
            "session.configure": _configure,
            "session.update": _update,
            "input_audio_buffer.append": self._append,
            "conversation.item.create": _create_item,
            "response.create": lambda frame: CreateResponse(event_id=_id(frame)),
            "response.cancel": _cancel,
        }

    def read(self, text: str) -> ClientEvent:
        """The event of one frame."""
        try:
            frame = json.loads(text, parse_constant=_no_number, parse_float=_finite)
            is_unicode = "\\u" not in text or _is_unicode(frame)
        except (ValueError, RecursionError) as error:
            return _bad("invalid_frame", f"the frame is not JSON: {error}")
        if not is_unicode:
            return _bad("invalid_frame", "the frame holds a lone surrogate; it must be valid Unicode")
        if not isinstance(frame, dict):
            return _bad("invalid_frame", "a frame must be a JSON object")
        kind = frame.get("type")
        reader = self._readers.get(kind) if isinstance(kind, str) else None
        try:
            if reader is None:
                known = ", ".join(self._readers)
                raise _WrongError("invalid_frame", f"unknown type {str(kind)[:80]!r}; known: {known}", "type")
            return reader(frame)
        except _WrongError as wrong:
            return _bad(wrong.code, str(wrong), wrong.param, _id(frame))

    def _append(self, frame: dict[str, Any]) -> AppendAudio:
        audio = frame.get("audio")
        try:
            payload = base64.b64decode(audio, validate=True) if isinstance(audio, str) else None
        except (binascii.Error, ValueError):
            payload = None
        if payload is None:
            raise _WrongError("invalid_audio", "audio must be a base64 string", "audio")
        if len(payload) % self._decoder.bytes_per_sample:
            raise _WrongError("invalid_audio", f"audio has {len(payload)} bytes, an odd number", "audio")
        if len(payload) < (least := MIN_AUDIO_MS * self._decoder.bytes_per_ms):
            raise _WrongError("invalid_audio", f"audio has {len(payload)} bytes; at least {least} are needed", "audio")
        return AppendAudio(self._decoder.decode(payload), event_id=_id(frame))


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def _is_unicode(frame: Any) -> bool:
    try:
        json.dumps(frame, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


class _WrongError(Exception):
    """Why a frame is no event."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


def _bad(code: str, message: str, param: str | None = None, event_id: str | None = None) -> BadFrame:
    return BadFrame(ErrorInfo("invalid_request_error", code, message, param, event_id), event_id=event_id)


def _id(frame: dict[str, Any]) -> str | None:
    event_id = frame.get("event_id")
    return event_id if isinstance(event_id, str) else None


def _take(table: dict[str, Any], name: str, kind: type, path: str) -> Any:
    """The value of `name`; None when it is left out or null."""
    value = table.get(name)
    if value is not None and not isinstance(value, kind):
        wanted = {str: "a string", bool: "true or false", list: "an array", dict: "an object"}[kind]
        raise _WrongError("invalid_request_error", f"{name} must be {wanted}", f"{path}{name}")
    return value


def _need(table: dict[str, Any], name: str, kind: type, path: str) -> Any:
    value = _take(table, name, kind, path)
    if value is None:
        raise _WrongError("invalid_request_error", f"{name} is missing", f"{path}{name}")
    return value


def _tools(session: dict[str, Any], path: str) -> tuple[dict[str, Any], ...] | None:
    tools = _take(session, "tools", list, path)
    if tools is None:
        return None
    for index, tool in enumerate(tools):
        at = f"{path}tools[{index}]"
        if not isinstance(tool, dict) or tool.get("type", "function") != "function":
            raise _WrongError("invalid_request_error", 'a tool must be an object with "type": "function"', at)
        _need(tool, "name", str, f"{at}.")
    if (wrong := wrong_tool(tools)) is not None:
        raise _WrongError("invalid_request_error", wrong[1], path + wrong[0])
    return tuple(tools)


def _configure(frame: dict[str, Any]) -> ConfigureSession:
    session = _take(frame, "session", dict, "session.configure.") or {}
    path = "session.configure.session."
    return ConfigureSession(
        instructions=_take(session, "instructions", str, path),
        voice=_take(session, "voice", str, path),
        tools=_tools(session, path),
        generate_initial_response=_take(session, "generate_initial_response", bool, path),
        event_id=_id(frame),
    )


def _update(frame: dict[str, Any]) -> UpdateSession:
    session = _take(frame, "session", dict, "session.update.") or {}
    path = "session.update.session."
    unknown = next((name for name in session if name != "tools"), None)
    if unknown is not None:
        raise _WrongError("invalid_frame", f"only tools can be updated, not {unknown[:80]!r}", f"{path}{unknown[:80]}")
    return UpdateSession(_tools(session, path), event_id=_id(frame))


def _create_item(frame: dict[str, Any]) -> ClientEvent:
    item = _need(frame, "item", dict, "")
    if item.get("type") == "function_call_output":
        call_id, output = (_need(item, name, str, "item.") for name in ("call_id", "output"))
        return CreateFunctionCallOutput(call_id, output, event_id=_id(frame))
    if item.get("type") != "message":
        raise _WrongError("invalid_request_error", "item.type must be message or function_call_output", "item.type")
    if item.get("role", "user") != "user":
        raise _WrongError("invalid_request_error", "only messages of the user can be created", "item.role")
    parts = _need(item, "content", list, "item.")
    texts = [_input_text(part) for part in parts]
    if not "".join(texts).strip():
        raise _WrongError("invalid_request_error", "content holds no text", "item.content")
    return CreateUserText(" ".join(texts), event_id=_id(frame))


def _input_text(part: Any) -> str:
    if not isinstance(part, dict) or part.get("type") != "input_text" or not isinstance(part.get("text"), str):
        raise _WrongError("invalid_request_error", "content must be parts of input_text, with text", "item.content")
    return str(part["text"])


def _cancel(frame: dict[str, Any]) -> CancelResponse:
    return CancelResponse(_take(frame, "response_id", str, ""), event_id=_id(frame))
