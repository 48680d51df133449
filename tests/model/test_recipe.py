"""The recipe of electron-nano: its template, its data, and that what is held out stays out."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from llama_cpp import Llama

RECIPE = Path(__file__).resolve().parents[2] / "models" / "electron-nano"
sys.path.insert(0, str(RECIPE))

from data import held_out, intents, mixture, people_tools, requests  # noqa: E402
from data.apart import kept_apart  # noqa: E402
from data.known_tools import DOMAINS, TOOLS  # noqa: E402
from data.people_slots import integer  # noqa: E402
from data.public_text import FILES  # noqa: E402
from data.requests import Style, follow_up  # noqa: E402
from data.sources import Sources  # noqa: E402
from data.wording import as_heard, expand, normal, number_words  # noqa: E402
from evaluation.copying import repeated_runs  # noqa: E402
from evaluation.known import asked  # noqa: E402
from evaluation.score import Score  # noqa: E402
from evaluation.speaker import Answer, Speaker, as_requested  # noqa: E402
from rendering import CONTROL, TEMPLATE_PATH, USER_DEFINED, render  # noqa: E402

TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict}
MODEL = RECIPE / "electron-nano.gguf"


@pytest.mark.parametrize("stage", [0, 1])
def test_rendering_is_append_only(stage: int) -> None:
    for dialogue in mixture.dialogues(seed=7, count=60, stage=stage):
        whole = dialogue.text
        for i, message in enumerate(dialogue.messages):
            assert whole.startswith(render(dialogue.messages[:i], dialogue.tools)) or i == 0
            if message["role"] == "assistant":
                assert whole.startswith(render(dialogue.messages[:i], dialogue.tools, generate=True))


def test_arguments_render_alike_from_object_and_string() -> None:
    arguments = {"item": 'Käse "extra"', "quantity": 2}
    texts = []
    for given in (arguments, json.dumps(arguments, ensure_ascii=False)):
        call = {"function": {"name": "order_item", "arguments": given}}
        messages: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": [call]}]
        texts.append(render([{"role": "user", "content": "x"}, *messages], TOOLS))
    assert texts[0] == texts[1]
    assert '<tool_call>\n{"name": "order_item", "arguments": {"item": "Käse \\"extra\\"", "quantity": 2}}' in texts[0]


def test_same_seed_gives_same_dialogues() -> None:
    first, second = ([d.text for d in mixture.dialogues(seed=3, count=20)] for _ in range(2))
    assert first == second
    assert first != [d.text for d in mixture.dialogues(seed=4, count=20)]


def test_nothing_of_the_evaluation_is_in_training() -> None:
    apart = kept_apart(None)
    tested = {normal(requests.test(tool, Style(True, 0.0), Random(i)).text) for tool in DOMAINS for i in range(200)}
    for dialogue in mixture.dialogues(seed=11, count=800):
        assert not apart.found(dialogue.messages, dialogue.tools)
        assert not tested & {normal(m["content"]) for m in dialogue.messages if m["role"] == "user"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Public dialogue text of the kind that the recipe reads: two intents to train on, one that is held out."""
    rows = {
        "clinc": [{"split": "train", "intent": "flip_coin", "text": f"flip a coin {i}"} for i in range(9)],
        "snips": [
            {
                "intent": "RateBook",
                "text": f"rate Volume {i} four stars ",
                "slots": [["object_name", f"Volume {i}"], ["rating_value", "four"]],
            }
            for i in range(40)
        ],
        "home": [
            {"intent": "transport_traffic", "text": f"traffic in town{i}", "slots": [["place_name", f"town{i}"]]}
            for i in range(40)
        ],
    }
    for name, path in FILES.items():
        with gzip.open(tmp_path / path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows[name])
    return tmp_path


