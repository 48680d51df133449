"""Clients of sessions that send faster than anybody speaks."""

from __future__ import annotations

import time

from hydra_rig import SPEED, Hydra, Script, eventually, serving


def test_a_client_that_sends_faster_than_anybody_speaks_is_slowed_down():
    with serving(Script(["Fine."]), audio_lead_s=0.5) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        began_s = time.monotonic()
        for _ in range(3):
            hydra.append(bytes(16000))  # half a second
        hydra.send("session.update", session={"voice": "x"})
        hydra.error()
        assert time.monotonic() - began_s >= 0.9


def test_a_hasty_client_may_leave_at_any_time():
    script = Script(["Fine."])
    with serving(script, audio_lead_s=0.0, ping_s=60) as (url, _):
        with Hydra(url) as hydra:
            hydra.configure()
            for _ in range(60):
                hydra.append(bytes(32000))  # a second
        eventually(lambda: script.sessions[0].is_closed)


def test_a_long_frame_is_heard_second_by_second():
    options = {"audio_lead_s": 0.0, "session_idle_s": 2 * SPEED}  # the session's clock is the quicker one
    with serving(Script(["Fine."]), **options) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        hydra.append(bytes(3 * 32000))
        hydra.send("session.update", session={"voice": "x"})
        hydra.error()  # read when the frame has been heard, by a session that did not take its client for idle
