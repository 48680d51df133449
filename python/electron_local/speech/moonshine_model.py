"""Moonshine's network and tokens: audio to the likeliest sequences of tokens, and these to text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local.errors import ModelLoadError
from electron_local.speech.base import Float32Array
from electron_local.speech.onnx_session import open_session
from electron_local.speech.weights import one_file

_BEGIN, _END = 1, 2
_MOST_BEHIND = 6.0  # a sequence e^6 times less likely than the best is given up
_CACHE, _OF_TEXT = "past_key_values.", ".decoder."

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Beam:
    """A sequence of tokens, and the natural logarithm of its probability."""

    ids: list[int]
    score: float


class MoonshineModel:
    """Encoder and decoder in `folder`. Any thread. Raises ModelLoadError."""

    def __init__(self, folder: Path, *, n_threads: int) -> None:
        paths = (one_file(folder, f"{name}.ort", f"{name}.onnx") for name in ("encoder_model", "decoder_model_merged"))
        what = "recognition with moonshine"
        self._encoder, self._decoder = (open_session(path, what, n_threads=n_threads) for path in paths)
        shapes = {each.name: each.shape for each in self._decoder.get_inputs()}
        names = [each.name.replace("present.", _CACHE, 1) for each in self._decoder.get_outputs()[1:]]
        try:
            self._empty = {n: np.zeros((1, int(shapes[n][1]), 0, int(shapes[n][3])), np.float32) for n in names}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelLoadError(f"{folder} is no Moonshine model: its decoder has the inputs {shapes}") from error

    @property
    def n_tokens(self) -> int | None:
        """How many tokens the decoder knows; None where its file leaves that open."""
        n_tokens = self._decoder.get_outputs()[0].shape[-1]
        return n_tokens if isinstance(n_tokens, int) else None

    def likeliest(self, audio: Float32Array, longest: int, width: int) -> list[Beam]:
        """At most `width` sequences for audio (1, samples), the likeliest first, by beam search; at least one.

        `longest`: tokens of a sequence. Raises what onnxruntime raises.
        """
        mask = np.ones(audio.shape, np.int64)
        (hidden,) = self._encoder.run(None, {"input_values": audio, "attention_mask": mask})
        logs, cache = self._step(
            [_BEGIN], {"encoder_attention_mask": mask, "encoder_hidden_states": hidden}, self._empty
        )
        ended, beams, parents = _extended([Beam([], 0.0)], logs, width)
        of_audio = {n: np.repeat(c, width, axis=0) for n, c in cache.items() if _OF_TEXT not in n}
        mask, hidden = np.repeat(mask, width, axis=0), np.repeat(hidden, width, axis=0)
        for _ in range(longest - 1):
            n = len(beams)
            if not n or beams[0].score < _least_score(ended, width):
                break
            of_text = {name: c[parents] for name, c in cache.items() if _OF_TEXT in name}
            given = {"encoder_attention_mask": mask[:n], "encoder_hidden_states": hidden[:n]}
            last = [beam.ids[-1] for beam in beams]
            logs, cache = self._step(last, given, {**of_text, **{name: c[:n] for name, c in of_audio.items()}})
            more, beams, parents = _extended(beams, logs, width)
            ended += more
        return sorted(ended + beams, key=lambda beam: -beam.score)[:width]

    def _step(self, last: list[int], given: Arrays, cache: Arrays) -> tuple[npt.NDArray[np.float32], Arrays]:
        """Log-probabilities (sequences, tokens) behind the last token of each sequence, and the keys and values."""
        has_past = cache is not self._empty
        feed = {**given, **cache, "input_ids": np.array(last)[:, None], "use_cache_branch": np.array([has_past])}
        logits, *now = self._decoder.run(None, feed)
        logits = logits[:, -1] - logits[:, -1].max(axis=-1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return logs, dict(zip(self._empty, now, strict=True))


def _least_score(ended: list[Beam], width: int) -> float:
    """Sequences below it cannot be among the `width` likeliest, or are too far behind the best of `ended`."""
    scores = sorted((beam.score for beam in ended), reverse=True)
    if not scores:
        return -np.inf
    return max(scores[0] - _MOST_BEHIND, scores[width - 1] if len(scores) >= width else -np.inf)


def _extended(
    beams: list[Beam], logs: npt.NDArray[np.float32], width: int
) -> tuple[list[Beam], list[Beam], npt.NDArray[np.intp]]:
    """Sequences that end here, the likeliest `width` that go on, and which of `beams` each of these continues."""
    n_best = min(width + 1, logs.shape[1])
    tokens = np.argpartition(-logs, n_best - 1, axis=1)[:, :n_best]
    scores = np.take_along_axis(logs, tokens, axis=1) + np.array([[beam.score] for beam in beams])
    least = scores.max() - _MOST_BEHIND
    ended, going, parents = [], [], []
    for at in np.argsort(-scores, axis=None):
        parent, column = divmod(int(at), n_best)
        token, score = int(tokens[parent, column]), float(scores[parent, column])
        if score < least:
            break
        if token == _END:
            ended.append(Beam(beams[parent].ids, score))
            continue
        going.append(Beam([*beams[parent].ids, token], score))
        parents.append(parent)
        if len(going) == width:
            break
    return ended, going, np.array(parents, dtype=np.intp)


class Pieces:
    """The tokens of a `tokenizer.bin`, control tokens as nothing. Raises ModelLoadError.

    A token is its length and its bytes; a length from 128 on takes two bytes, the low seven bits first.
    """

    def __init__(self, path: Path) -> None:
        data, at, pieces = path.read_bytes(), 0, []
        while at < len(data):
            length, at = data[at], at + 1
            if length >= 128 and at < len(data):
                length, at = length - 128 + data[at] * 128, at + 1
            pieces.append(data[at : at + length])
            at += length
        if at != len(data) or len(pieces) <= _END:
            raise ModelLoadError(f"{path} is no tokenizer of Moonshine")
        is_control = [i <= _END or piece.startswith(b"<<") for i, piece in enumerate(pieces)]
        self._pieces = [b"" if control else piece for control, piece in zip(is_control, pieces, strict=True)]

    def __len__(self) -> int:
        return len(self._pieces)

    def text(self, ids: list[int]) -> str:
        """The text of a sequence of tokens. Raises IndexError for a token that there is not."""
        return b"".join(self._pieces[i] for i in ids).decode(errors="replace").replace("▁", " ").strip()
