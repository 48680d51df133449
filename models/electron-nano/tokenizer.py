"""Train the byte-level BPE: Qwen2's pre-tokenisation, 256 bytes, and words that split alike with and without a space.

Merges inside words are learned first, without the space before them; the merges that join that space to a piece come
last in rank. So ` mahler` and `mahler` split at the same places, which makes copying from speech into JSON a map
between token pairs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from rendering import CONTROL, USER_DEFINED

QWEN2_REGEX = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPACE = "Ġ"
# How often the corpus says the most frequent word of the table, times a hundred; the others by rank, as in language.
WORD_COUNT = 300_000
SPECIALS = [*CONTROL, *USER_DEFINED]


def pre_tokenizer(*, split_space: bool) -> pre_tokenizers.PreTokenizer:
    steps = [pre_tokenizers.Split(Regex(QWEN2_REGEX), "isolated")]
    if split_space:
        steps.append(pre_tokenizers.Split(Regex(r"^[^\p{L}](?=\p{L})"), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
    return pre_tokenizers.Sequence(steps)


def _learn_merges(corpus: Iterator[str], n_pieces: int) -> list[tuple[str, str]]:
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizer(split_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=n_pieces, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    learner.train_from_iterator(corpus, trainer)
    merges = json.loads(learner.to_str())["model"]["merges"]
    return [(a, b) for a, b in merges]


def train(corpus: Iterator[str], vocab_size: int) -> Tokenizer:
    """A tokenizer of exactly `vocab_size` entries, special tokens first."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    room = vocab_size - len(SPECIALS) - len(alphabet)
    merges = _learn_merges(corpus, len(alphabet) + room // 2 + room // 8)
    spaced = [piece for piece in alphabet if piece.isascii() and piece.isalpha()]
    inner: list[tuple[str, str]] = []
    for a, b in merges:
        word = (a + b).isalpha() and (a + b).isascii()
        if len(inner) + len(spaced) + 1 + word > room:
            break
        inner.append((a, b))
        if word:
            spaced.append(a + b)
    pieces = [*SPECIALS, *alphabet, *(a + b for a, b in inner), *(SPACE + piece for piece in spaced)]
    pieces += [f"<|unused_{i}|>" for i in range(vocab_size - len(pieces))]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab, [*inner, *((SPACE, piece) for piece in spaced)]))
    tokenizer.pre_tokenizer = pre_tokenizer(split_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def base_of_spaced(tokenizer: Tokenizer) -> list[int]:
    """For every token id the id of the same piece without its leading space (its own id where there is none)."""
    vocab = tokenizer.get_vocab()
    base = list(range(len(vocab)))
    for piece, i in vocab.items():
        if piece.startswith(SPACE) and piece[1:].isalpha() and piece[1:] in vocab:
            base[i] = vocab[piece[1:]]
    return base


def main() -> None:
    from data import mixture, public_text
    from data.sources import Sources
    from data.word_table import WordTable

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--vocab-size", type=int, default=16384)
    parser.add_argument("--dialogues", type=int, default=6000)
    Sources.add_options(parser)
    args = parser.parse_args()

    def corpus() -> Iterator[str]:
        for dialogue in mixture.dialogues(seed=1, count=args.dialogues, sources=Sources.given(args)):
            yield dialogue.text
        for _ in range(4):
            yield from public_text.sentences(args.text)
        for rank, word in enumerate(WordTable.load(args.words).words):
            yield " ".join([word] * (WORD_COUNT // (rank + 100)))

    tokenizer = train(corpus(), args.vocab_size)
    tokenizer.save(str(args.output))
    print(f"{args.output}: {tokenizer.get_vocab_size()} tokens")


if __name__ == "__main__":
    main()
