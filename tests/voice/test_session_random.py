"""Random conversations: whatever the user does when, the events stay in order and the history is what was heard."""

from __future__ import annotations

import random

import pytest
from conversation_rig import TOOL, Rig

from electron_local.voice.events import AudioDelta, ItemAdded, ItemDone, ResponseCreated, ResponseDone
from voice_fakes import Call

REPLY = "This is the answer, and it is not a short one. It goes on for a while. "
HEARD = ["stop that please", "yeah", "", "what about now", "ok", "play the"]


def converse(seed: int) -> Rig:
    rng = random.Random(seed)
    call = Call("get_weather", {"city": "Rome"})
    replies = [rng.choice([[REPLY * 3], [REPLY], ["Ok."], ["Moment.", call], [ValueError("x")]]) for _ in range(60)]
    heard = [rng.choice(HEARD) for _ in range(60)]
    rig = Rig(*replies, heard=heard, tools={"get_weather": lambda city: city}, schemas=(TOOL,))
    for _ in range(12):
        rig.say(rng.choice([80, 200, 400, 900]))
        rig.quiet(rng.choice([100, 300, 700, 1500, 4000]))
    rig.quiet(15000)
    assert rig.session.is_idle
    rig.close()
    return rig


@pytest.mark.parametrize("seed", range(12))
def test_random_barge_ins_leave_nothing_stale(seed):
    rig = converse(seed)
    open_response, open_items = None, set()
    for event in rig.events:
        match event:
            case ResponseCreated():
                assert open_response is None
                open_response = event.response.id
            case AudioDelta():
                assert event.response_id == open_response
            case ResponseDone():
                assert event.response.id == open_response
                open_response = None
            case ItemAdded():
                open_items.add(event.item.id)
            case ItemDone():
                open_items.remove(event.item.id)
    assert open_response is None
    assert not open_items


@pytest.mark.parametrize("seed", range(12))
def test_the_history_is_what_was_heard(seed):
    rig = converse(seed)
    if not rig.chat.requests:
        return
    asked = [message["content"] for message in rig.chat.requests[-1]["messages"] if message["role"] == "assistant"]
    done = [event.item for event in rig.of(ItemDone) if event.item.role == "assistant"]
    said = [item.text.strip() or None for item in done]
    assert [text for text in asked if text] == [text for text in said if text][: len([t for t in asked if t])]
    played_ms = {r.response.id: rig.audio_ms(r.response.id) for r in rig.of(ResponseDone)}
    for response, item in zip(rig.of(ResponseDone), done, strict=True):
        if response.response.status == "cancelled":
            assert len(item.text) * 50 <= played_ms[response.response.id] + 50
