"""The agent of the demo: its instructions, its tools, and the Python functions behind them.

The functions answer from fixed data: the demo shows the loop, not a car.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

INSTRUCTIONS = (
    "You are Electron, the voice assistant of a car. Answer in one or two short spoken sentences. "
    "Use a tool when one fits the request."
)


def _tool(name: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TOOLS: list[dict[str, Any]] = [
    _tool(
        "set_temperature",
        "Set the cabin temperature.",
        {"degrees": {"type": "integer", "description": "degrees Celsius, 16 to 28"}},
        ["degrees"],
    ),
    _tool(
        "play_music",
        "Play music by genre, artist or title.",
        {"query": {"type": "string", "description": "genre, artist or title"}},
        ["query"],
    ),
    _tool(
        "start_navigation",
        "Start guidance to a place.",
        {"destination": {"type": "string", "description": "place or address"}},
        ["destination"],
    ),
    _tool(
        "call_contact",
        "Call a person from the phone book.",
        {"name": {"type": "string", "description": "who to call"}},
        ["name"],
    ),
    _tool(
        "set_timer",
        "Start a countdown timer.",
        {"minutes": {"type": "integer", "description": "length in minutes"}},
        ["minutes"],
    ),
    _tool(
        "get_weather",
        "Get the weather forecast for a city.",
        {"city": {"type": "string", "description": "city name"}},
        ["city"],
    ),
    _tool(
        "order_item",
        "Order food or drink for pick-up.",
        {
            "item": {"type": "string", "description": "what to order"},
            "quantity": {"type": "integer", "description": "how many"},
            "size": {"type": "string", "enum": ["small", "medium", "large"]},
        },
        ["item", "quantity"],
    ),
    _tool(
        "set_window",
        "Open or close the windows.",
        {"action": {"type": "string", "enum": ["open", "close"]}},
        ["action"],
    ),
]


def _set_temperature(degrees: int) -> dict[str, Any]:
    return {"degrees": degrees, "status": "ok"}


def _play_music(query: str) -> dict[str, Any]:
    return {"playing": query, "status": "ok"}


def _start_navigation(destination: str) -> dict[str, Any]:
    return {"destination": destination, "minutes": 14, "status": "ok"}


def _call_contact(name: str) -> dict[str, Any]:
    return {"name": name, "status": "calling"}


def _set_timer(minutes: int) -> dict[str, Any]:
    return {"minutes": minutes, "status": "ok"}


def _get_weather(city: str) -> dict[str, Any]:
    return {"city": city, "sky": "sunny", "degrees": 21}


def _order_item(item: str, quantity: int, size: str | None = None) -> dict[str, Any]:
    order = {"item": item, "quantity": quantity}
    return {**order, **({"size": size} if size else {}), "ready_in_minutes": 5}


def _set_window(action: str) -> dict[str, Any]:
    return {"window": action, "status": "ok"}


FUNCTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "set_temperature": _set_temperature,
    "play_music": _play_music,
    "start_navigation": _start_navigation,
    "call_contact": _call_contact,
    "set_timer": _set_timer,
    "get_weather": _get_weather,
    "order_item": _order_item,
    "set_window": _set_window,
}
