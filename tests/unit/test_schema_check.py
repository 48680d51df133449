"""Values against whole schemas: the verdicts of the jsonschema package, in bounded time."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from electron_local.chat.schema_check import SchemaCheck, is_checked

NAMES = ("a", "b", "c")
SCALARS = (None, True, False, 0, 1, 2.0, 2.5, 7, -1, "", "a", "bc", "été")
VALUES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(("null", "boolean", "integer", "number", "string", "array", "object"))
COUNTS = st.integers(0, 3)
NUMBERS = st.sampled_from((-1, 0, 1, 2, 2.5))
SOME_NAMES = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)
LIMITS = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
    "const": VALUES,
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), NUMBERS),
    "multipleOf": st.sampled_from((1, 2, 0.5, 2.5)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), COUNTS),
    "required": SOME_NAMES,
    "dependentRequired": st.dictionaries(st.sampled_from(NAMES), SOME_NAMES, max_size=2),
    "uniqueItems": st.booleans(),
    **dict.fromkeys(("minContains", "maxContains"), COUNTS),
    "$ref": st.sampled_from(("#/$defs/a", "#/$defs/b")),
}
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
MAPS = ("properties", "dependentSchemas")
SINGLES = ("additionalProperties", "items", "not", "if", "then", "else", "contains", "propertyNames")


@st.composite
def schemas(draw, n_levels=3):
    inner = schemas(n_levels=n_levels - 1) | st.booleans()
    schema = {}
    for key in draw(st.lists(st.sampled_from([*LIMITS, *(LISTS + MAPS + SINGLES) * bool(n_levels)]), max_size=4)):
        if key in LIMITS:
            values = LIMITS[key]
        elif key in SINGLES:
            values = inner
        elif key in LISTS:
            values = st.lists(inner, min_size=1, max_size=3)
        else:
            values = st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
        schema[key] = draw(values)
    return schema


LEAVES = st.booleans() | st.builds(lambda name: {"type": name}, TYPES)


@settings(max_examples=300)
@given(schema=schemas(), defs=st.tuples(LEAVES, LEAVES), value=VALUES)
def test_the_verdict_is_that_of_jsonschema(schema, defs, value):
    schema = {**schema, "$defs": dict(zip("ab", defs, strict=True))}
    is_valid = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (SchemaCheck(schema).broken(value) is None) is is_valid


@pytest.mark.parametrize(
    ("schema", "value", "path"),
    [
        ({"properties": {"a": {"items": {"type": "null"}}}}, {"a": [None, 1]}, ("properties", "a", "items", "type")),
        ({"properties": {"a": False}}, {"a": 1}, ("properties", "a")),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"enum": [1]}}}, 2, ("$ref", "enum")),
        ({"allOf": [{}, {"minimum": 3}]}, 2, ("allOf", 1, "minimum")),
        ({"if": {"const": 1}, "then": {"const": 2}}, 1, ("then", "const")),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ("dependentRequired", "a", "required")),
        ({"multipleOf": 0.1}, 0.3, None),
        ({"items": {"$ref": "#"}, "maxItems": 1}, [[[], []]], ("items", "$ref", "maxItems")),
        ({"patternProperties": {"a": {}}, "additionalProperties": False}, {"b": 1}, None),
    ],
    ids=str,
)
def test_the_path_leads_to_the_keyword(schema, value, path):
    assert SchemaCheck(schema).broken(value) == path


@pytest.mark.parametrize("pattern", ["^(?=a)(a+)+$", "^(a+)+$", r"(a|a)*\1$"])
@pytest.mark.parametrize("key", ["pattern", "patternProperties"])
def test_no_pattern_is_run(pattern, key):
    """Python's own matcher would take years."""
    text = "a" * 100 + "!"
    schema = {"pattern": pattern} if key == "pattern" else {"patternProperties": {pattern: False}}
    assert SchemaCheck(schema).broken(text if key == "pattern" else {text: 1}) is None


def doubled(n_levels, last):
    levels = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(n_levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**levels, f"d{n_levels}": last}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (doubled(40, {"uniqueItems": True}), [1, 2]),
        (doubled(10, {"const": list(range(10_000))}), list(range(10_000))),
        ({**doubled(40, {"not": False}), "anyOf": [False, {"$ref": "#/$defs/d0"}]}, 1),
        ({"type": "array", "uniqueItems": True}, [{"n": n} for n in range(200_000)]),
        ({"items": {"enum": list(range(10_000))}, "uniqueItems": True}, list(range(100_000))),
    ],
    ids=("doubling", "long constants", "in branches", "many items", "many items of many"),
)
def test_what_takes_too_long_is_given_up(schema, value):
    with pytest.raises(RuntimeError, match="too long"):
        SchemaCheck(schema).broken(value)


def test_a_long_call_is_checked():
    parts = {"kind": {"enum": ["x", "y"]}, "n": {"type": "integer", "minimum": 1}}
    item = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
    value = [{"kind": "x", "n": n} for n in range(1, 1000)]
    check = SchemaCheck({"items": item})
    assert check.broken(value) is None
    assert check.broken([*value, {"kind": "z", "n": 1}]) == ("items", "properties", "kind", "enum")


@pytest.mark.parametrize(
    ("path", "checked"),
    [
        (("properties", "a", "pattern"), False),
        (("properties", "pattern"), True),
        (("format",), False),
        (("allOf", 0, "not"), True),
        ((), True),
    ],
    ids=str,
)
def test_what_is_not_checked(path, checked):
    assert is_checked(path) is checked
