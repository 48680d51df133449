"""Make `spoken-requests.arpa.gz`: draw what people say to voice agents, count its words by threes, smooth, prune."""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

from electron_local.speech.sphinx_guidance import dictionary_words
from electron_local.speech.sphinx_library import load_sphinx_library
from kneser_ney import ngrams
from sentences import Sources, sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--count", type=int, default=300_000, help="sentences (default: 300,000)")
    parser.add_argument(
        "--least", type=float, default=3e-6, help="the share by which an n-gram must lower the perplexity to stay"
    )
    Sources.add_options(parser)
    args = parser.parse_args()
    dictionary = dictionary_words(load_sphinx_library().model_folder / "cmudict-en-us.dict")
    model = ngrams(sentences(args.count, Sources.given(args)), dictionary).pruned(args.least)
    args.out.write_bytes(gzip.compress(model.arpa().encode("ascii"), mtime=0))
    print(f"{args.out}: {len(model.probabilities)} n-grams, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
