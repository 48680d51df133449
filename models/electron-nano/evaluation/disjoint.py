"""The check that what is evaluated is not trained on."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data import mixture, requests
from data.apart import kept_apart
from data.known_tools import DOMAINS
from data.requests import Style
from data.sources import Sources
from data.wording import normal


def check_disjoint(count: int, sources: Sources) -> None:
    """Fail if `count` training documents hold a request, a tool or an instruction of the evaluation."""
    rng, apart = Random("check"), kept_apart(sources.text)
    tested = {normal(requests.test(tool, Style(True, 0.0), rng).text) for tool in DOMAINS for _ in range(500)}
    apart = replace(apart, said=apart.said | tested)
    n_requests = n_tools = 0
    for dialogue in mixture.dialogues(seed=1001, count=count, sources=sources):
        if shared := apart.found(dialogue.messages, dialogue.tools):
            raise SystemExit(f"the training data holds what is for the evaluation: {sorted(shared)[:5]}")
        n_requests += sum(m["role"] == "user" for m in dialogue.messages)
        n_tools += len(dialogue.tools)
    print(
        f"none of {len(apart.said)} held-out requests among {n_requests} of training, none of {len(apart.names)} "
        f"held-out tools among {n_tools}, none of {len(apart.prompts)} held-out instructions and facts"
    )
