#!/usr/bin/env python3
"""Trains the shipped models on USPS with three seeds each and prints the table of docs/usps.md.

    AUTONET_DATA=... python3 bench/usps_table.py

Each model is trained as its file says, except for the seed. The figures are those of `autonet evaluate` for the
epoch with the best validation loss. Takes three to ten minutes on two cores.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["logreg", "net_1layer", "net_2layer", "convnet1", "convnet2", "convnet3"]
# PyTorch 1.13, 25 epochs, best validation epoch, mean of three seeds: accuracy in %, train, validation, test
EXPECTED = {"logreg": (97.2, 95.4, 91.4), "net_1layer": (99.9, 97.2, 93.6), "net_2layer": (99.8, 97.3, 93.8),
            "convnet1": (100.0, 98.8, 96.0), "convnet2": (99.9, 98.7, 96.0)}
SPLITS = ("train", "validation", "test")


def run(*arguments):
    return subprocess.run([ROOT / "build/autonet", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    print("| model | seeds | train | validation | test | accuracy against the reference, points |")
    print("|---|---|---|---|---|---|")
    for name in arguments.models:
        path = ROOT / "models" / f"{name}.json"
        results = []
        for seed in arguments.seeds:
            with tempfile.TemporaryDirectory() as folder:
                weights = pathlib.Path(folder, "weights.npz")
                run("fit", path, "--seed", seed, "--threads", arguments.threads, "--checkpoint", weights, "--quiet")
                results.append(json.loads(run("evaluate", path, "--checkpoint", weights, "--json")))
            print(f"{name} seed {seed}: " + ", ".join(
                f"{s} {results[-1][s]['cross_entropy']:.4f} {100 * results[-1][s]['accuracy']:.2f} %" for s in SPLITS),
                file=sys.stderr, flush=True)
        cells, means = [], []
        for split in SPLITS:
            loss = statistics.mean(r[split]["cross_entropy"] for r in results)
            shares = [100 * r[split]["accuracy"] for r in results]
            means.append(statistics.mean(shares))
            spread = f" ± {statistics.stdev(shares):.1f}" if len(shares) > 1 else ""
            cells.append(f"{loss:.3f}, {means[-1]:.2f} %{spread}")
        against = "no reference" if name not in EXPECTED else ", ".join(
            f"{mean - expected:+.2f}" for mean, expected in zip(means, EXPECTED[name]))
        seeds = " ".join(map(str, arguments.seeds))
        print(f"| {name} | {seeds} | {cells[0]} | {cells[1]} | {cells[2]} | {against} |", flush=True)


if __name__ == "__main__":
    main()
