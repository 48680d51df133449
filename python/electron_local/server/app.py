"""The ASGI application: origin form → observer → CORS → gate → routes."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from electron_local.audio_api.path import MAX_TRANSCRIPTIONS, AudioPath
from electron_local.audio_api.wire import (
    EVENT_PATHS,
    FORM_PATHS,
    LIVE_SPEECH_PATHS,
    LIVE_TRANSCRIPT_PATHS,
    PULSE_PATHS,
    SPEECH_PATHS,
    AudioWire,
)
from electron_local.chat.completions import ChatPath
from electron_local.chat.wire import PREFIXES, Wire
from electron_local.server.chat_endpoint import ChatEndpoint
from electron_local.server.cors import cors_of
from electron_local.server.gate import SESSIONS, Gate
from electron_local.server.limits import RateLimiter
from electron_local.server.metrics import CONTENT_TYPE, Metrics
from electron_local.server.observer import Observer
from electron_local.server.openapi import openapi
from electron_local.server.options import ServerOptions
from electron_local.server.origin_form import OriginForm
from electron_local.server.pages import Page, Unrouted, json_page
from electron_local.server.realtime import Realtime
from electron_local.server.session_source import SessionSource, SharedEngines
from electron_local.server.speech_socket import SpeechSocket
from electron_local.server.token_endpoint import TokenEndpoint
from electron_local.server.tokens import TokenMint
from electron_local.server.transcript_socket import TranscriptSocket


def build_app(
    path: ChatPath,
    options: ServerOptions,
    audio: AudioPath | None = None,
    sessions: SessionSource | None = None,
) -> Starlette:
    """The application. Its `state.chat` is the ChatEndpoint, which a server's shutdown may need.

    `audio` None: of the default engines; `sessions` None: with the engines of `audio`.
    """
    metrics, mint, audio = Metrics(), TokenMint(), audio or AudioPath()
    audio.engines.max_streams = options.max_sessions + MAX_TRANSCRIPTIONS
    others = AudioWire(audio, max_recording_bytes=options.max_recording_bytes)
    wire = Wire(path, max_body_bytes=options.max_body_bytes, others=others)
    chat = ChatEndpoint(wire, RateLimiter(options.plan), options)
    realtime = Realtime(sessions or SharedEngines(path, audio.engines, options.end_of_turn), options)
    description = openapi(path.served.models, needs_key=len(options.keys) > 0)

    def health() -> dict[str, Any]:
        return {"status": "ok", "model": path.engine.model.name, "models": list(path.served.models)}

    pages = {
        "/health": json_page(health),
        "/metrics": Page(lambda: metrics.text(path.engine.stats()).encode(), CONTENT_TYPE),
        "/openapi.json": json_page(lambda: description),
    }
    routes = [
        *(Route(name, page) for name, page in pages.items()),
        Route(SESSIONS + "/token", TokenEndpoint(mint, options)),
        WebSocketRoute(SESSIONS, realtime),
        *_live_audio(audio, options.send_timeout_s),
    ]
    known = {prefix + tail for prefix in PREFIXES for tail in ("/chat/completions", "/models")}
    known |= {*pages, SESSIONS, SESSIONS + "/token"}
    known |= {*SPEECH_PATHS, *EVENT_PATHS, *FORM_PATHS, *PULSE_PATHS, *LIVE_SPEECH_PATHS, *LIVE_TRANSCRIPT_PATHS}
    middleware = [
        Middleware(OriginForm),
        Middleware(Observer, metrics=metrics, routes=frozenset(known)),
        *cors_of(options.cors_origins),
        Middleware(Gate, keys=options.keys, origins=options.cors_origins, mint=mint),
    ]
    app = Starlette(routes=routes, middleware=middleware)
    app.router.redirect_slashes = False
    app.router.default = Unrouted(chat)
    app.state.chat = chat
    return app


def _live_audio(audio: AudioPath, send_timeout_s: float) -> list[BaseRoute]:
    speech = SpeechSocket(audio, send_timeout_s=send_timeout_s)
    transcripts = TranscriptSocket(audio, send_timeout_s=send_timeout_s)
    return [
        *(WebSocketRoute(path, speech) for path in LIVE_SPEECH_PATHS),
        *(WebSocketRoute(path, transcripts) for path in LIVE_TRANSCRIPT_PATHS),
    ]
