"""The intents of public dialogue sets of which tools are made (`intents.txt`), and which of them are too alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .tables import words

_TABLE = Path(__file__).with_name("intents.txt")
# Intents of different sets that ask for much the same: never offered, or refused, side by side.
_GROUPS = [
    words(line)
    for line in (
        "clinc/alarm home/alarm_query home/alarm_remove home/alarm_set demo/set_timer",
        "clinc/calendar clinc/calendar_update clinc/meeting_schedule clinc/schedule_meeting home/calendar_query "
        "home/calendar_remove home/calendar_set clinc/reminder clinc/reminder_update",
        "clinc/recipe clinc/ingredients_list clinc/cook_time clinc/meal_suggestion home/cooking_recipe",
        "clinc/date clinc/time clinc/timezone home/datetime_query home/datetime_convert",
        "clinc/exchange_rate home/qa_currency",
        "clinc/definition home/qa_definition home/qa_factoid clinc/fun_fact",
        "clinc/change_volume home/audio_volume_down home/audio_volume_up home/audio_volume_mute home/music_settings",
        "clinc/smart_home home/iot_hue_lightchange home/iot_hue_lightdim home/iot_hue_lightoff home/iot_hue_lighton "
        "home/iot_hue_lightup home/iot_wemo_off home/iot_wemo_on home/iot_coffee home/iot_cleaning",
        "clinc/shopping_list clinc/shopping_list_update clinc/todo_list clinc/todo_list_update home/lists_createoradd "
        "home/lists_query home/lists_remove",
        "home/play_music snips/PlayMusic home/music_query home/music_likeness clinc/what_song clinc/update_playlist "
        "snips/AddToPlaylist home/play_radio clinc/next_song demo/play_music snips/SearchCreativeWork",
        "clinc/restaurant_reservation clinc/restaurant_suggestion clinc/restaurant_reviews clinc/accept_reservations "
        "snips/BookRestaurant home/recommendation_locations clinc/cancel_reservation clinc/confirm_reservation",
        "clinc/traffic home/transport_traffic clinc/distance clinc/directions demo/start_navigation",
        "clinc/weather home/weather_query snips/GetWeather demo/get_weather",
        "clinc/calculator home/qa_maths clinc/measurement_conversion",
        "home/takeaway_order home/takeaway_query demo/order_item clinc/order_status",
        "clinc/travel_suggestion home/recommendation_events",
        "home/transport_taxi clinc/uber home/transport_query home/transport_ticket",
        "home/recommendation_movies snips/SearchScreeningEvent home/play_audiobook",
    )
]


def _group(intent: str) -> int:
    """The number of the group that an intent is in, -1 for none."""
    return next((i for i, members in enumerate(_GROUPS) if intent in members), -1)


def clash(a: str, b: str) -> bool:
    """Whether two intents are too alike to be told apart: one group, but named by different sets."""
    return a.split("/", maxsplit=1)[0] != b.split("/", maxsplit=1)[0] and _group(a) == _group(b) >= 0


def listed() -> Iterator[tuple[str, list[str], list[str], bool]]:
    """Each intent as `set/intent`, the names and descriptions of tools for it, and whether it is held out."""
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, names, descriptions = (part.strip() for part in line.removeprefix("*").split("|"))
            yield key.replace(" ", "/"), names.split(", "), descriptions.split(" / "), line.startswith("*")


@cache
def held_out_intents() -> frozenset[str]:
    """Intents whose requests no training data may hold, as `set/intent`."""
    return frozenset(key for key, _, _, held_out in listed() if held_out)
