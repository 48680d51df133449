"""What microphone, level and room add to speech, as pocketsphinx has to know it: the mean of the cepstra.

pocketsphinx subtracts one mean from all of an utterance. It learns it from those before, so a speaker's first one has a
mean that is none of his: of a microphone 30 dB quieter than expected, that quadruples the word errors.
"""

from __future__ import annotations

from dataclasses import dataclass

_MOST_FRAMES = 500.0
# Below this, the loudness of an utterance's first second varies with what is said, in one room with one microphone.
_FAR = 10.0
# Of each coefficient: the loudness says more about the channel than about what is said, the others less.
_N_FRAMES_OF_A_GUESS = (30.0, *[200.0] * 12)


@dataclass(frozen=True)
class Cepstra:
    """The mean of an utterance's cepstra, the loudness first, and of how many frames of 10 ms."""

    mean: tuple[float, ...]
    n_frames: float


@dataclass(frozen=True)
class Channel:
    """`mean`: what is to be subtracted. `n_frames`: of how many frames each of its coefficients counts."""

    mean: tuple[float, ...]
    n_frames: tuple[float, ...]

    def heard(self, seen: Cepstra) -> Channel:
        """With an utterance more."""
        known = zip(self.mean, self.n_frames, seen.mean, strict=True)
        mean = tuple((old * n + new * seen.n_frames) / (n + seen.n_frames) for old, n, new in known)
        return Channel(mean, tuple(min(n + seen.n_frames, _MOST_FRAMES) for n in self.n_frames))

    def is_far_from(self, seen: Cepstra) -> bool:
        """Whether these cepstra come from another room, or another distance of the microphone."""
        return abs(self.mean[0] - seen.mean[0]) > _FAR

    def doubted(self) -> Channel:
        """The same mean, as a mere guess."""
        return Channel(self.mean, _N_FRAMES_OF_A_GUESS)


# Between what synthetic voices and real recordings measure; the model's own default, 40,3,-1, doubles the word errors.
_TYPICAL_MEAN = (50.0, 4.0, -1.0, 12.0, -5.0, 1.0, -1.0, -6.0, -2.0, -3.0, 1.0, -1.0, 2.0)
TYPICAL_CHANNEL = Channel(_TYPICAL_MEAN, (_MOST_FRAMES,) * len(_TYPICAL_MEAN))
