"""Python functions as tools: schemas out of signatures, arguments into them, results out of them."""

from __future__ import annotations

import json
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import jsonschema
import pytest
from conversation_rig import Rig

from electron_local.errors import InvalidArgumentError
from electron_local.voice.events import ItemDone, ToolReturned
from electron_local.voice.history import ToolCall
from electron_local.voice.tool_arguments import read_arguments, result_text
from electron_local.voice.tool_runner import call_tool, named_tools
from electron_local.voice.tool_schema import tool_schema
from voice_fakes import Call


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Address(TypedDict, total=False):
    street: str
    number: int


@dataclass
class Topping:
    name: str
    extra: bool = False
    notes: list[str] = field(default_factory=list)


def order(  # noqa: PLR0917
    item: str,
    quantity: int,
    size: Size,
    toppings: list[Topping],
    to: Address,
    pay: Literal["cash", "card"] = "card",
    tip: float | None = None,
    when: int | str | None = None,
    flags: dict[str, bool] | None = None,
    pair: tuple[int, str] = (1, "a"),
    tags: set[str] = frozenset(),
    code: Annotated[str, "four digits"] = "0000",
    rest: Any = None,
) -> dict[str, Any]:
    """Order food
    for pick-up.

    More about it.

    Args:
        item: what to order,
            as on the menu
        quantity (int): how many
        nobody: not a parameter

    Returns:
        the order
    """
    return {"item": item, "size": size, "toppings": toppings}


