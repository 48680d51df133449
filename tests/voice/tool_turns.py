"""A turn in which the model calls a tool."""

from __future__ import annotations

from typing import Any

from conversation_rig import TOOL, Rig

from voice_fakes import Call

WEATHER = Call("get_weather", {"city": "Rome"})


def tool_turn(*replies: list[Any], tools: Any, quiet_ms: int = 4000, **config: Any) -> Rig:
    rig = Rig(*replies, heard=["weather in rome", "stop that now"], tools=tools, schemas=(TOOL,), **config)
    rig.say(700)
    rig.quiet(quiet_ms)
    return rig


def last_tool_output(rig: Rig) -> str:
    return rig.chat.requests[-1]["messages"][-1]["content"]
