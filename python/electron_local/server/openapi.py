"""What is served, as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from electron_local import __version__
from electron_local.chat.wire import PREFIXES
from electron_local.server.gate import SESSIONS
from electron_local.server.openapi_audio import audio_paths, audio_schemas
from electron_local.server.openapi_schemas import schemas

_REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "Comes back on the answer when it is 1 to 128 letters, digits and `._:-`.",
    "schema": {"type": "string"},
}
_STATUSES = {
    "400": "The request breaks a rule; `details` says which and where.",
    "401": "No API key, or an unknown one.",
    "403": "A web page of another origin asked.",
    "404": "Unknown model or path.",
    "405": "The path does not take this method.",
    "408": "The body did not arrive in time.",
    "413": "The body is too large.",
    "429": "The plan allows no request now; see `Retry-After`.",
    "500": "A fault of the runtime.",
    "503": "Too many requests wait, or the server shuts down.",
}
_ALWAYS = ("401", "403", "500")
_OF_POSTS = (*_ALWAYS, "400", "404", "408", "413", "429", "503")


def openapi(models: Sequence[str], *, needs_key: bool) -> dict[str, Any]:
    """The document. `models`: the names that requests may use; `needs_key`: a bearer key is asked for."""
    paths: dict[str, Any] = {}
    for prefix in PREFIXES:
        tag = "waves" if prefix.startswith("/waves") else "openai"
        paths[prefix + "/chat/completions"] = {"post": _completions(tag)}
        paths[prefix + "/models"] = {"get": _models(tag)}
        paths[prefix + "/models/{model}"] = {"get": _model(tag)}
    paths.update(audio_paths(_operation, _OF_POSTS))
    paths[SESSIONS + "/token"] = {"post": _token()}
    paths["/health"] = {"get": _operation("health", "Whether it answers", _json("Health"), (), is_open=True)}
    paths["/metrics"] = {"get": _operation("metrics", "Counters for Prometheus", _plain_text(), _ALWAYS)}
    document = {"application/json": {"schema": {"type": "object"}}}
    paths["/openapi.json"] = {"get": _operation("openapi", "This document", document, ("500",), is_open=True)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "electron_local",
            "version": __version__,
            "description": "Chat completions, speech and transcripts made on this machine, in the OpenAI API's shape.",
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas(models), **audio_schemas()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}] if needs_key else [],
    }


def _completions(tag: str) -> dict[str, Any]:
    content = {
        **_json("ChatCompletion"),
        "text/event-stream": {"x-event-schema": {"$ref": "#/components/schemas/ChatCompletionChunk"}},
    }
    return {
        **_operation(
            f"{tag}_chat_completions",
            "Answer a conversation; with `stream: true` as server-sent events ending in `data: [DONE]`",
            content,
            _OF_POSTS,
        ),
        "requestBody": {"required": True, "content": _json("ChatCompletionRequest")},
    }


def _models(tag: str) -> dict[str, Any]:
    return _operation(f"{tag}_models", "The names that `model` may have", _json("ModelList"), _ALWAYS)


def _model(tag: str) -> dict[str, Any]:
    parameter = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
    operation = _operation(f"{tag}_model", "One of them", _json("Model"), (*_ALWAYS, "404"))
    return {**operation, "parameters": [parameter, _REQUEST_ID]}


def _token() -> dict[str, Any]:
    return {
        **_operation(
            "s2s_token",
            f"A token for a web page: it opens a WebSocket at {SESSIONS} in place of a key, until it expires",
            _json("Token"),
            (*_ALWAYS, "400", "405", "408", "413"),
        ),
        "requestBody": {"required": False, "content": _json("TokenRequest")},
    }


def _operation(
    name: str, summary: str, content: dict[str, Any], statuses: tuple[str, ...], *, is_open: bool = False
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [_REQUEST_ID],
        "responses": {
            "200": {"description": "Done.", "headers": _headers("200"), "content": content},
            **{status: _error(status) for status in sorted(statuses)},
        },
    }
    if is_open:
        operation["security"] = []
    return operation


def _error(status: str) -> dict[str, Any]:
    return {"description": _STATUSES[status], "headers": _headers(status), "content": _json("Error")}


def _headers(status: str) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-Id": {"required": True, "schema": {"type": "string"}}}
    if status == "429":
        headers["Retry-After"] = {"required": True, "schema": {"type": "string"}, "description": "Seconds."}
    return headers


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _plain_text() -> dict[str, Any]:
    return {"text/plain": {"schema": {"type": "string"}}}
