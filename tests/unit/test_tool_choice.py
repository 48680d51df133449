"""The whole chat path over real templates of every family: calls, their history, `tool_choice` in its four forms."""

from __future__ import annotations

import pytest

from electron_local.client import Electron
from fakes import FakeEngine

USER = {"role": "user", "content": "What is the time in Rio?"}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Looks it up.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "where"}},
                "required": ["city"],
            },
        },
    }
    for name in ("get_time", "get_weather")
]
ARGUMENTS = '{"city": "Rio"}'
JSON_CALL = '{"name": "get_time", "arguments": {"city": "Rio"}}'
# template, what its model writes
FAMILIES = {
    "Qwen-Qwen2.5-7B-Instruct": f"<tool_call>\n{JSON_CALL}\n</tool_call>",
    "ibm-granite-granite-4.0": f"<tool_call>\n{JSON_CALL}\n</tool_call>",
    "meta-llama-Llama-3.2-3B-Instruct": '{"name": "get_time", "parameters": {"city": "Rio"}}',
    "meta-llama-Llama-3.1-8B-Instruct": '<|python_tag|>get_time.call(city="Rio")',
    "mistralai-Mistral-Nemo-Instruct-2407": f"[TOOL_CALLS][{JSON_CALL}]",
    "Mistral-Small-3.2-24B-Instruct-2506": f"[TOOL_CALLS]get_time[CALL_ID]abc123def[ARGS]{ARGUMENTS}",
    "google-gemma-4-31B-it": '<|tool_call>call:get_time{city:<|"|>Rio<|"|>}<tool_call|>',
    "LFM2-8B-A1B": '<|tool_call_start|>[get_time(city="Rio")]<|tool_call_end|>',
    "ibm-granite-granite-3.3-2B-Instruct": f"<|tool_call|>[{JSON_CALL}]",
    "HuggingFaceTB-SmolLM3-3B": f"<think>\nHm.\n</think>\n<tool_call>\n{JSON_CALL}\n</tool_call>",
    "microsoft-Phi-3.5-mini-instruct": f"<tool_call>\n{JSON_CALL}\n</tool_call>",
    "google-gemma-2-2b-it": f"<tool_call>\n{JSON_CALL}\n</tool_call>",
    "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B": f"<tool_call>\n{JSON_CALL}\n</tool_call>",
    "llama-cpp-rwkv-world": f"<tool_call>\n{JSON_CALL}\n</tool_call>",
}


@pytest.fixture
def make(shared_data):
    def client_of(family, *replies):
        template = (shared_data / "templates" / f"{family}.jinja").read_text()
        return Electron(engine=FakeEngine(replies or (FAMILIES[family],), chat_template=template))

    return client_of


def ask(client, messages=(USER,), **fields):
    return client.chat.completions.create(model="electron", messages=list(messages), tools=TOOLS, **fields)


def prompt(client, index=-1):
    return client.engine.detokenize(client.engine.prompts[index], special=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_call_and_its_result_make_a_conversation(make, family):
    client = make(family, FAMILIES[family], "It is noon.")
    choice = ask(client).choices[0]
    (call,) = choice.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_time", ARGUMENTS)
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    result = {"role": "tool", "tool_call_id": call.id, "content": "noon"}
    answer = ask(client, [USER, choice.message, result]).choices[0].message
    assert answer.content == "It is noon." and answer.tool_calls is None
    assert "get_time" in prompt(client) and "noon" in prompt(client)


@pytest.mark.parametrize("family", FAMILIES)
def test_streamed_it_is_the_same(make, family):
    calls = [
        call
        for chunk in ask(make(family), stream=True)
        for choice in chunk.choices
        for call in choice.delta.tool_calls or []
    ]
    assert [call.function.name for call in calls if call.function.name] == ["get_time"]
    assert "".join(call.function.arguments for call in calls) == ARGUMENTS


@pytest.mark.parametrize("family", FAMILIES)
def test_the_four_choices(make, family):
    client = make(family)
    named = {"type": "function", "function": {"name": "get_weather"}}
    for choice in ("auto", "required", named, "none"):
        ask(client, tool_choice=choice)
    auto, required, weather, none = client.engine.constraints
    assert auto.marker and "get_time" in auto.grammar.text and "get_weather" in auto.grammar.text
    assert required.marker in (None, "</think>") and "get_time" in required.grammar.text
    assert "get_weather" in weather.grammar.text and "get_time" not in weather.grammar.text
    assert none is None
    is_forbidden = bool(client.engine.params[3].logit_bias)
    assert is_forbidden or "get_time" not in prompt(client, 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_call_is_one_call(make, family):
    client = make(family)
    ask(client, parallel_tool_calls=False)
    assert client.engine.constraints[0].n_most == 1
