"""Every family's form: scripted outputs give the right calls, however they are cut, and templates tell the family."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electron_local.chat.tool_formats import FORMATS, GENERIC
from electron_local.chat.tool_formats.deepseek import DEEPSEEK_R1, DEEPSEEK_V3
from electron_local.chat.tool_formats.gemma import FUNCTION_GEMMA, GEMMA_4
from electron_local.chat.tool_formats.glm import GLM, GLM_COMPACT
from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tool_formats.json_list import APRIEL, FIREFUNCTION, GRANITE, MISTRAL_LIST, NEMOTRON
from electron_local.chat.tool_formats.kimi import KimiFormat
from electron_local.chat.tool_formats.lfm2 import Lfm2Format
from electron_local.chat.tool_formats.llama import LlamaFormat
from electron_local.chat.tool_formats.mistral import MistralFormat
from electron_local.chat.tool_formats.qwen_coder import QWEN_CODER, SEED
from electron_local.chat.tools import ArgumentsDelta, CallEnded, CallStarted, ContentDelta, detect_tool_format

NAMES = ["set_timer", "stop", "get-weather"]
TIMER = ("set_timer", {"minutes": 5, "label": 'eggs "soft"'})
STOP = ("stop", {})
WEATHER = ("get-weather", {"city": "Köln", "days": [1, 2.5], "units": {"celsius": True, "wind": None}})

HERMES = (
    '<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5, "label": "eggs \\"soft\\""}}\n</tool_call>\n'
    '<tool_call>\n{"name": "stop", "arguments": {}}\n</tool_call>'
)
JSON_LIST = (
    '[{"name": "set_timer", "arguments": {"minutes": 5, "label": "eggs \\"soft\\""}}, '
    '{"name": "stop", "arguments": {}}]'
)
PYTHON_WEATHER = "get-weather(city='Köln', days=[1, 2.5], units={'celsius': True, \"wind\": None})"
GEMMA_WEATHER = (
    '<|tool_call>call:get-weather{city:<|"|>Köln<|"|>,days:[1,2.5],'
    'units:{celsius:true,<|"|>wind<|"|>:null}}<tool_call|>'
)

QWEN_WEATHER = (
    "<tool_call>\n<function=get-weather>\n<parameter=city>\nKöln\n</parameter>\n"
    "<parameter=days>\n[1, 2.5]\n</parameter>\n"
    '<parameter=units>\n{"celsius": true, "wind": null}\n</parameter>\n</function>\n</tool_call>'
)
QWEN_STOP = "<tool_call>\n<function=stop>\n</function>\n</tool_call>"
SEED_TIMER = (
    "<seed:tool_call>\n<function=set_timer>\n<parameter=minutes>5</parameter>\n"
    '<parameter=label>eggs "soft"</parameter>\n</function>\n</seed:tool_call>'
)
GLM_TIMER = (
    "<tool_call>set_timer\n<arg_key>minutes</arg_key>\n<arg_value>5</arg_value>\n"
    '<arg_key>label</arg_key>\n<arg_value>eggs "soft"</arg_value>\n</tool_call>'
)
KIMI_CALLS = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.set_timer:0<|tool_call_argument_begin|>"
    '{"minutes": 5, "label": "eggs \\"soft\\""}<|tool_call_end|><|tool_call_begin|>functions.stop:1'
    "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
)
DEEPSEEK_STOPS = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>stop<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
    "<｜tool▁call▁begin｜>stop<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
)
R1_TIMER = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>set_timer\n```json\n"
    '{"minutes": 5, "label": "eggs \\"soft\\""}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
)

# form, what the model writes, its content, its calls
SCRIPTS = [
    (HermesFormat(), HERMES, "", [TIMER, STOP]),
    (HermesFormat(), "Sure.\n" + HERMES, "Sure.", [TIMER, STOP]),
    (GENERIC, HERMES, "", [TIMER, STOP]),
    (LlamaFormat(), '{"name": "set_timer", "parameters": {"minutes": 5, "label": "eggs \\"soft\\""}}', "", [TIMER]),
    (LlamaFormat(), '{"type": "function", "name": "stop", "parameters": {}}', "", [STOP]),
    (LlamaFormat(), '<|python_tag|>{"name": "stop", "parameters": {}}', "", [STOP]),
    (LlamaFormat(), "<|python_tag|>set_timer.call(minutes=5, label='eggs \"soft\"')", "", [TIMER]),
    (LlamaFormat(), '{"name": "stop", "parameters": {}}; {"name": "stop", "parameters": {}}', "", [STOP, STOP]),
    (LlamaFormat(), 'One moment. {"name": "stop", "parameters": {}}', "One moment.", [STOP]),
    (LlamaFormat(), 'Like {"a": 1} or {x}.', 'Like {"a": 1} or {x}.', []),
    (LlamaFormat(), '{"name": "Ada", "age": 36}', '{"name": "Ada", "age": 36}', []),
    (LlamaFormat(), "<|python_tag|>print(1)", "<|python_tag|>print(1)", []),
    (MISTRAL_LIST, "[TOOL_CALLS]" + JSON_LIST, "", [TIMER, STOP]),
    (MISTRAL_LIST, '[TOOL_CALLS] [{"name": "stop", "arguments": {}, "id": "abcdefghi"}]', "", [STOP]),
    (MISTRAL_LIST, '[TOOL_CALLS]{"name": "stop", "arguments": {}}', "", [STOP]),
    (MISTRAL_LIST, 'Ok. [TOOL_CALLS][{"name": "stop", "arguments": {}}, x]', "Ok., x]", [STOP]),
    (MistralFormat(), "[TOOL_CALLS]stop[ARGS]{}[TOOL_CALLS]stop[CALL_ID]abc123def[ARGS]{}", "", [STOP, STOP]),
    (MistralFormat(), 'Ok.[TOOL_CALLS]set_timer[ARGS]{"minutes": 5, "label": "eggs \\"soft\\""}', "Ok.", [TIMER]),
    (MistralFormat(), "[TOOL_CALLS]" + JSON_LIST, "", [TIMER, STOP]),
    (MistralFormat(), "[TOOL_CALLS]fly[ARGS]{}", "[TOOL_CALLS]fly[ARGS]{}", []),
    (GEMMA_4, GEMMA_WEATHER + "<|tool_call>call:stop{}<tool_call|>", "", [WEATHER, STOP]),
    (GEMMA_4, 'Hm.<|tool_call>call:set_timer{label:<|"|>eggs "soft"<|"|>,minutes:5}<tool_call|>', "Hm.", [TIMER]),
    (GEMMA_4, "<|tool_call>call:stop{a:b}<tool_call|>", "<|tool_call>call:stop{a:b}<tool_call|>", []),
    (
        FUNCTION_GEMMA,
        '<start_function_call>call:set_timer{minutes:5,label:<escape>eggs "soft"<escape>}<end_function_call>',
        "",
        [TIMER],
    ),
    (Lfm2Format(), f"<|tool_call_start|>[{PYTHON_WEATHER}, stop()]<|tool_call_end|>", "", [WEATHER, STOP]),
    (Lfm2Format(), "<|tool_call_start|>[stop()]<|tool_call_end|>Stopping now.", "Stopping now.", [STOP]),
    (Lfm2Format(), 'Hm. <|tool_call_start|>[set_timer(minutes=5, label="eggs \\"soft\\"")]', "Hm.", [TIMER]),
    (
        Lfm2Format(),
        "<|tool_call_start|>[stop(1)]<|tool_call_end|>",
        "<|tool_call_start|>[stop(1)]<|tool_call_end|>",
        [],
    ),
    (GRANITE, "<|tool_call|>" + JSON_LIST, "", [TIMER, STOP]),
    (NEMOTRON, f"<TOOLCALL>{JSON_LIST}</TOOLCALL>", "", [TIMER, STOP]),
    (APRIEL, f"<tool_calls>{JSON_LIST}</tool_calls>", "", [TIMER, STOP]),
    (FIREFUNCTION, "Right. functools" + JSON_LIST, "Right.", [TIMER, STOP]),
    (QWEN_CODER, f"Sure.\n{QWEN_WEATHER}\n{QWEN_STOP}", "Sure.", [WEATHER, STOP]),
    (QWEN_CODER, QWEN_STOP.replace("stop", "fly"), QWEN_STOP.replace("stop", "fly"), []),
    (QWEN_CODER, QWEN_STOP.replace("\n", ""), "", [STOP]),
    (SEED, SEED_TIMER, "", [TIMER]),
    (GLM, GLM_TIMER + "\n<tool_call>stop\n</tool_call>", "", [TIMER, STOP]),
    (GLM, "<tool_call>stop or go</tool_call>", "<tool_call>stop or go</tool_call>", []),
    (GLM_COMPACT, "Hm." + GLM_TIMER.replace("\n", ""), "Hm.", [TIMER]),
    (KimiFormat(), KIMI_CALLS, "", [TIMER, STOP]),
    (KimiFormat(), "Ok." + KIMI_CALLS.replace("functions.", ""), "Ok.", [TIMER, STOP]),
    (KimiFormat(), KIMI_CALLS.replace("stop", "fly").replace("set_timer", "fly"), None, []),
    (DEEPSEEK_V3, DEEPSEEK_STOPS, "", [STOP, STOP]),
    (DEEPSEEK_V3, "Well, " + R1_TIMER, "Well,", [TIMER]),
    (DEEPSEEK_R1, R1_TIMER, "", [TIMER]),
]
IDS = [f"{type(form).__name__}-{i}" for i, (form, *_) in enumerate(SCRIPTS)]


def read(form, pieces, *, hold=True, truncated=False):
    """Content and calls; checks the order of events."""
    parser = form.parser(NAMES, hold=hold)
    events = [event for piece in pieces for event in parser.push(piece)] + parser.finish(truncated=truncated)
    content, calls = "", []
    for event in events:
        match event:
            case ContentDelta(text):
                content += text
            case CallStarted(index, _, name):
                assert index == len(calls)
                calls.append([name, "", False])
            case ArgumentsDelta(index, text):
                assert index == len(calls) - 1 and not calls[index][2]
                calls[index][1] += text
            case CallEnded(index):
                calls[index][2] = True
    return content, [(name, json.loads(arguments)) for name, arguments, is_ended in calls if is_ended]


@pytest.mark.parametrize(("form", "text", "content", "calls"), SCRIPTS, ids=IDS)
def test_whole_and_by_character(form, text, content, calls):
    content = text if content is None else content
    assert read(form, [text]) == (content, calls)
    assert read(form, text) == (content, calls)
    if calls:
        assert read(form, text, hold=False) == (content, calls)


@given(st.sampled_from(SCRIPTS), st.lists(st.integers(1, 12), min_size=1), st.booleans(), st.integers(0, 40))
def test_any_chunking_gives_the_same(script, sizes, hold, n_cut):
    form, text, _, _ = script
    text = text[: len(text) - n_cut]
    pieces, rest, i = [], text, 0
    while rest:
        size = sizes[i % len(sizes)]
        pieces, rest, i = [*pieces, rest[:size]], rest[size:], i + 1
    truncated = n_cut > 0
    assert read(form, pieces, hold=hold, truncated=truncated) == read(form, [text], hold=hold, truncated=truncated)


@pytest.mark.parametrize(("form", "text", "content", "calls"), SCRIPTS, ids=IDS)
def test_a_cut_call_is_never_presented_as_complete(form, text, content, calls):
    for length in range(len(text)):
        _, found = read(form, [text[:length]], truncated=True)
        assert found == calls[: len(found)]


STREAMED = [
    (LlamaFormat(), ['{"name": "set_timer", "parameters": {"min', 'utes": 5', "}}"]),
    (MistralFormat(), ['[TOOL_CALLS]set_timer[ARGS]{"min', 'utes": 5', "}"]),
    (MISTRAL_LIST, ['[TOOL_CALLS][{"name": "set_timer", "arguments": {"min', 'utes": 5', "}}]"]),
    (GEMMA_4, ["<|tool_call>call:set_timer{minutes:", "5,", "b:1}<tool_call|>"]),
    (Lfm2Format(), ["<|tool_call_start|>[set_timer(minutes=", "5,", " b=1)]<|tool_call_end|>"]),
    (KimiFormat(), [KIMI_CALLS[:110], KIMI_CALLS[110:118], KIMI_CALLS[118:158]]),
    (DEEPSEEK_R1, [R1_TIMER[:80], R1_TIMER[80:90], R1_TIMER[90:140]]),
    (QWEN_CODER, [QWEN_WEATHER[:70], QWEN_WEATHER[70:110], QWEN_WEATHER[110:]]),
    (GLM, [GLM_TIMER[:40], GLM_TIMER[40:80], GLM_TIMER[80:]]),
]


@pytest.mark.parametrize(("form", "pieces"), STREAMED, ids=lambda value: type(value).__name__)
def test_arguments_stream_as_they_are_written(form, pieces):
    parser = form.parser(NAMES, hold=False)
    kinds = [[type(event) for event in parser.push(piece)] for piece in pieces]
    assert kinds[0][:2] == [CallStarted, ArgumentsDelta]
    assert kinds[1] and set(kinds[1]) == {ArgumentsDelta}
    assert kinds[2][-1] is CallEnded
    assert sum(kind.count(CallStarted) for kind in kinds) == 1


@pytest.mark.parametrize("form", [*FORMATS, GENERIC], ids=lambda form: form.marker)
def test_what_a_form_writes_it_reads(form):
    calls = [TIMER, STOP, WEATHER]
    written = form.write([{"name": name, "arguments": arguments} for name, arguments in calls])
    assert read(form, written) == ("", calls)


@pytest.mark.parametrize("hold", [True, False])
def test_held_calls_are_shown_to_the_check(hold):
    seen = []
    parser = Lfm2Format().parser(NAMES, hold=hold, check=lambda *call: seen.append(call))
    parser.push("<|tool_call_start|>[set_timer(minutes=5), stop()]<|tool_call_end|>")
    parser.finish(truncated=False)
    assert seen == ([("set_timer", {"minutes": 5}), ("stop", {})] if hold else [])


def test_a_call_without_a_marker_of_its_own_is_shown_too():
    seen = []
    parser = LlamaFormat().parser(NAMES, hold=False, check=lambda *call: seen.append(call))
    parser.push('{ "name": "set_timer", "parameters": {"minutes": "five"}}')
    parser.finish(truncated=False)
    assert seen == [("set_timer", {"minutes": "five"})]


FAMILIES = {
    HermesFormat: ["Qwen-Qwen2.5-7B-Instruct", "Qwen-Qwen3-0.6B", "NousResearch-Hermes-3-Llama-3.1-8B-tool_use"],
    LlamaFormat: ["meta-llama-Llama-3.1-8B-Instruct", "meta-llama-Llama-3.2-3B-Instruct"],
    MistralFormat: ["Mistral-Small-3.2-24B-Instruct-2506", "mistralai-Ministral-3-14B-Reasoning-2512"],
    Lfm2Format: ["LFM2-8B-A1B", "LFM2.5-8B-A1B", "LFM2.5-Instruct"],
}
ALONE = {
    "mistralai-Mistral-Nemo-Instruct-2407": MISTRAL_LIST,
    "ibm-granite-granite-3.3-2B-Instruct": GRANITE,
    "NVIDIA-Nemotron-Nano-v2": NEMOTRON,
    "fireworks-ai-llama-3-firefunction-v2": FIREFUNCTION,
    "google-gemma-4-31B-it": GEMMA_4,
    "unsloth-Apriel-1.5": APRIEL,
    "Qwen3-Coder": QWEN_CODER,
    "Qwen3.5-4B": QWEN_CODER,
    "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": QWEN_CODER,
    "StepFun3.5-Flash": QWEN_CODER,
    "ByteDance-Seed-OSS": SEED,
    "GLM-4.6": GLM,
    "poolside-Laguna-XS.2": GLM,
    "GLM-4.7-Flash": GLM_COMPACT,
    "Spark2.5": GLM_COMPACT,
    "Kimi-K2-Instruct": KimiFormat(),
    "deepseek-ai-DeepSeek-V3.1": DEEPSEEK_V3,
    "llama-cpp-deepseek-r1": DEEPSEEK_R1,
}
UNKNOWN = ["google-gemma-2-2b-it", "microsoft-Phi-3.5-mini-instruct", "llama-cpp-rwkv-world", "openai-gpt-oss-120b"]


def test_templates_tell_the_family(shared_data):
    found = {path.stem: detect_tool_format(path.read_text()) for path in (shared_data / "templates").glob("*.jinja")}
    for kind, names in FAMILIES.items():
        assert all(type(found[name]) is kind for name in names)
    assert all(found[name] == form or type(found[name]) is type(form) is KimiFormat for name, form in ALONE.items())
    assert all(found[name] is GENERIC for name in UNKNOWN)
