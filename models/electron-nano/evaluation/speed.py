"""Speed as the runtime gives it: tokens a second behind the demo's prompt, and the first token of a warm turn."""

from __future__ import annotations

import statistics
import time
from random import Random

from data import requests
from data.known_tools import DOMAINS, TOOLS
from data.requests import Style
from electron_local.generation import SamplingParams
from rendering import render

from .known import asked
from .score import Score
from .speaker import Speaker

N_TOKENS = 64


def speed(speaker: Speaker, score: Score, each: int) -> None:
    """Requests to the demo, whose prompt is in the cache after the first; each answer is 65 tokens long."""
    rng, engine = Random("speed"), speaker.client.engine
    endings = {token: -100.0 for token in engine.model.end_of_generation}
    params = SamplingParams(temperature=0, max_tokens=N_TOKENS + 1, logit_bias=endings)
    firsts, rates = [], []
    for i in range(each + 1):
        request = requests.test(rng.choice(list(DOMAINS)), Style(True, 0.0), rng)
        began = time.perf_counter()
        prompt = engine.tokenize(render(asked(request.text), TOOLS, generate=True))
        times = [time.perf_counter() for event in engine.submit(prompt, params) if event.token >= 0]
        if i:
            firsts.append(1000 * (times[0] - began))
            rates.append((len(times) - 1) / (times[-1] - times[0]))
    first, rate = statistics.median(firsts), statistics.median(rates)
    print(f"speed: {rate:.0f} tokens/s, first token of a warm turn {first:.1f} ms (medians of {len(firsts)} answers)")
    score.add("speed: at least 400 tokens/s", rate >= 400, goal=100)
    score.add("speed: first token within 15 ms", first <= 15, goal=100)
