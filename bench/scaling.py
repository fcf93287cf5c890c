#!/usr/bin/env python3
"""Does cost grow straight with the work? Time per image over batch sizes and over numbers of images, and the
time to the first training step.

    AUTONET_DATA=... python3 bench/scaling.py

Batches: training steps in memory by `autonet bench`, sizes in turn, medians over --rounds. Numbers of images:
whole epochs of `autonet fit` on the first N images of MNIST (read and trained; the data set must be there,
and its 60,000 images are the most). Start: the time of `autonet fit models/quickstart.json` before its first
epoch's clock starts. Prints Markdown.
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
    """Microseconds an image of a convnet1 on the first so many images of MNIST, by their number."""
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
    """Milliseconds before the first epoch of quickstart: when its line is in the log, less its own seconds."""
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
    least = min(values.values())
    print(f"| {title} | " + " | ".join(f"{key:,}" for key in values) + " |")
    print("|" + "---|" * (len(values) + 1))
    print("| µs an image | " + " | ".join(f"{value:.1f}" for value in values.values()) + " |")
    print("| over the least | " + " | ".join(f"{value / least:.2f}" for value in values.values()) + " |\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for model in ("convnet1.json", "convnet3.json"):
        table(f"{model}, batch", batches(model, (25, 50, 100, 200, 400, 800, 1600), 1, arguments.rounds))
    if pathlib.Path(os.environ.get("AUTONET_DATA", ""), "mnist").is_dir():
        table("convnet1 on MNIST, images", epochs((1000, 3000, 10000, 30000, 60000), max(1, arguments.rounds // 2)))
    else:
        print("MNIST is not here: no epochs of many sizes.\n")
    print(f"Start to the first step of quickstart: {start(arguments.rounds):.0f} ms")


if __name__ == "__main__":
    main()