def test_a_schema_has_what_the_signature_and_the_docstring_say():
    schema = tool_schema(order)
    jsonschema.Draft202012Validator.check_schema(schema["parameters"])
    assert (schema["type"], schema["name"]) == ("function", "order")
    assert schema["description"] == "Order food for pick-up. More about it."
    properties = schema["parameters"]["properties"]
    assert schema["parameters"]["required"] == ["item", "quantity", "size", "toppings", "to"]
    assert properties["item"] == {"type": "string", "description": "what to order, as on the menu"}
    assert properties["quantity"] == {"type": "integer", "description": "how many"}
    assert properties["size"] == {"type": "string", "enum": ["small", "large"]}
    topping = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "extra": {"type": "boolean"},
            "notes": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name"],
    }
    assert properties["toppings"] == {"type": "array", "items": topping}
    assert properties["to"] == {
        "type": "object", "properties": {"street": {"type": "string"}, "number": {"type": "integer"}}, "required": []
    }  # fmt: skip
    assert properties["pay"] == {"type": "string", "enum": ["cash", "card"], "default": "card"}
    assert properties["tip"] == {"type": "number"}
    assert properties["when"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert properties["flags"] == {"type": "object", "additionalProperties": {"type": "boolean"}}
    pair = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2}
    assert properties["pair"] == {**pair, "default": (1, "a")}
    assert properties["tags"] == {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    assert properties["code"] == {"type": "string", "description": "four digits", "default": "0000"}
    assert properties["rest"] == {}


def test_an_optional_parameter_without_a_default_may_be_null():
    def find(name: str | None) -> None: ...

    parameters = tool_schema(find)["parameters"]
    assert parameters["required"] == ["name"]
    assert parameters["properties"]["name"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


BARE = (tuple, list, set, dict, typing.Tuple, typing.List, typing.Dict, typing.Sequence)  # noqa: UP006


@pytest.mark.parametrize("hint", BARE, ids=str)
def test_containers_that_name_no_items_hold_any(hint):
    def tool(given): ...

    tool.__annotations__["given"] = hint
    given = {"a": 1} if "ict" in str(hint) else ["a", 1]
    schema = tool_schema(tool)["parameters"]
    jsonschema.validate({"given": given}, schema)
    assert read_arguments(tool, json.dumps({"given": given}))["given"] in (given, ("a", 1), {"a", 1})


def test_fields_of_a_docstring_are_read_too():
    def turn(degrees: int, unit: str = "c") -> None:
        """Turn it.

        :param degrees: how far
        :param str unit: c or f
        :returns: nothing
        """

    properties = tool_schema(turn)["parameters"]["properties"]
    assert properties["degrees"]["description"] == "how far"
    assert properties["unit"] == {"type": "string", "default": "c", "description": "c or f"}


def test_pydantic_models_bring_their_own_schema():
    pydantic = pytest.importorskip("pydantic")

    class Street(pydantic.BaseModel):
        name: str

    class House(pydantic.BaseModel):
        street: Street
        number: int = pydantic.Field(ge=1)

    def visit(house, houses=()):
        return house.street.name

    visit.__annotations__ = {"house": House, "houses": Sequence[House]}
    schema = tool_schema(visit)["parameters"]
    validator = jsonschema.Draft202012Validator(schema)
    good = {"house": {"street": {"name": "Elm"}, "number": 3}}
    assert validator.is_valid(good)
    assert not validator.is_valid({"house": {"street": {}, "number": 3}})
    assert call_tool({"visit": visit}, ToolCall("c", "visit", json.dumps(good))) == ("Elm", False)
    output, failed = call_tool({"visit": visit}, ToolCall("c", "visit", '{"house": {"number": 0}}'))
    assert failed
    assert "number" in json.loads(output)["error"]


def test_what_has_no_schema_is_named():
    def bad(thing: object, /) -> None: ...
    def worse(*things: int) -> None: ...
    def keyed(table: dict[int, str]) -> None: ...
    def odd(when: complex) -> None: ...
    def named(place: typing.NamedTuple("Place", [("x", int)])) -> None: ...  # type: ignore[valid-type]

    tools = ((bad, "thing"), (worse, "things"), (keyed, "table"), (odd, "when"), (named, "place"))
    for tool, word in tools:
        with pytest.raises(InvalidArgumentError, match=f"parameter '{word}' of tool '{tool.__name__}'"):
            tool_schema(tool)


def test_arguments_become_what_the_hints_say():
    text = json.dumps({
        "item": "pizza", "quantity": 2, "size": "large", "toppings": [{"name": "olives", "extra": True}],
        "to": {"street": "Elm"}, "tip": 2, "when": "noon", "flags": {"hot": True}, "pair": [2, "b"], "tags": ["x", "x"],
    })  # fmt: skip
    arguments = read_arguments(order, text)
    assert arguments["size"] is Size.LARGE
    assert arguments["toppings"] == [Topping("olives", True)]
    assert (arguments["tip"], type(arguments["tip"])) == (2.0, float)
    assert (arguments["pair"], arguments["tags"], arguments["when"]) == ((2, "b"), {"x"}, "noon")
    jsonschema.validate(json.loads(text) | {"tags": ["x"]}, tool_schema(order)["parameters"])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("[]", "JSON object"), ("{", "JSONDecodeError"), ('{"quantity": "two"}', "quantity must be int"),
        ('{"quantity": true}', "quantity must be int"), ('{"size": "huge"}', "huge"),
        ('{"pay": "gold"}', "pay must be"),
        ('{"toppings": {}}', "toppings must be a list"), ('{"toppings": [{"nam": "x"}]}', "nam"),
        ('{"pair": [1]}', "pair must have 2"), ('{"flags": 3}', "flags must be an object"),
        ('{"when": []}', "when must be"), ("{}", "missing"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_told_to_the_model(arguments, word):
    output, failed = call_tool({"order": order}, ToolCall("c", "order", arguments))
    assert failed
    assert word in json.loads(output)["error"]


def test_results_are_text():
    result = {"item": "x", "size": Size.SMALL, "toppings": [Topping("a")], "tags": {"t"}}
    assert json.loads(result_text(result)) == {
        "item": "x", "size": "small", "toppings": [{"name": "a", "extra": False, "notes": []}], "tags": ["t"]
    }  # fmt: skip
    assert (result_text("plain"), result_text(None), result_text(21.5)) == ("plain", "null", "21.5")


def test_coroutines_and_exits_do_not_end_the_session():
    async def slow(n: int) -> int:
        return n + 1

    def leave() -> None:
        raise SystemExit("bye")

    tools = named_tools([slow, leave])
    assert call_tool(tools, ToolCall("c", "slow", '{"n": 1}')) == ("2", False)
    assert call_tool(tools, ToolCall("c", "leave", "{}")) == ('{"error": "SystemExit: bye"}', True)


def test_two_tools_of_one_name_raise():
    with pytest.raises(InvalidArgumentError, match="'order'"):
        named_tools([order, order])


def test_a_session_takes_plain_functions():
    def get_weather(city: str, days: int = 1) -> dict[str, Any]:
        """Get the weather forecast."""
        return {"city": city, "days": days, "sky": "clear"}

    rig = Rig([Call("get_weather", {"city": "Rome"})], ["Clear."], heard=["weather in rome"], tools=[get_weather])
    rig.say(700)
    rig.quiet(3000)
    function = rig.chat.requests[0]["tools"][0]["function"]
    assert (function["name"], function["description"]) == ("get_weather", "Get the weather forecast.")
    assert json.loads(rig.of(ToolReturned)[0].output) == {"city": "Rome", "days": 1, "sky": "clear"}
    assert rig.of(ItemDone)[-1].item.text.strip() == "Clear."
