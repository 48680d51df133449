"""THE validator: the keyword arguments or JSON body of a chat request → `ChatRequest`, or one error naming all faults.

Contract: PROTOCOL §1, the table of request fields. Doors never check again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from electron_local.chat.checks import Fields, Problems, check_text, digits, kind
from electron_local.chat.filler import FillerMode, read_filler
from electron_local.chat.request_format import TEXT, ResponseFormat, read_response_format
from electron_local.chat.request_messages import read_messages
from electron_local.chat.request_tools import AUTO, ToolChoice, read_tool_choice, read_tools
from electron_local.errors import BadRequestError, NotFoundError

MAX_STOPS = 4
MAX_STOP_CHARS = 1024
MAX_LOGIT_BIAS = 100.0
MAX_TOP_LOGPROBS = 20


@dataclass(frozen=True)
class Served:
    """What requests are checked against: the names that `model` may have, and the size of the vocabulary."""

    models: tuple[str, ...]
    n_vocab: int


@dataclass(frozen=True)
class ChatRequest:
    """A request that keeps every rule. `messages` and `tools` are ready for the chat template.

    `messages`: role, content (text; list parts are joined), and where present name, tool_calls, tool_call_id,
    reasoning_content. `max_tokens` None: what is left of the context.
    """

    model: str
    messages: tuple[dict[str, Any], ...]
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: ToolChoice = AUTO
    parallel_tool_calls: bool = True
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    response_format: ResponseFormat = TEXT
    logprobs: bool = False
    top_logprobs: int = 0
    stream: bool = False
    include_usage: bool = False
    user: str | None = None
    filler: FillerMode = "off"


def parse_chat_request(body: Any, served: Served) -> ChatRequest:
    """Check `body` against every rule.

    Raises NotFoundError (`model_not_found`) for a model that is not served, else BadRequestError, whose `details`
    name every broken rule with its path. Unknown fields are ignored.
    """
    fields, problems = _open(body)
    model = _read_model(fields, served)
    tools = read_tools(fields)
    logprobs = fields.boolean("logprobs", False)
    stream = fields.boolean("stream", False)
    request = ChatRequest(
        model=model,
        messages=read_messages(fields),
        tools=tools,
        tool_choice=read_tool_choice(fields, tools),
        parallel_tool_calls=fields.boolean("parallel_tool_calls", True),
        temperature=fields.number("temperature", 0, 2, 1.0),
        top_p=fields.number("top_p", 0, 1, 1.0),
        max_tokens=_read_max_tokens(fields),
        stop=_read_stop(fields),
        seed=fields.integer("seed", -(2**63), 2**63 - 1, None),
        presence_penalty=fields.number("presence_penalty", -2, 2, 0.0),
        frequency_penalty=fields.number("frequency_penalty", -2, 2, 0.0),
        logit_bias=_read_logit_bias(fields, served.n_vocab),
        response_format=read_response_format(fields),
        logprobs=logprobs,
        top_logprobs=_read_top_logprobs(fields, logprobs),
        stream=stream,
        include_usage=_read_include_usage(fields, stream),
        user=fields.string("user"),
        filler=read_filler(fields),
    )
    _refuse_fixed(fields)
    problems.raise_if_any()
    return request


def parse_prefill_request(body: Any, served: Served) -> ChatRequest:
    """The same for `prefill`: `messages`, `tools` and `filler` count; `model` is checked where it is given."""
    fields, problems = _open(body)
    model = served.models[0] if fields.get("model") is None else _read_model(fields, served)
    messages, tools = read_messages(fields), read_tools(fields)
    request = ChatRequest(model=model, messages=messages, tools=tools, filler=read_filler(fields))
    problems.raise_if_any()
    return request


def _open(body: Any) -> tuple[Fields, Problems]:
    if not isinstance(body, Mapping):
        raise BadRequestError(f"the request must be an object, not {kind(body)}", code="invalid_type")
    problems = Problems()
    return Fields(body, problems), problems


def _read_model(fields: Fields, served: Served) -> str:
    if fields.get("model") is None:
        fields.refuse("model", "missing", f"is required; served here: {_listed(served.models)}")
        return ""
    model = fields.string("model")
    if model is None:
        return ""
    if model not in served.models:
        message = f"the model {model[:80]!r} does not exist; served here: {_listed(served.models)}"
        raise NotFoundError(message, code="model_not_found", param="model")
    return model


def _read_max_tokens(fields: Fields) -> int | None:
    old = fields.integer("max_tokens", 1, None, None)
    new = fields.integer("max_completion_tokens", 1, None, None)
    if old is not None and new is not None and old != new:
        fields.refuse(
            "max_tokens",
            "invalid_value",
            f"is {digits(old)} but max_completion_tokens is {digits(new)}; give one of them",
        )
    return old if new is None else new


def _read_stop(fields: Fields) -> tuple[str, ...]:
    value = fields.get("stop")
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list | tuple):
        fields.refuse("stop", "invalid_type", f"must be a string or an array of strings, not {kind(value)}")
        return ()
    if len(stops) > MAX_STOPS:
        fields.refuse("stop", "too_big", f"has {len(stops)} strings; at most {MAX_STOPS}")
        return ()
    for index, stop in enumerate(stops):
        path = (*fields.path, "stop") if isinstance(value, str) else (*fields.path, "stop", index)
        if not check_text(stop, path, fields.problems):
            continue
        if not stop:
            fields.problems.add(path, "too_small", "a stop string is empty; it needs at least 1 character")
        elif len(stop) > MAX_STOP_CHARS:
            told = f"a stop string has {len(stop)} characters; at most {MAX_STOP_CHARS}"
            fields.problems.add(path, "too_big", told)
    return tuple(stops)


def _read_logit_bias(fields: Fields, n_vocab: int) -> dict[int, float]:
    value = fields.get("logit_bias")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        fields.refuse("logit_bias", "invalid_type", f"must be an object, not {kind(value)}")
        return {}
    biases = {}
    inner = Fields(value, fields.problems, (*fields.path, "logit_bias"))
    for key in value:
        token = _token_id(key)
        if token is None or token >= n_vocab:
            is_huge = isinstance(key, int) and key.bit_length() > 64  # Python refuses to write thousands of digits
            shown = hex(key)[:20] if is_huge else str(key)[:20]
            message = f"logit_bias has the key {shown!r}; a token id lies between 0 and {n_vocab - 1}"
            fields.problems.add((*inner.path, shown), "invalid_value", message)
        elif value[key] is None:
            inner.refuse(key, "invalid_type", "must be a number, not null")
        else:
            biases[token] = inner.number(key, -MAX_LOGIT_BIAS, MAX_LOGIT_BIAS, 0.0)
    return biases


def _token_id(key: Any) -> int | None:
    if isinstance(key, int) and not isinstance(key, bool):
        return key if key >= 0 else None
    text = key if isinstance(key, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _read_top_logprobs(fields: Fields, logprobs: bool) -> int:
    top = fields.integer("top_logprobs", 0, MAX_TOP_LOGPROBS, None)
    if top is not None and not logprobs:
        fields.refuse("top_logprobs", "invalid_value", f"is {top} but needs logprobs: true")
    return top or 0


def _read_include_usage(fields: Fields, stream: bool) -> bool:
    value = fields.get("stream_options")
    if value is None:
        return False
    if not isinstance(value, Mapping):
        fields.refuse("stream_options", "invalid_type", f"must be an object, not {kind(value)}")
        return False
    if not stream:
        fields.refuse("stream_options", "invalid_value", "needs stream: true")
    inner = Fields(value, fields.problems, (*fields.path, "stream_options"))
    return inner.boolean("include_usage", False)


def _refuse_fixed(fields: Fields) -> None:
    if fields.integer("n", 1, None, 1) not in (1, None):
        fields.refuse("n", "too_big", f"is {kind(fields.get('n'))}; only 1 answer a request")
    if fields.get("prompt_logprobs") is not None:
        fields.refuse("prompt_logprobs", "unsupported", "is not available; leave it out")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
