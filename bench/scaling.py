#!/usr/bin/env python3
"""How the cost of training grows: time per image over batch sizes and over numbers of images, and the time from
the start of the program to the first training step. Prints the tables of docs/performance.md.

    AUTONET_DATA=... python3 bench/scaling.py

Batch sizes: training steps in memory, measured in turn by `autonet bench`; medians over --rounds. Numbers of
images: whole epochs of `autonet fit` on the first N images of MNIST, which must be in $AUTONET_DATA. Start: the time
of `autonet fit models/quickstart.json` before its first epoch begins.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/autonet"


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def batches(model, sizes, threads, rounds):
    times = {size: [] for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            result = json.loads(run("bench", ROOT / "models" / model, "--batch", size, "--threads", threads,
                                    "--seconds", 0.5, "--json"))
            times[size].append(1e3 * result["step_milliseconds"]["median"] / size)
    return {size: statistics.median(values) for size, values in times.items()}


def epochs(counts, rounds):
    """Microseconds per image for convnet1 on the first images of MNIST, by the number of images."""
    model = json.loads((ROOT / "models/convnet1.json").read_text())
    del model["$schema"]
    times = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as folder:
        path, log = pathlib.Path(folder, "model.json"), pathlib.Path(folder, "log")
        for _ in range(rounds):
            for count in counts:
                model["data"] = {"dataset": "mnist", "validation": 0, "limit": count}
                path.write_text(json.dumps(model))
                run("fit", path, "--epochs", 2, "--threads", 1, "--log", log, "--checkpoint", f"{folder}/w.npz",
                    "--quiet")
                seconds = json.loads(log.read_text().splitlines()[-1])["seconds"]
                times[count].append(1e6 * seconds / count)
    return {count: statistics.median(values) for count, values in times.items()}


def start(rounds):
    """Milliseconds before the first epoch of quickstart: until its line is in the log, minus the seconds of the epoch."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            begin = time.perf_counter()
            process = subprocess.Popen([PROGRAM, "fit", ROOT / "models/quickstart.json", "--epochs", "1",
                                        "--checkpoint", f"{folder}/w.npz", "--log", f"{folder}/log"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            log = pathlib.Path(folder, "log")
            while not (log.exists() and log.read_text().endswith("\n")):
                time.sleep(0.0005)
            ended = time.perf_counter() - begin
            process.wait()
            times.append(1e3 * (ended - json.loads(log.read_text())["seconds"]))
            log.unlink()
    return statistics.median(times)


def table(title, values):
    smallest = min(values.values())
    print(f"| {title} | " + " | ".join(f"{key:,}" for key in values) + " |")
    print("|" + "---|" * (len(values) + 1))
    print("| µs per image | " + " | ".join(f"{value:.1f}" for value in values.values()) + " |")
    print("| divided by the smallest | " + " | ".join(f"{value / smallest:.2f}" for value in values.values()) + " |\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for model in ("convnet1.json", "convnet3.json"):
        table(f"{model}, batch", batches(model, (25, 50, 100, 200, 400, 800, 1600), 1, arguments.rounds))
    if pathlib.Path(os.environ.get("AUTONET_DATA", ""), "mnist").is_dir():
        table("convnet1 on MNIST, images", epochs((1000, 3000, 10000, 30000, 60000), max(1, arguments.rounds // 2)))
    else:
        print("MNIST was not found in $AUTONET_DATA, so no epochs were measured.\n")
    print(f"From the start of the program to the first training step of quickstart: {start(arguments.rounds):.0f} ms.")


if __name__ == "__main__":
    main()
