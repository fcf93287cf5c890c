#!/usr/bin/env python3
"""Kills `autonet fit` at random moments, resumes it, and compares the end with a run that was not killed.

    tests/kill_test.py [PROGRAM] [--kills N] [--seed S]      (default: build/autonet, 10 kills, a seed from the clock)

After every kill each file must be whole: the weights and the run are zip archives without an error, the lines of the
log are JSON but for the last, which may be cut, and the page ends. At the end of each run weights and run must have the
bytes of the run that was not killed, and the log the same figures. Exit status 0 if all is so, 1 if not.
"""
import argparse
import collections
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = 40
MODEL = {"name": "m", "data": {"dataset": "digits", "limit": 300, "validation": 60},
         "layers": [{"name": "hidden", "type": "linear", "units": 24, "activation": "relu"}, {"type": "batch_norm"},
                    {"type": "dropout", "rate": 0.2}, {"name": "output", "type": "linear", "units": 10}],
         "loss": "softmax_cross_entropy",
         "training": {"epochs": EPOCHS, "batch_size": 40, "checkpoint": "m.npz",
                      "optimizer": {"type": "adam", "learning_rate": 0.003}}}
WORDS = ["fit", "m.json", "--quiet", "--log", "run.jsonl", "--report", "report.html", "--tensorboard", "events",
         "--threads", "2", "--no-train-figures"]


class Wrong(Exception):
    pass


def new_folder(base, name):
    folder = base / name
    folder.mkdir()
    (folder / "m.json").write_text(json.dumps(MODEL))
    return folder


def lines_of(folder, cut_allowed=False):
    path = folder / "run.jsonl"
    parts = path.read_text().split("\n") if path.exists() else [""]
    if parts[-1] and not cut_allowed:
        raise Wrong("the log ends within a line")
    rows = [json.loads(line) for line in parts[:-1]]
    for row in rows:
        for key in ("seconds", "images_per_second"):
            row.pop(key, None)
    return rows


def check_whole(folder):
    """After a kill: no file that a reader might open is damaged."""
    for name in ("m.npz", "m.run.npz"):
        path = folder / name
        if path.exists() and zipfile.ZipFile(path).testzip() is not None:
            raise Wrong(f"{name} is damaged")
    numbers = [row["epoch"] for row in lines_of(folder, cut_allowed=True)]
    if numbers != list(range(1, len(numbers) + 1)):
        raise Wrong(f"the log has the epochs {numbers}")
    page = folder / "report.html"
    if page.exists() and not page.read_text().rstrip().endswith("</html>"):
        raise Wrong("the page is cut")


def check_same(folder, whole):
    for name in ("m.npz", "m.run.npz"):
        if (folder / name).read_bytes() != (whole / name).read_bytes():
            raise Wrong(f"{name} differs from that of the run that was not killed")
    if lines_of(folder) != lines_of(whole):
        raise Wrong("the log differs from that of the run that was not killed")
    left = [path.name for path in folder.iterdir() if ".tmp." in path.name or path.name.endswith(".lock")]
    if left:
        raise Wrong(f"left behind: {left}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", type=pathlib.Path, default=ROOT / "build/autonet")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_007)
    options = parser.parse_args()
    program = options.program.resolve()
    print(f"kill_test: seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    base = pathlib.Path(tempfile.mkdtemp(prefix="autonet-kill-"))
    whole = new_folder(base, "whole")
    began = time.monotonic()
    subprocess.run([program, *WORDS], cwd=whole, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    kills = runs = 0
    found = collections.Counter()  # the epoch that the run's file held after a kill
    folder = None
    try:
        while kills < options.kills:
            if folder is None:
                folder = new_folder(base, f"run{runs}")
            resume = ["--resume"] if (folder / "m.run.npz").exists() else []
            process = subprocess.Popen([program, *WORDS, *resume], cwd=folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
            try:
                _, err = process.communicate(timeout=draw.uniform(0, 0.7 * seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
                found[len(lines_of(folder, cut_allowed=True))] += 1
                check_whole(folder)
                continue
            if process.returncode != 0:
                raise Wrong(f"status {process.returncode}: {err.decode(errors='replace')}")
            check_same(folder, whole)
            shutil.rmtree(folder)
            folder, runs = None, runs + 1
        if folder is not None:  # the last run ends undisturbed
            resume = ["--resume"] if (folder / "m.run.npz").exists() else []
            subprocess.run([program, *WORDS, *resume], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            check_same(folder, whole)
            runs += 1
    except (Wrong, ValueError, zipfile.BadZipFile, subprocess.CalledProcessError) as error:
        print(f"FAILED after {kills} kills: {error}\nThe files are in {folder}, those of the run that was not killed "
              f"in {whole}.")
        return 1
    shutil.rmtree(base)
    print(f"PASSED: {kills} kills in {runs} runs of {EPOCHS} epochs, after {len(found)} different numbers of epochs; "
          "every file was whole, and every run ended with the same bytes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
