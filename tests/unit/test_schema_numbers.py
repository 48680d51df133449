"""Numbers that the grammar library would round, or die of."""

from __future__ import annotations

import pytest

from electron_local.chat.schema import relax_schema

LEAST, LARGEST = -(2**63), 2**63 - 1024


@pytest.mark.parametrize(
    "schema",
    [
        {"const": LEAST},
        {"enum": [1, LEAST]},
        {"const": {"a": [LEAST]}},
        {"const": 175928847299117063},
        {"enum": [10**400]},
        {"const": 123456789.12345679},
        {"multipleOf": 2**53 + 1},
        {"maximum": LEAST},
        {"exclusiveMinimum": 2**63},
        {"minimum": 1e300},
    ],
)
def test_what_would_not_be_written_as_it_is_is_left_out(schema):
    relaxed, left_out = relax_schema(schema)
    (keyword,) = schema
    assert [path for path, _ in left_out] == [(keyword,)] and relaxed == {}


@pytest.mark.parametrize(
    ("bounds", "narrowed"),
    [
        ({"minimum": LEAST, "maximum": 2**63 - 1}, {"minimum": -LARGEST, "maximum": LARGEST}),
        ({"minimum": -1e20, "maximum": 10**400}, {"minimum": -LARGEST, "maximum": LARGEST}),
        ({"minimum": 10**18 + 1, "maximum": 10**18 + 300}, {"minimum": 10**18 + 128, "maximum": 10**18 + 256}),
        ({"exclusiveMinimum": -(2**60) - 1}, {"exclusiveMinimum": -(2**60)}),
        ({"exclusiveMinimum": LEAST - 1, "maximum": LEAST + 1}, {"exclusiveMinimum": -LARGEST}),
    ],
)
def test_bounds_are_rounded_inward(bounds, narrowed):
    assert relax_schema({"type": "integer", **bounds}).schema == {"type": "integer", **narrowed}


@pytest.mark.parametrize("schema", [{"const": 2**53}, {"const": -0.5}, {"enum": [2**62, 1e22]}, {"multipleOf": 0.01}])
def test_what_is_kept_stays(schema):
    assert relax_schema(schema) == (schema, ())
