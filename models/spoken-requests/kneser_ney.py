"""Sentences → a trigram model in ARPA's format, pruned.

Interpolated modified Kneser-Ney smoothing. Source: Chen and Goodman, An empirical study of smoothing techniques for
language modeling, 1999. Pruning by relative entropy. Source: Stolcke, Entropy-based pruning of backoff language
models, 1998; the weight of a context is its share of the text, as Kneser-Ney's lower orders are no such share.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

ORDER = 3
BEGIN, END = "<s>", "</s>"
Gram = tuple[str, ...]


@dataclass
class Ngrams:
    """A back-off model: `probabilities` of n-grams of every order, `backoffs` of the contexts that n-grams follow.

    `shares`: how often a context comes, of all words of the text.
    """

    probabilities: dict[Gram, float]
    backoffs: dict[Gram, float]
    shares: dict[Gram, float]

    def probability(self, gram: Gram) -> float:
        """Of its last word behind the others; 0 for an unknown word.

        >>> model = ngrams(["a b", "a b", "b a"], {"a", "b"})
        >>> round(sum(model.probability(("<s>", "a", word)) for word in ("a", "b", "</s>")), 6)
        1.0
        """
        if gram in self.probabilities:
            return self.probabilities[gram]
        if len(gram) == 1:
            return 0.0
        return self.backoffs.get(gram[:-1], 1.0) * self.probability(gram[1:])

    def pruned(self, least: float) -> Ngrams:
        """The same without n-grams whose loss raises the perplexity by a share below `least`, longest first."""
        kept, backoffs = dict(self.probabilities), dict(self.backoffs)
        model = Ngrams(kept, backoffs, self.shares)
        for order in range(ORDER, 1, -1):
            needed = {gram[:-1] for gram in kept if len(gram) == order + 1}
            for context, grams in _by_context(kept, order).items():
                seen, lower = _masses(model, grams)
                for gram in sorted(grams, key=lambda g: kept[g]):
                    if gram not in needed and _loss(model, gram, seen, lower) < least:
                        seen, lower = seen - kept[gram], lower - model.probability(gram[1:])
                        del kept[gram]
                backoffs[context] = _backoff(seen, lower)
        contexts = {gram[:-1] for gram in kept}
        model.backoffs = {context: weight for context, weight in backoffs.items() if context in contexts}
        return model

    def arpa(self) -> str:
        """The model's text, base 10."""
        orders = [sorted(gram for gram in self.probabilities if len(gram) == n) for n in range(1, ORDER + 1)]
        lines = ["", "\\data\\", *(f"ngram {n}={len(grams)}" for n, grams in enumerate(orders, 1))]
        for n, grams in enumerate(orders, 1):
            lines += ["", f"\\{n}-grams:", *map(self._line, grams)]
        return "\n".join([*lines, "", "\\end\\", ""])

    def _line(self, gram: Gram) -> str:
        probability = "-99" if gram == (BEGIN,) else _log10(self.probabilities[gram])
        tail = f"\t{_log10(self.backoffs[gram])}" if gram in self.backoffs else ""
        return f"{probability}\t{' '.join(gram)}{tail}"


def ngrams(sentences: Iterable[str], dictionary: Collection[str]) -> Ngrams:
    """The model of these sentences; an n-gram never spans a word that the dictionary lacks."""
    counts = _counts(sentences, dictionary)
    n_words = counts[1].total()
    shares = {gram: n / n_words for order in (1, 2) for gram, n in counts[order].items()}
    shares[(BEGIN,)] = sum(n for gram, n in counts[2].items() if gram[0] == BEGIN) / n_words
    model = Ngrams({(BEGIN,): 0.0}, {}, shares)
    for order in range(1, ORDER + 1):
        _add_order(model, _continuations(counts, order), order)
    return model


def _counts(sentences: Iterable[str], dictionary: Collection[str]) -> dict[int, Counter[Gram]]:
    counts: dict[int, Counter[Gram]] = {order: Counter() for order in range(1, ORDER + 1)}
    for sentence in sentences:
        words = [BEGIN, *(word if word in dictionary else "" for word in sentence.split()), END]
        for end in range(2, len(words) + 1):
            for order in range(1, min(ORDER, end) + 1):
                gram = tuple(words[end - order : end])
                if all(gram):
                    counts[order][gram] += 1
    return counts


def _continuations(counts: dict[int, Counter[Gram]], order: int) -> Counter[Gram]:
    """How many words come before an n-gram; how often it comes, where none can, and for the longest."""
    if order == ORDER:
        return counts[order]
    found = Counter(gram[1:] for gram in counts[order + 1])
    for gram, n in counts[order].items():
        if gram[0] == BEGIN:
            found[gram] = n
        else:
            found.setdefault(gram, 1)
    return found


def _add_order(model: Ngrams, counts: Counter[Gram], order: int) -> None:
    if order == 1:
        total = counts.total()
        model.probabilities.update({gram: n / total for gram, n in counts.items()})
        return
    discounts = _discounts(counts)
    for context, grams in _by_context(counts, order).items():
        total = sum(counts[gram] for gram in grams)
        model.backoffs[context] = sum(discounts[min(counts[gram], 3)] for gram in grams) / total
        for gram in grams:
            own = (counts[gram] - discounts[min(counts[gram], 3)]) / total
            model.probabilities[gram] = own + model.backoffs[context] * model.probability(gram[1:])


def _discounts(counts: Counter[Gram]) -> tuple[float, ...]:
    """What is taken from a count of 0, 1, 2, and 3 or more."""
    n = Counter(count for count in counts.values() if count <= 4)
    if not all(n[i] for i in (1, 2, 3, 4)):
        return (0.0, 0.5, 0.75, 0.75)
    share = n[1] / (n[1] + 2 * n[2])
    return (0.0, *(max(i - (i + 1) * share * n[i + 1] / n[i], 0.1) for i in (1, 2, 3)))


def _by_context(grams: Iterable[Gram], order: int) -> dict[Gram, list[Gram]]:
    found: dict[Gram, list[Gram]] = defaultdict(list)
    for gram in grams:
        if len(gram) == order:
            found[gram[:-1]].append(gram)
    return found


def _masses(model: Ngrams, grams: list[Gram]) -> tuple[float, float]:
    """What n-grams of one context have of the probability behind it, and behind the shorter context."""
    return sum(model.probabilities[gram] for gram in grams), sum(model.probability(gram[1:]) for gram in grams)


def _backoff(seen: float, lower: float) -> float:
    return max(1.0 - seen, 1e-9) / max(1.0 - lower, 1e-9)


def _loss(model: Ngrams, gram: Gram, seen: float, lower: float) -> float:
    """By what share the perplexity rises without this n-gram."""
    probability, shorter = model.probabilities[gram], model.probability(gram[1:])
    before, after = _backoff(seen, lower), _backoff(seen - probability, lower - shorter)
    told = probability * (math.log(shorter) + math.log(after) - math.log(probability))
    rest = max(1.0 - seen, 0.0) * (math.log(after) - math.log(before))
    return math.expm1(-model.shares.get(gram[:-1], 0.0) * (told + rest))


def _log10(value: float) -> str:
    return f"{math.log10(max(value, 1e-9)):.3f}"