def test_tools_of_people_ask_for_what_was_said(folder: Path) -> None:
    by_key = {intent.key: intent for intent in people_tools.intents(folder)}
    assert set(by_key) == {"snips/RateBook", "home/transport_traffic"}
    rating = by_key["snips/RateBook"]
    assert rating.slots == rating.required == ["object_name", "rating_value"]
    offer = rating.tool(Random(1))
    arguments = offer.arguments(rating.said[0])
    assert list(arguments) == list(offer.definition["function"]["parameters"]["properties"])
    assert sorted(map(str, arguments.values())) == sorted(("4", rating.said[0].text.split(" four")[0][5:]))


def test_coffee_dialogues_become_orders(tmp_path: Path) -> None:
    asked = [
        ("Hi, could I get two Lattes, please?", {"query": "latte"}, {"quantity": "2"}),
        ("A large mocha please", {"query": "mocha"}, {"quantity": "1"}),
        ("I would like a chai with oat milk", {"query": "chai"}, {"quantity": "1", "attributes": [{"option": "Oat"}]}),
    ]
    with gzip.open(tmp_path / "taskmaster4_coffee.jsonl.gz", "wt", encoding="utf-8") as file:
        for text, query, order in asked:
            calls = [("get_menu_items", query), ("add_order_item", order)]
            annotations = [
                part for name, args in calls for part in (["api_call", name, "0"], ["request", json.dumps(args), "0"])
            ]
            file.write(json.dumps({"turns": [{"speaker": "user", "text": text, "annotations": annotations}]}) + "\n")
    found = [*requests.worded(tmp_path)["order_item"], *requests.worded(tmp_path, test=True)["order_item"]]
    assert [(r.text, r.args) for r in found] == [(asked[0][0], {"item": "Latte", "quantity": 2})]


def test_held_out_tools_and_requests_stay_out(folder: Path) -> None:
    apart, asked_for = kept_apart(folder), set()
    assert {"flip_coin", "toss_coin"} <= apart.names
    assert "flip a coin 3" in apart.said
    for dialogue in mixture.dialogues(seed=2, count=300, sources=Sources(folder)):
        assert not apart.found(dialogue.messages, dialogue.tools)
        asked_for |= {t["function"]["name"] for t in dialogue.tools}
    assert asked_for & {"rate_book", "book_rating", "give_stars"}


def test_parts_for_training_and_for_tests_share_no_request(folder: Path) -> None:
    for intent in people_tools.intents(folder):
        kept = next(i for i in people_tools.intents(folder, test=True) if i.key == intent.key)
        assert intent.said
        assert kept.said
        assert not {s.text for s in intent.said} & {s.text for s in kept.said}


def test_intents_that_two_sets_name_differently_clash() -> None:
    assert intents.clash("clinc/weather", "demo/get_weather")
    assert not intents.clash("clinc/weather", "clinc/traffic")
    assert not intents.clash("home/alarm_set", "home/alarm_remove")


@pytest.mark.parametrize(("text", "number"), [("6", 6), ("twenty-two", 22), ("four", 4), ("a few", None)])
def test_integers_of_slots(text: str, number: int | None) -> None:
    assert integer(text) == number


def test_a_follow_up_changes_the_argument() -> None:
    said = [follow_up("get_weather", Style(True, 0.0), Random(i)) for i in range(20)]
    assert all(request.args["city"] in request.text for request in said)
    assert any(request.text.startswith("and ") for request in said)


def test_calls_fit_the_schemas_that_are_offered() -> None:
    for dialogue in mixture.dialogues(seed=5, count=300):
        schemas = {t["function"]["name"]: t["function"]["parameters"] for t in dialogue.tools}
        for message in dialogue.messages:
            for call in message.get("tool_calls", []):
                schema, arguments = schemas[call["function"]["name"]], call["function"]["arguments"]
                assert set(schema["required"]) <= set(arguments) <= set(schema["properties"])
                for name, value in arguments.items():
                    assert value in schema["properties"][name].get("enum", [value])
                    assert isinstance(value, TYPES[schema["properties"][name]["type"]])


