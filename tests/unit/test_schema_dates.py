"""Dates in schemas: every day of the calendar and no other."""

from __future__ import annotations

import datetime
import re

import pytest

from electron_local.chat.schema import relax_schema
from electron_local.chat.schema_dates import DATE, date_pattern


def is_date(text):
    try:
        return str(datetime.date.fromisoformat(text)) == text
    except ValueError:
        return False


@pytest.mark.parametrize(
    "year", ["0000", "0001", "0004", "0100", "0400", "1900", "2000", "2023", "2024", "2100", "9999"]
)
def test_every_day_of_the_calendar_and_no_other(year):
    for month in range(14):
        for day in range(33):
            text = f"{year}-{month:02}-{day:02}"
            assert bool(re.fullmatch(DATE, text)) == is_date(text), text


def test_leap_years_are_those_of_the_calendar():
    for year in range(10000):
        text = f"{year:04}-02-29"
        assert bool(re.fullmatch(DATE, text)) == is_date(text), text


def test_a_date_gets_the_pattern():
    relaxed = relax_schema({"type": "object", "properties": {"day": {"type": "string", "format": "date"}}})
    assert relaxed.schema["properties"]["day"] == {"type": "string", "format": "date", "pattern": f"^{DATE}$"}
    assert relaxed.left_out == ()


@pytest.mark.parametrize("own", [{"pattern": "^2024"}, {"enum": ["2024-01-01"]}, {"const": "2024-01-01"}])
def test_what_is_told_in_other_ways_stays(own):
    schema = {"type": "string", "format": "date", **own}
    assert date_pattern(schema) is None
    assert relax_schema(schema).schema == schema
