"""When two computations of the same tokens count as equal."""

from __future__ import annotations

from collections.abc import Sequence

from electron_local import _core

# On log-probabilities of the made models, whose logits have a magnitude of 1 to 5. Batches of another length add the
# same products in another order, and keys and values are kept in float16.
BOUND = 1e-2


def assert_alike(ours: Sequence[_core.TokenEvent], theirs: Sequence[_core.TokenEvent], bound: float) -> None:
    """Log-probabilities within `bound`; tokens equal up to the first one whose lead over the next is smaller."""
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.logprobs is not None and other.logprobs is not None
        (_, best), (_, second) = other.logprobs.top[:2]
        mine_by_token = dict(mine.logprobs.top)
        for token, value in other.logprobs.top:
            if token in mine_by_token:
                assert abs(mine_by_token[token] - value) < bound
        if best - second <= 2 * bound:
            return
        assert mine.token == other.token
