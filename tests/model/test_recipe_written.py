"""The tools and requests that were written by hand, and what the recogniser made of requests."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from random import Random

import jsonschema
import pytest

RECIPE = Path(__file__).resolve().parents[2] / "models" / "electron-nano"
sys.path.insert(0, str(RECIPE))

from data import collected, intents, written_tools, written_turns  # noqa: E402
from data.conversation import Conversation  # noqa: E402
from data.entities import is_held_out  # noqa: E402
from data.known_tools import DOMAINS, TOOLS  # noqa: E402
from data.requests import Request  # noqa: E402
from data.word_table import WordTable  # noqa: E402
from data.wording import normal, number_words  # noqa: E402

TOOLS_WRITTEN = [tool for tools in written_tools.tools().values() for tool in tools]


def in_words(text: str) -> str:
    """`text` as it is compared, with its numbers spoken."""
    return re.sub(r"\d+", lambda digits: number_words(int(digits.group())), normal(text))


def test_every_written_tool_is_whole() -> None:
    held_out = {name for _, names, _, is_out in intents.listed() if is_out for name in names}
    assert len(TOOLS_WRITTEN) > 400
    for tool in TOOLS_WRITTEN:
        assert len(tool.descriptions) == 3 and len(tool.asked) >= 12 and len(tool.results) >= 2, tool.key
        assert any(not tool.missing(asked) for asked in tool.asked), tool.key
        assert not held_out & set(tool.names), tool.key


def test_arguments_fit_their_schema_and_can_be_read_in_the_request() -> None:
    rng = Random(0)
    for tool in TOOLS_WRITTEN:
        talk = Conversation(rng, written=[written_tools.offer(tool, rng)])
        offer = talk.written[0]
        text, values = written_turns.said(talk, offer)
        arguments = offer.arguments(values)
        schema = offer.definition["function"]["parameters"]
        if not tool.missing(written_tools.Asked("", values)):
            jsonschema.validate(arguments, schema)
        for slot, value in values.items():
            is_open = "enum" not in tool.parameters[slot].schema and isinstance(value.value, str)
            if is_open and normal(value.spoken) == normal(value.value):
                assert in_words(value.value) in in_words(text), (text, value)


def test_offers_are_apart_from_what_is_not_offered() -> None:
    rng = Random(1)
    for _ in range(50):
        offered, absent = written_tools.offers(5, rng)
        assert 1 <= len(offered) <= 5 and len({o.name for o in offered}) == len(offered)
        assert not {o.tool.key for o in offered} & {t.key for t in absent}


def test_a_missing_argument_is_asked_for() -> None:
    rng = Random(2)
    tool = next(t for t in TOOLS_WRITTEN if any(t.missing(a) for a in t.asked))
    talk = Conversation(rng, written=[written_tools.offer(tool, rng)], calls_only=True)
    written_turns.incomplete_turn(talk)
    roles = [m["role"] for m in talk.messages[-4:]]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert talk.messages[-3]["content"].endswith(", please?") and talk.messages[-1]["tool_calls"]


def test_two_requests_give_two_calls_and_both_results() -> None:
    rng = Random(3)
    offered, _ = written_tools.offers(4, rng)
    talk = Conversation(rng, written=offered)
    written_turns.double_turn(talk)
    call = next(m for m in talk.messages if m.get("tool_calls"))
    assert len(call["tool_calls"]) == 2
    assert [m["role"] for m in talk.messages[-3:]] == ["tool", "tool", "assistant"]


@pytest.mark.parametrize(
    "line", ["> take it to {nowhere=x}", "- size | huge", "> {size=enormous}", "< color={hue} | It is {hue}.", "? what"]
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "odd.txt"
    path.write_text(f"= paint, dye\n. Paint it.\n- size | small/large | how big\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.txt:4: "):
        written_tools.read(path)


def test_written_requests_for_the_demo_fit_its_tools() -> None:
    rng, schemas = Random(4), {t["function"]["name"]: t["function"]["parameters"] for t in TOOLS}
    for tool in DOMAINS:
        for _ in range(100):
            found = collected.written(tool, rng, WordTable())
            assert found
            arguments = {slot: value.value for slot, value in found[1].items()}
            jsonschema.validate(arguments, schemas[tool])
            assert list(arguments) == [name for name in schemas[tool]["properties"] if name in arguments]
            assert not any(is_held_out(v) for v in arguments.values() if isinstance(v, str))


def test_what_was_heard_fits_the_demos_tools() -> None:
    rng, schemas = Random(5), {t["function"]["name"]: t["function"]["parameters"] for t in TOOLS}
    for tool in DOMAINS:
        found = collected.heard(tool, rng)
        assert found
        jsonschema.validate(found[1], schemas[tool])


def test_what_can_be_read_of_a_misheard_request() -> None:
    recognise = pytest.importorskip("recognise", reason="needs the recogniser")
    order = Request("could i get two muffins to go", "order_item", {"item": "muffin", "quantity": 2})
    assert recognise.can_be_read(order, "could i get to muffins to go")
    assert not recognise.can_be_read(order, "could i get a muffins")
    assert not recognise.can_be_read(order, "could i get two moving to go")


def test_numbers_above_a_thousand_are_spoken() -> None:
    assert number_words(2500) == "two thousand five hundred"
    assert number_words(41_007) == "forty one thousand seven"


def test_rows_of_rotary_halves_are_brought_back() -> None:
    torch = pytest.importorskip("torch")
    from export import interleaved
    from inherit import halves

    weight = torch.randn(128, 8)
    assert torch.equal(halves(torch.from_numpy(interleaved(weight.numpy(), 2).copy()), 2), weight)
