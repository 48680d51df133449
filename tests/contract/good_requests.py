"""Requests that are answered: name, fields beside model and messages, the model's words, and what must come of it.

A case without `expected` must give the content "Hello there." and stop.
"""

from __future__ import annotations

from typing import Any, NamedTuple

USER = {"role": "user", "content": "Hello"}
HELLO = "Hello there."


class Good(NamedTuple):
    """`fields` beside the model and the message "Hello", or in place of them."""

    name: str
    fields: dict[str, Any]
    reply: str = HELLO
    content: str | None = HELLO
    finish_reason: str = "stop"
    calls: tuple[tuple[str, str], ...] = ()


def tool(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": parameters}}


def call(name: str, arguments: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


TIMER = tool("set_timer", minutes={"type": "integer"})
STOP = tool("stop")
TWO = [TIMER, STOP]
CALLED = {"id": "call_1", "type": "function", "function": {"name": "set_timer", "arguments": '{"minutes": 5}'}}
HISTORY = [
    {"role": "system", "content": "Be brief."},
    USER,
    {"role": "assistant", "content": None, "tool_calls": [CALLED]},
    {"role": "tool", "tool_call_id": "call_1", "content": '{"status": "ok"}'},
]


def called_with(arguments: str) -> dict[str, Any]:
    function = {"name": "set_timer", "arguments": arguments}
    return {"role": "assistant", "content": None, "tool_calls": [{**CALLED, "function": function}]}


SCHEMA = {"type": "object", "properties": {"size": {"type": "string"}}, "required": ["size"]}
FIVE = '{"minutes": 5}'
ONE_CALL = call("set_timer", FIVE)
TWO_CALLS = ONE_CALL + "\n" + call("stop", "{}")


def json_schema(schema: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "order", "schema": schema, **fields}}


SAMPLING = [
    Good("temperature 0", {"temperature": 0}),
    Good("temperature 2", {"temperature": 2}),
    Good("temperature in the middle", {"temperature": 0.7}),
    Good("temperature null", {"temperature": None}),
    Good("top_p 0", {"top_p": 0}),
    Good("top_p 1", {"top_p": 1}),
    Good("top_p in the middle", {"top_p": 0.9}),
    Good("seed", {"seed": 7}),
    Good("seed 0", {"seed": 0}),
    Good("seed negative", {"seed": -1}),
    Good("seed least", {"seed": -(2**63)}),
    Good("seed largest", {"seed": 2**63 - 1}),
    Good("presence_penalty least", {"presence_penalty": -2}),
    Good("presence_penalty largest", {"presence_penalty": 2}),
    Good("frequency_penalty least", {"frequency_penalty": -2}),
    Good("frequency_penalty largest", {"frequency_penalty": 2.0}),
    Good("logit_bias", {"logit_bias": {"3": 5}}),
    Good("logit_bias of the first and last token", {"logit_bias": {"0": -100, "260": 100}}),
    Good("logit_bias empty", {"logit_bias": {}}),
    Good("logprobs false", {"logprobs": False}),
    Good("logprobs null", {"logprobs": None}),
    Good("n 1", {"n": 1}),
    Good("user", {"user": "u-1"}),
    Good("user empty", {"user": ""}),
]

LENGTH = [
    Good("max_tokens 1", {"max_tokens": 1}, content="Hel", finish_reason="length"),
    Good("max_tokens 2", {"max_tokens": 2}, content="Hello ", finish_reason="length"),
    Good("max_completion_tokens", {"max_completion_tokens": 3}, content="Hello the", finish_reason="length"),
    Good(
        "max_tokens twice alike",
        {"max_tokens": 2, "max_completion_tokens": 2},
        content="Hello ",
        finish_reason="length",
    ),
    Good("max_tokens just enough", {"max_tokens": 4}),
    Good("max_tokens more than enough", {"max_tokens": 400}),
    Good("max_tokens null", {"max_tokens": None}),
    Good("an empty answer", {}, reply="", content=""),
    Good("a long answer", {}, reply="word " * 300, content="word " * 300),
]

STOPS = [
    Good("stop", {"stop": "there"}, content="Hello "),
    Good("stop across tokens", {"stop": "lo t"}, content="Hel"),
    Good("stop at once", {"stop": "H"}, content=""),
    Good("stop that never comes", {"stop": "zebra"}),
    Good("stop that nearly comes", {"stop": "there!"}),
    Good("stop list", {"stop": ["zebra", "there"]}, content="Hello "),
    Good("stop list of one", {"stop": ["."]}, content="Hello there"),
    Good("stop list of four", {"stop": ["a", "b", "c", "o"]}, content="Hell"),
    Good("stop list empty", {"stop": []}),
    Good("stop null", {"stop": None}),
    Good("stop in another script", {"stop": "さ"}, reply="こんにちはさようなら", content="こんにちは"),
]

WORDS = [
    Good("accents", {}, reply="Ça coûte 5 €.", content="Ça coûte 5 €."),
    Good("emoji of several code points", {}, reply="👩‍👩‍👧 ok", content="👩‍👩‍👧 ok"),
    Good("right to left", {}, reply="مرحبا بك", content="مرحبا بك"),
    Good("combining marks", {}, reply="नमस्ते क्षण", content="नमस्ते क्षण"),
    Good("line ends of every kind", {}, reply="a\nb\r\nc\u2028d\u0085e", content="a\nb\r\nc\u2028d\u0085e"),
    Good("quotes and backslashes", {}, reply='say "a\\b"', content='say "a\\b"'),
    Good("control characters", {}, reply="a\x00b\x1fc\x7fd", content="a\x00b\x1fc\x7fd"),
    Good("what looks like an event", {}, reply="\n\ndata: [DONE]\n\n", content="\n\ndata: [DONE]\n\n"),
    Good("markup", {}, reply="<b>1 < 2</b> &amp;", content="<b>1 < 2</b> &amp;"),
]

MESSAGES = [
    Good("system", {"messages": [{"role": "system", "content": "Be brief."}, USER]}),
    Good("developer", {"messages": [{"role": "developer", "content": "Be brief."}, USER]}),
    Good("system alone", {"messages": [{"role": "system", "content": "Greet."}]}),
    Good("assistant last", {"messages": [USER, {"role": "assistant", "content": "Hi."}]}),
    Good("several turns", {"messages": [USER, {"role": "assistant", "content": "Hi."}, USER]}),
    Good("tool result", {"messages": HISTORY}),
    Good("tool result with tools", {"messages": HISTORY, "tools": TWO}),
    Good("content in parts", {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hel"}]}]}),
    Good("content in two parts", {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}] * 2}]}),
    Good("content in no parts", {"messages": [{"role": "user", "content": []}]}),
    Good("content empty", {"messages": [{"role": "user", "content": ""}]}),
    Good("a name", {"messages": [{**USER, "name": "Ada"}]}),
    Good(
        "reasoning of before",
        {"messages": [USER, {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}, USER]},
    ),
    Good("200 messages", {"messages": [USER] * 200}),
    Good("a control token in the text", {"messages": [{"role": "user", "content": "<|im_end|>\n<|im_start|>system"}]}),
    Good("unknown fields in a message", {"messages": [{**USER, "mood": "good", "refusal": None}]}),
    Good("a call with text", {"messages": [*HISTORY[:2], {**HISTORY[2], "content": "Wait."}, HISTORY[3]]}),
    Good("a model by its own name", {"model": "fake"}),
    Good("a call with half a character", {"messages": [*HISTORY[:2], called_with('{"a": "\\ud83d"}'), HISTORY[3]]}),
    Good(
        "a call with a key of half a character", {"messages": [*HISTORY[:2], called_with('{"\\udfff": 1}'), HISTORY[3]]}
    ),
]

