"""How the slots of public dialogue sets are called as parameters of a tool."""

from __future__ import annotations

from .wording import number_words

# Slots that only repeat what the tool is for, or say too little to be an argument; of one intent as `set/intent slot`.
IGNORED = {
    *("spatial_relation", "music_item", "playlist_owner", "rating_unit", "object_part_of_series_type"),
    *("object_location_type", "object_select", "sort", "current_location", "general_frequency"),
    *("home/transport_taxi transport_type", "snips/SearchScreeningEvent object_type", "home/iot_cleaning device_type"),
    *("home/iot_coffee device_type", "home/iot_hue_lightoff device_type", "home/iot_hue_lighton device_type"),
    *("home/play_audiobook media_type", "home/play_audiobook player_setting", "home/play_podcasts player_setting"),
    *("home/takeaway_query order_type", "home/takeaway_order order_type", "home/news_query media_type"),
}
INTEGERS = {"party_size_number", "rating_value", "best_rating"}
_NUMBERS = {number_words(n): n for n in range(100)}

PARAMETERS: dict[str, list[str]] = {
    "date": ["date", "day", "when"],
    "time": ["time", "at", "hour"],
    "timeofday": ["part_of_day", "time_of_day", "timeofday"],
    "timeRange": ["when", "time", "date"],
    "place_name": ["place", "location", "where"],
    "city": ["city", "town", "place"],
    "state": ["state", "region", "province"],
    "country": ["country", "land", "nation"],
    "person": ["person", "name", "who"],
    "relation": ["relation", "relative", "relationship"],
    "business_name": ["business", "company", "business_name"],
    "business_type": ["business_type", "kind_of_place", "type"],
    "media_type": ["media", "network", "source"],
    "event_name": ["event", "title", "event_name"],
    "transport_type": ["vehicle", "transport", "means"],
    "transport_agency": ["agency", "provider", "service"],
    "device_type": ["device", "appliance", "device_type"],
    "currency_name": ["currency", "money", "currency_name"],
    "food_type": ["food", "dish", "meal"],
    "house_place": ["room", "where", "house_place"],
    "list_name": ["list", "list_name", "which_list"],
    "player_setting": ["action", "setting", "mode"],
    "definition_word": ["word", "term", "expression"],
    "order_type": ["order_type", "delivery", "how"],
    "game_name": ["game", "title", "game_name"],
    "color_type": ["color", "hue", "light_color"],
    "personal_info": ["field", "info", "what"],
    "radio_name": ["station", "radio", "channel"],
    "audiobook_name": ["book", "title", "audiobook"],
    "news_topic": ["topic", "subject", "about"],
    "podcast_descriptor": ["about", "which", "description"],
    "podcast_name": ["podcast", "show", "podcast_name"],
    "time_zone": ["zone", "time_zone", "timezone"],
    "change_amount": ["amount", "by", "level"],
    "email_address": ["address", "email", "email_address"],
    "coffee_type": ["coffee", "drink", "kind"],
    "weather_descriptor": ["condition", "what", "weather"],
    "song_name": ["song", "title", "track"],
    "artist_name": ["artist", "singer", "band"],
    "music_genre": ["genre", "style", "kind"],
    "playlist": ["playlist", "list", "playlist_name"],
    "playlist_owner": ["owner", "whose", "playlist_owner"],
    "music_item": ["item", "kind", "music_item"],
    "artist": ["artist", "singer", "band"],
    "entity_name": ["title", "entry", "name"],
    "restaurant_type": ["kind", "restaurant_type", "place_type"],
    "restaurant_name": ["restaurant", "name", "restaurant_name"],
    "party_size_number": ["people", "party_size", "guests"],
    "spatial_relation": ["nearness", "distance", "spatial_relation"],
    "condition_temperature": ["temperature", "warmth", "condition_temperature"],
    "condition_description": ["condition", "weather", "sky"],
    "current_location": ["here", "current_location", "near"],
    "service": ["service", "app", "provider"],
    "year": ["year", "decade", "period"],
    "sort": ["sort", "order", "which"],
    "track": ["track", "song", "title"],
    "album": ["album", "record", "album_name"],
    "rating_value": ["rating", "points", "score"],
    "best_rating": ["out_of", "maximum", "best"],
    "rating_unit": ["unit", "rating_unit", "in"],
    "object_name": ["title", "name", "work"],
    "object_type": ["type", "kind", "medium"],
    "object_select": ["which", "reference", "select"],
    "movie_name": ["movie", "title", "film"],
    "movie_type": ["genre", "movie_type", "kind"],
    "location_name": ["cinema", "theater", "location"],
    "object_location_type": ["place_type", "venue", "kind_of_place"],
}


def integer(value: str) -> int | None:
    """The number that digits or English words below a hundred mean, None for anything else."""
    return int(value) if value.isdigit() else _NUMBERS.get(value.lower().replace("-", " "))
