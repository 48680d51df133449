"""Vocabularies for made models: byte-level BPE of any size, with the special tokens of ChatML.

The words are common English ones, the punctuation of JSON, and then words put together from syllables, drawn from
a seed, so that ordinary sentences and tool calls come out at about four characters a token.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

BASIC_SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TOOL_MARKERS = ("<tool_call>", "</tool_call>")

ENGLISH = """the of and to a in is you that it he was for on are as with his they at be this have from or one had by
word but not what all were we when your can said there use an each which she do how their if will up other about out
many then them these so some her would make like him into time has look two more write go see number no way could
people my than first water been call who oil its now find long down day did get come made may part hello please thank
thanks sorry yes order coffee tea small medium large sugar milk bread set timer minutes seconds hours turn light lights
kitchen room door open close temperature degrees weather today tomorrow play music song volume stop start next again
want need help city name date days price table menu bill card pay cash train station ticket where when why kiosk car
drive route home work message send read list add remove cancel confirm ready done answer question assistant user system
tool function arguments type string integer object array true false null value result error ok model electron"""
JSON_RUNS = ('{"', '":', '",', '"}', '"}}', "}}", '":"', '","', '":{"', "{}", "[]", '["', '"]', "},", "],", "\n\n")
ONSETS = """b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p ph pl pr qu r s sc sh sl sn sp st str t th tr v w wh
z"""
NUCLEI = "a e i o u ai ea ee ie oa oo ou"
CODAS = "b ck d g l ll m n nd ng nk nt p r rd rk rm rn rt s sh ss st t tch th x"


@dataclass(frozen=True)
class Vocabulary:
    """Token texts in GPT-2's printable spelling, and the merges in order of rank.

    The last tokens are those of BASIC_SPECIALS, and TOOL_MARKERS behind them where `has_tools`.
    """

    tokens: tuple[str, ...]
    merges: tuple[str, ...]
    has_tools: bool


def byte_spelling() -> list[str]:
    """GPT-2's printable character of each of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelling = {byte: chr(byte) for byte in printable}
    rest = [byte for byte in range(256) if byte not in spelling]
    spelling.update({byte: chr(256 + i) for i, byte in enumerate(rest)})
    return [spelling[byte] for byte in range(256)]


def tiny_vocabulary() -> Vocabulary:
    """All bytes, one merge, the special tokens of a chat without tools: 260 tokens."""
    return Vocabulary((*byte_spelling(), "he", *BASIC_SPECIALS), ("h e",), False)


def made_vocabulary(n_tokens: int, *, seed: int = 1) -> Vocabulary:
    """A vocabulary of exactly `n_tokens`, at least 261; the same for the same seed."""
    spelling = byte_spelling()
    n_words = n_tokens - len(BASIC_SPECIALS) - len(TOOL_MARKERS)
    tokens = dict.fromkeys(spelling)
    ranks: dict[tuple[str, str], int] = {}
    for word in _words(random.Random(seed)):
        pieces = _apply([spelling[byte] for byte in word.encode()], ranks)
        while len(pieces) > 1 and len(tokens) < n_words:
            ranks.setdefault((pieces[0], pieces[1]), len(ranks))
            pieces[:2] = [pieces[0] + pieces[1]]
            tokens.setdefault(pieces[0])
        if len(tokens) == n_words:
            break
    merges = tuple(f"{left} {right}" for left, right in ranks)
    return Vocabulary((*tokens, *BASIC_SPECIALS, *TOOL_MARKERS), merges, True)


def made_text(n_words: int, *, seed: int = 1) -> str:
    """English words in no order, a full stop now and then: about one token a word under a made vocabulary."""
    rng = random.Random(seed)
    words = ENGLISH.split()
    sentences = []
    while n_words > 0:
        n = min(n_words, rng.randrange(5, 14))
        sentences.append(" ".join(rng.choice(words) for _ in range(n)) + ".")
        n_words -= n
    return " ".join(sentences)


def _words(rng: random.Random) -> Iterator[str]:
    """Words in order of importance, without end."""
    for word in ENGLISH.split():
        yield f" {word}"
        yield word
    yield from JSON_RUNS
    onsets, nuclei, codas = ONSETS.split(), NUCLEI.split(), ["", "", "", *CODAS.split()]
    while True:
        n_syllables = rng.choice((1, 2, 2, 3, 3, 4))
        word = "".join(rng.choice(onsets) + rng.choice(nuclei) + rng.choice(codas) for _ in range(n_syllables))
        yield f" {word}"
        if rng.random() < 0.3:
            yield rng.choice((word, word.capitalize()))


def _apply(pieces: list[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """The pieces that byte-pair encoding leaves of them under the merges so far."""
    no_rank = len(ranks)
    while len(pieces) > 1:
        best, at = min((ranks.get(pair, no_rank), i) for i, pair in enumerate(pairwise(pieces)))
        if best == no_rank:
            break
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
    return pieces
