"""Public dialogue text that the recipe can add: read from a folder given by the user, nothing where it is absent."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .intents import held_out_intents
from .tables import words

FILES = {"clinc": "clinc150.jsonl.gz", "snips": "snips_train.jsonl.gz", "home": "home_iot.jsonl.gz"}
# Intents of CLINC150 that one of the demo's tools or the small talk serves.
_SERVED = set(
    words(
        """
    weather timer make_call play_music directions order next_song current_location alarm greeting goodbye thank_you
are_you_a_bot what_is_your_name how_old_are_you tell_joke yes no maybe repeat cancel user_name change_user_name
change_ai_name what_can_i_ask_you temperature where_are_you_from who_made_you who_do_you_work_for
what_are_your_hobbies do_you_have_pets fun_fact meaning_of_life distance restaurant_suggestion update_playlist
what_song traffic gas oos change_language whisper_mode change_speed change_volume change_accent reset_settings
sync_device"""
    )
)
_HOME_SERVED = (
    "weather", "music", "play_", "audio", "general", "takeaway", "transport", "recommendation", "alarm", "iot_coffee",
    "datetime", "qa_", "cooking",
)  # fmt: skip
# Which of the demo's tools an intent asks for, and which one slot is its argument.
_KNOWN = {
    "GetWeather": ("get_weather", "city", {"city", "country", "state", "geographic_poi"}),
    "PlayMusic": ("play_music", "query", {"artist", "genre", "track", "album"}),
    "weather_query": ("get_weather", "city", {"place_name"}),
    "play_music": ("play_music", "query", {"artist_name", "song_name", "music_genre"}),
}
_HARMLESS = {"condition_temperature", "condition_description", "weather_descriptor", "music_item", "service", "sort"}
TEST_SHARE = 5
_COFFEE = "taskmaster4_coffee.jsonl.gz"


@dataclass(frozen=True)
class Worded:
    """A request in a person's words with its one argument."""

    text: str
    tool: str
    args: dict[str, str | int]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def sentences(folder: Path | None) -> Iterator[str]:
    """All training sentences, for the tokenizer."""
    for name, path in FILES.items() if folder else ():
        for row in rows(Path(folder or "") / path):
            if row.get("split", "train") == "train" and f"{name}/{row['intent']}" not in held_out_intents():
                yield row["text"]


def is_test(text: str) -> bool:
    return zlib.crc32(text.lower().encode()) % TEST_SHARE == 0


@cache
def outside(folder: Path | None) -> list[str]:
    """Requests worded by people that neither the demo's tools nor the small talk serve."""
    if not folder:
        return []
    clinc = [r for r in rows(folder / FILES["clinc"]) if r["split"] == "train" and r["intent"] not in _SERVED]
    home = [r for r in rows(folder / FILES["home"]) if not r["intent"].startswith(_HOME_SERVED)]
    held_out = {key.split("/")[1] for key in held_out_intents()}
    return [r["text"] for r in (*clinc, *home) if r["intent"] not in held_out and not is_test(r["text"])]


@cache
def worded(folder: Path | None, *, test: bool = False) -> list[Worded]:
    """Requests worded by people for the demo's tools, from the part for training or the part for tests."""
    if not folder:
        return []
    found = (*_of_intents(folder), *_orders(folder))
    return [item for item in found if is_test(item.text) == test]


def _of_intents(folder: Path) -> Iterator[Worded]:
    for name in ("snips", "home"):
        for row in rows(folder / FILES[name]):
            tool, key, content = _KNOWN.get(row["intent"], ("", "", set()))
            text = " ".join(row["text"].split())
            values = [" ".join(v.split()) for k, v in row["slots"] if k in content]
            others = {k for k, _ in row["slots"]} - content - _HARMLESS
            if tool and not others and len(values) == 1 and values[0] in text:
                yield Worded(text, tool, {key: values[0]})


def _orders(folder: Path) -> Iterator[Worded]:
    """First requests of the coffee dialogues that order one thing as it is on the menu."""
    for dialogue in rows(folder / _COFFEE):
        turn = dialogue["turns"][0]
        text, asked = " ".join(turn["text"].split()), _queries(turn.get("annotations", []))
        item, order = asked.get("get_menu_items", {}).get("query", "").strip(), asked.get("add_order_item", {})
        place = text.lower().find(item.lower())
        plain = not order.get("attributes") and not order.get("notes") and not _SIZED.search(text.lower())
        if item and place >= 0 and len(item) < len(text) / 2 and plain and str(order.get("quantity", "")).isdigit():
            name = text[place : place + len(item)]
            yield Worded(text, "order_item", {"item": name, "quantity": int(order["quantity"])})


def _queries(annotations: list[list[str]]) -> dict[str, dict[str, Any]]:
    """Arguments by call; nothing for a call that is made twice or whose arguments are no JSON."""
    found: dict[str, dict[str, Any]] = {}
    name = ""
    for kind, text, *_ in annotations:
        if kind == "api_call":
            name = text
        elif kind == "request":
            try:
                found[name] = {} if name in found else json.loads(text)
            except ValueError:
                found[name] = {}
    return found


_SIZED = re.compile(r"\b(small|medium|large|tall|big)\b")
