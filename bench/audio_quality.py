"""What each preset of the resampler does to a sine that sweeps the band: pass-band, stop-band, delay; plots as PNG.

For every frequency the output is split into the sine itself and everything else: images, aliases, rounding. Ripple is
counted to 0.9 of the lower Nyquist frequency (0.7 for `fast`, 0.85 for `voice`), the rest over the whole band and for
tones on both sides of the transition. Delay is that of an impulse. Plots need matplotlib and go to `--plots`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from claims import Claims
from electron_local.audio import Resampler, resample

Signal = npt.NDArray[np.float64]

PAIRS = [(16000, 48000), (48000, 16000), (44100, 16000), (8000, 16000)]
AMPLITUDE = 0.5
N_TONES = 60


@dataclass(frozen=True)
class Preset:
    stop_band_db: float
    pass_edge: float  # in units of the lower Nyquist frequency
    ripple_db: float


PRESETS = {
    "fast": Preset(60, 0.7, 0.02),
    "voice": Preset(70, 0.85, 0.02),
    "hq": Preset(120, 0.9, 0.01),
    "vhq": Preset(150, 0.9, 0.01),
}
INEXACT = ", exact=False"
PRESETS |= {name + INEXACT: PRESETS[name] for name in ("hq", "vhq")}


def response(from_rate: int, to_rate: int, name: str, frequency_hz: float) -> tuple[float, float]:
    """Level of a tone that goes in with 0 dB, and of the strongest line of all else, in dB."""
    quality, exact = name.removesuffix(INEXACT), not name.endswith(INEXACT)
    n = np.arange(from_rate // 2 if exact else 2 * from_rate)  # short ones are converted exactly in any case
    tone = (AMPLITUDE * np.sin(2 * np.pi * frequency_hz / from_rate * n + 0.3)).astype(np.float32)
    out = resample(tone, from_rate, to_rate, quality, exact=exact).astype(np.float64)  # type: ignore[arg-type]
    inner = out[len(out) // 8 : -len(out) // 8]
    tone_db = -400.0
    if frequency_hz < to_rate / 2:
        angle = 2 * np.pi * frequency_hz / to_rate * np.arange(len(inner))
        basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        weights, *_ = np.linalg.lstsq(basis, inner, rcond=None)
        inner = inner - basis @ weights
        tone_db = 20 * np.log10(np.hypot(*weights) / AMPLITUDE + 1e-20)
    window = np.kaiser(len(inner), 30)
    lines = np.abs(np.fft.rfft(inner * window)) * 2 / window.sum() / AMPLITUDE
    return float(tone_db), float(20 * np.log10(lines.max() + 1e-20))


def impulse_delay_ms(from_rate: int, to_rate: int, quality: str) -> float:
    """From an impulse at input sample 0 to the greatest output sample."""
    resampler = Resampler(from_rate, to_rate, quality)  # type: ignore[arg-type]
    impulse = np.zeros(from_rate // 10, np.float32)
    impulse[0] = 1.0
    return float(np.argmax(np.concatenate([resampler.process(impulse), resampler.flush()])) / to_rate * 1000)


def plot(path: Path, title: str, curves: dict[str, tuple[Signal, Signal, Signal]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (top, bottom) = pyplot.subplots(2, sharex=True, figsize=(8, 7), constrained_layout=True)
    for quality, (frequencies, passed, rest) in curves.items():
        top.plot(frequencies, np.maximum(passed, -200), label=quality)
        bottom.plot(frequencies, rest, label=quality)
    top.set(title=title, ylabel="tone that went in, dB", ylim=(-180, 5))
    bottom.set(xlabel="frequency in, Hz", ylabel="images, aliases, rounding, dB", ylim=(-190, 5))
    for axes in (top, bottom):
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    figure.savefig(path)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plots", type=Path, help="a folder for PNG files; none are drawn when left out")
    parser.add_argument("--tones", type=int, default=N_TONES)
    arguments = parser.parse_args()
    claims = Claims("audio_quality", tones=arguments.tones)
    for from_rate, to_rate in PAIRS:
        curves = {}
        nyquist_hz = min(from_rate, to_rate) / 2
        for quality, preset in PRESETS.items():
            frequencies = np.linspace(0.01, 0.995, arguments.tones) * from_rate / 2
            passed, rest = np.array([response(from_rate, to_rate, quality, f) for f in frequencies]).T
            curves[quality] = (frequencies, passed, rest)
            in_band = frequencies <= preset.pass_edge * nyquist_hz
            # Below 16 kHz the transition of `voice` reaches beyond the Nyquist frequency, and as much before it.
            transition = 0.145 if quality == "voice" and nyquist_hz < 8000 else 0.0
            counted = (frequencies <= (1 - transition) * nyquist_hz) | (frequencies >= (1 + transition) * nyquist_hz)
            name = f"{from_rate}->{to_rate} {quality}"
            claims.ratio(f"{name}: ripple", float(np.abs(passed[in_band]).max()), "dB", at_most=preset.ripple_db)
            claims.ratio(f"{name}: images and aliases", float(rest[counted].max()), "dB", at_most=-preset.stop_band_db)
            if quality.endswith(INEXACT):
                continue
            delay_ms = impulse_delay_ms(from_rate, to_rate, quality)
            if quality == "voice":
                claims.ratio(f"{name}: delay", delay_ms, "ms", at_most=2.0)
            else:
                claims.value(f"{name}: delay", delay_ms, "ms")
        if arguments.plots:
            arguments.plots.mkdir(parents=True, exist_ok=True)
            plot(arguments.plots / f"{from_rate}-{to_rate}.png", f"{from_rate} Hz to {to_rate} Hz", curves)
    claims.finish()


if __name__ == "__main__":
    main()