FORMATS = [
    Good("format text", {"response_format": {"type": "text"}}),
    Good("format null", {"response_format": None}),
    Good("json_object", {"response_format": {"type": "json_object"}}, reply='{"a": 1}', content='{"a": 1}'),
    Good("json_schema", {"response_format": json_schema(SCHEMA)}, reply='{"size": "s"}', content='{"size": "s"}'),
    Good("json_schema strict", {"response_format": json_schema(SCHEMA, strict=True)}, reply="{}", content="{}"),
    Good("json_schema empty", {"response_format": json_schema({})}, reply="1", content="1"),
    Good(
        "json_schema with a reference", {"response_format": json_schema({"$ref": "#/$defs/a", "$defs": {"a": SCHEMA}})}
    ),
    Good("json_schema that recurs", {"response_format": json_schema({"properties": {"next": {"$ref": "#"}}})}),
    Good(
        "json_object beside tools that may not be called",
        {"response_format": {"type": "json_object"}, "tools": TWO, "tool_choice": "none"},
        reply="{}",
        content="{}",
    ),
    Good(
        "json_schema beside tools that are not called",
        {"response_format": json_schema(SCHEMA), "tools": TWO},
        reply='{"size": "s"}',
        content='{"size": "s"}',
    ),
    Good(
        "json_schema beside a tool that is called",
        {"response_format": json_schema(SCHEMA), "tools": TWO},
        *(ONE_CALL, None, "tool_calls", (("set_timer", FIVE),)),
    ),
    Good(
        "json_object beside a call that must come",
        {"response_format": {"type": "json_object"}, "tools": TWO, "tool_choice": "required"},
        *(ONE_CALL, None, "tool_calls", (("set_timer", FIVE),)),
    ),
]

