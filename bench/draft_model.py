"""What a draft model wins where it agrees with the model, and what it costs where it never does.

The same engine with a draft model, and without any guesses, in turns. Agreeing: both follow every token by the same
other one, in texts that never say anything twice. Not agreeing: a model with random weights at temperature 1, so that
the draft is turned off again. Medians of the ratios of neighbours. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random

from claims import Claims, bench_arguments
from full_size_models import resolve_model
from prompt_lookup import compare


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    n_runs, n_tokens = (2, 24) if arguments.quick else (arguments.runs, arguments.tokens)
    model, agreeing = resolve_model(arguments.model or "smollm2-135m"), resolve_model("smollm2-135m-copying")
    draft = resolve_model("smollm2-135m-draft")
    rng = random.Random(1)
    texts = [rng.sample(range(300, 40_000), 128) for _ in range(n_runs + 1)]
    agreed = compare(agreeing, texts, 0.0, n_tokens, draft)
    refused = compare(model, texts, 1.0, n_tokens, draft)
    facts = {"model": model.name, "agreeing": agreeing.name, "draft": draft.name, "tokens": n_tokens}
    claims = Claims("draft_model", **facts, settings=agreed.settings)
    agreed.tell(claims, "agreeing", 1.5)
    refused.tell(claims, "not agreeing", 0.97)
    claims.finish()


if __name__ == "__main__":
    main()
