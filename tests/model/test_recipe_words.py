"""The words of electron-nano's recipe: tools made of them, which are near each other, and a change of vocabulary."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "electron-nano"))

from data.word_intents import WordIntents
from data.word_table import WordTable

TEXTS = [
    *("where is my passport", "renew the passport", "passport pictures please", "i lost my passport"),
    *("water the plants", "do the plants need water", "plants in the garden", "how are my plants"),
    *("open the garage", "close the garage door", "is the garage locked", "garage lights off"),
]


def test_tools_for_words_serve_one_request_each() -> None:
    table = WordTable(["passport", "visa", "garage"], {"passport": ["visa"]})
    offered: set[str] = set()
    for seed in range(30):
        # Of twelve requests each word has a third, more than the share that an intent's word may have of thousands.
        offers, absent = WordIntents(TEXTS * 40, table, most_share=0.5).offers(2, Random(seed))
        stems = [offer.intent.key.removeprefix("word/") for offer in offers]
        for offer, own in zip(offers, stems, strict=True):
            text = json.dumps(offer.definition).lower()
            assert own in text or "visa" in text or "such as" in text or "like" in text
            for said in offer.intent.said:
                assert [s for s in stems if s in said.text] == [own]
        assert not any(s in said for s in stems for said in absent)
        offered |= {offer.name for offer in offers}
    assert len(offered) > 20


def test_a_word_table_lists_what_is_near() -> None:
    import words

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(400, 40))
    vectors[7] = vectors[3] + 0.1 * rng.normal(size=40)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = words.near(unit.astype(np.float32))
    assert near[3, 0] == 7
    assert near[7, 0] == 3
    assert (near[3] >= 0).sum() == 1


def test_a_new_vocabulary_keeps_the_rows_of_old_pieces() -> None:
    torch = pytest.importorskip("torch")
    from model import Nano, Shape
    from tokenizer import base_of_spaced, train
    from vocabulary import with_vocabulary

    old, new = (train(iter([text] * 50), 700) for text in ("the red car and the cat", "the red car and the redcar"))
    shape = Shape(vocab_size=700, width=64, n_layers=1, n_heads=1, n_kv_heads=1, head_dim=64, hidden=64)
    model = Nano(shape, base_of_spaced(old))
    model.space.data.normal_()
    target = with_vocabulary(model, old, new, {"redcar": torch.ones(64)})
    for piece in ("red", "car", " the", "\n", "7"):
        ids = [tokenizer.encode(piece).ids for tokenizer in (old, new)]
        assert [len(i) for i in ids] == [1, 1]
        assert torch.allclose(model.embedding()[ids[0]], target.embedding()[ids[1]], atol=1e-5)
    (whole,) = new.encode("redcar").ids
    made_of = sum(model.piece[old.encode(part).ids[0]] for part in ("red", "car")) / 2 + torch.ones(64)
    assert torch.cosine_similarity(target.piece[whole], made_of, dim=0) > 0.8