@pytest.mark.parametrize(("n", "words"), [(0, "zero"), (22, "twenty two"), (40, "forty"), (105, "one hundred five")])
def test_number_words(n: int, words: str) -> None:
    assert number_words(n) == words


def test_heard_text_has_no_capitals_or_marks() -> None:
    assert as_heard("Play  Hey Jude, please!") == "play hey jude please"


def test_grammar_chooses_and_leaves_out() -> None:
    said = {expand("[please] (open|shut) the {w}", Random(i)) for i in range(50)}
    assert said == {"please open the {w}", "please shut the {w}", "open the {w}", "shut the {w}"}


def test_scores_fold_case_and_marks() -> None:
    score = Score()
    got = Answer("", [("play", {"query": "hey jude"})])
    assert score.add_call("row", "said", got, "play", {"query": "Hey, Jude"})
    assert not score.add_call("row", "said", got, "play", {"query": "yesterday"})
    assert score.rows == {"row: right tool": [True, True], "row: exact arguments": [True, False]}


def test_calls_of_the_data_become_calls_of_the_api() -> None:
    call = {"function": {"name": "stop", "arguments": {"now": True}}}
    messages = as_requested(
        [{"role": "assistant", "content": "", "tool_calls": [call]}, {"role": "tool", "content": ""}]
    )
    assert messages[0]["tool_calls"][0]["function"]["arguments"] == '{"now": true}'
    assert messages[1]["tool_call_id"] == messages[0]["tool_calls"][0]["id"]


def test_a_grown_network_computes_the_same() -> None:
    torch = pytest.importorskip("torch")
    from grow import grown
    from model import Nano, Shape

    small = Nano(
        Shape(vocab_size=64, width=32, n_layers=1, n_heads=1, n_kv_heads=1, head_dim=32, hidden=64), list(range(64))
    )
    for block in small.blocks:
        for weight in (block.o.weight, block.down.weight):
            torch.nn.init.normal_(weight, std=0.1)
    large = grown(
        small,
        Shape(vocab_size=64, width=64, n_layers=2, n_heads=2, n_kv_heads=2, head_dim=32, hidden=96),
        list(range(64)),
    )
    ids = torch.arange(20)[None]
    assert torch.allclose(small(ids), large(ids), atol=1e-4)


@pytest.fixture(scope="module")
def llama() -> Iterator[Llama]:
    llama = Llama(str(MODEL), vocab_only=True, verbose=False)
    yield llama
    llama.close()


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    speaker = Speaker(MODEL)
    yield speaker
    speaker.close()


def test_gguf_holds_the_template_and_the_special_tokens(llama: Llama) -> None:
    assert llama.metadata["tokenizer.chat_template"] == TEMPLATE_PATH.read_text(encoding="utf-8")
    assert llama.metadata["tokenizer.ggml.add_bos_token"] == "false"
    assert llama.detokenize([llama.token_eos()], special=True) == b"<|im_end|>"
    for piece in (*CONTROL, *USER_DEFINED):
        assert len(llama.tokenize(piece.encode(), add_bos=False, special=True)) == 1


@pytest.mark.parametrize("text", ["Grüße aus Köln", "日本語のテスト", "🙂 12:30\n\tx", "naïve café\r\n  two"])
def test_any_language_survives_the_tokenizer(llama: Llama, text: str) -> None:
    tokens = llama.tokenize(text.encode(), add_bos=False)
    assert llama.detokenize(tokens) == text.encode()


@pytest.mark.parametrize(("said", "tool", "arguments"), held_out.SENTENCES)
def test_demo_requests_are_called_exactly(speaker: Speaker, said: str, tool: str, arguments: dict[str, Any]) -> None:
    assert speaker.answer(asked(said), TOOLS).calls == [(tool, arguments)]


def test_random_runs_are_repeated(speaker: Speaker) -> None:
    score = Score()
    repeated_runs(speaker, score, 2)
    (row,) = score.rows
    assert len(score.rows[row]) == 96 and score.share(row) > 0.9