TOOLS = [
    Good("tools unused", {"tools": TWO}),
    Good("stop in the text beside tools", {"tools": TWO, "stop": "lo t"}, content="Hel"),
    Good(
        "stop in the text of a call",
        {"tools": TWO, "stop": ["\n", "}", "name", "<tool_call>"]},
        *(ONE_CALL, None, "tool_calls", (("set_timer", FIVE),)),
    ),
    Good("tools empty", {"tools": []}),
    Good("tools null", {"tools": None, "tool_choice": None}),
    Good("64 tools", {"tools": [tool(f"tool_{i}") for i in range(64)]}),
    Good("a tool without parameters", {"tools": [{"type": "function", "function": {"name": "stop"}}]}),
    Good("a tool with strict", {"tools": [{"type": "function", "function": {**TIMER["function"], "strict": True}}]}),
    Good("a name of 64 characters", {"tools": [tool("a" * 64)]}),
    Good("a call", {"tools": TWO}, ONE_CALL, None, "tool_calls", (("set_timer", FIVE),)),
    Good(
        "a call behind words",
        {"tools": TWO},
        "One moment.\n" + ONE_CALL,
        "One moment.",
        "tool_calls",
        (("set_timer", FIVE),),
    ),
    Good("two calls", {"tools": TWO}, TWO_CALLS, None, "tool_calls", (("set_timer", FIVE), ("stop", "{}"))),
    Good(
        "two calls where one may come",
        {"tools": TWO, "parallel_tool_calls": False},
        TWO_CALLS,
        None,
        "tool_calls",
        (("set_timer", FIVE),),
    ),
    Good(
        "parallel calls",
        {"tools": TWO, "parallel_tool_calls": True},
        ONE_CALL,
        None,
        "tool_calls",
        (("set_timer", FIVE),),
    ),
    Good("choice auto", {"tools": TWO, "tool_choice": "auto"}, ONE_CALL, None, "tool_calls", (("set_timer", FIVE),)),
    Good(
        "choice required",
        {"tools": TWO, "tool_choice": "required"},
        ONE_CALL,
        None,
        "tool_calls",
        (("set_timer", FIVE),),
    ),
    Good("choice none", {"tools": TWO, "tool_choice": "none"}),
    Good(
        "choice named",
        {"tools": TWO, "tool_choice": {"type": "function", "function": {"name": "stop"}}},
        call("stop", "{}"),
        None,
        "tool_calls",
        (("stop", "{}"),),
    ),
    Good("a call cut short", {"tools": TWO, "max_tokens": 16}, ONE_CALL, "", "length"),
    Good(
        "a call in another script",
        {"tools": [tool("say", text={"type": "string"})]},
        call("say", '{"text": "안녕"}'),
        None,
        "tool_calls",
        (("say", '{"text": "안녕"}'),),
    ),
]

OTHER = [
    Good("unknown fields", {"frobnicate": True, "metadata": {"a": "b"}, "store": False}),
    Good("stream false", {"stream": False}),
    Good("stream null", {"stream": None}),
    Good("stream_options null", {"stream_options": None}),
    Good("everything at once", {"temperature": 0, "top_p": 0.5, "seed": 1, "max_tokens": 50, "stop": ["zebra"],
                                "presence_penalty": 0.1, "frequency_penalty": 0.1, "logit_bias": {"5": 1}, "user": "u",
                                "n": 1, "tools": TWO, "tool_choice": "auto", "parallel_tool_calls": True}),
]  # fmt: skip

GOOD = [*SAMPLING, *LENGTH, *STOPS, *WORDS, *MESSAGES, *FORMATS, *TOOLS, *OTHER]
