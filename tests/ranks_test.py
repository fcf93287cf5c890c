#!/usr/bin/env python3
"""Trains by several processes with mpirun, and compares the files with those of one process, byte for byte.

    tests/ranks_test.py [PROGRAM] [--kills N] [--seed S]      (default: build/autonet, 3 kills, a seed from the clock)

1. Runs on 1, 2, 3, 4 and 7 processes end with the same files.
2. N times, one process of three is killed at a random moment: the run says how to go on, its files are whole, and on
   another number of processes it ends with the same files.
3. Processes that cannot start give one error, and the exit status of a single process.

Exit status 0 if all is so, 1 if not, 77 if there is no mpirun.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = {"name": "m",
         "data": {"dataset": "digits", "limit": 700, "validation": 100, "augment": {"shift": 1, "rotate": 5}},
         "layers": [{"type": "conv2d", "channels": 32, "kernel": 3, "padding": 1, "activation": "relu"},
                    {"type": "batch_norm"}, {"type": "max_pool2d", "kernel": 2}, {"type": "dropout", "rate": 0.2},
                    {"type": "conv2d", "channels": 32, "kernel": 3, "padding": 1, "activation": "relu"},
                    {"type": "linear", "units": 10}],
         "loss": "softmax_cross_entropy",
         "training": {"epochs": 10, "batch_size": 64, "checkpoint": "m.npz", "clip_norm": 5.0,
                      "optimizer": {"type": "adam", "learning_rate": 0.003}}}
# Open MPI refuses to run as root, or with more processes than cores, unless it is told.
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1")


class Wrong(Exception):
    pass


class Folder:
    def __init__(self, base, name):
        self.path = base / name
        self.path.mkdir()
        (self.path / "m.json").write_text(json.dumps(MODEL))

    def files(self):
        return [(self.path / name).read_bytes() for name in ("m.npz", "m.run.npz")]


def command(program, ranks, more=()):
    words = [program, "fit", "m.json", "--threads", "1", "--quiet", "--no-train-figures", *more]
    return ["mpirun", "-n", str(ranks), *words] if ranks else words


def run(program, folder, ranks, more=()):
    done = subprocess.run(command(program, ranks, more), cwd=folder.path, env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=600)
    return done.returncode, done.stdout, done.stderr


def finished(program, folder, ranks, more=()):
    status, _, errors = run(program, folder, ranks, more)
    if status != 0:
        raise Wrong(f"{ranks} processes ended with status {status}:\n{errors}")


def ranks_of(starter):
    """The process ids of the ranks that a running mpirun has started, by rank."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int(entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent != starter.pid:
                continue
            for word in entry.joinpath("environ").read_bytes().split(b"\0"):
                if word.startswith(b"OMPI_COMM_WORLD_RANK="):
                    found[int(word.split(b"=")[1])] = int(entry.name)
        except (OSError, IndexError, ValueError):
            continue
    return found


def kill_one(program, base, number, draw, expected):
    folder = Folder(base, f"kill{number}")
    victim, ranks = draw.randrange(3), draw.choice([1, 2, 4])
    wait = draw.uniform(0.0, 1.0)
    errors = folder.path / "errors.txt"
    with errors.open("w") as stream:
        starter = subprocess.Popen(command(program, 3), cwd=folder.path, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                                   stderr=stream)
        deadline = time.monotonic() + 60
        while not (folder.path / "m.run.npz").exists() and starter.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(wait)  # after the first epoch
        pids = ranks_of(starter)
        if victim in pids:
            os.kill(pids[victim], signal.SIGKILL)
        status = starter.wait(timeout=120)
    print(f"kill {number}: rank {victim} of 3, {wait:.2f} s after the first epoch, mpirun ended with {status}; "
          f"goes on with {ranks}", flush=True)
    for name in ("m.npz", "m.run.npz"):
        path = folder.path / name
        if zipfile.ZipFile(path).testzip() is not None:
            raise Wrong(f"{name} is damaged")
    text = errors.read_text()
    # Rank 0 says how to go on, unless it was killed itself or training was over.
    if victim > 0 and status == 137 and "mpirun -n 3 " not in text:
        raise Wrong(f"the run does not say how to go on:\n{text}")
    finished(program, folder, ranks, ["--resume"])
    if folder.files() != expected:
        raise Wrong("after the kill the run ends with other files")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default=str(ROOT / "build" / "autonet"))
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    if shutil.which("mpirun") is None:
        print("SKIPPED: training by several processes, as there is no mpirun (Debian: openmpi-bin libopenmpi-dev)")
        return 77
    print(f"seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)
        try:
            alone = Folder(base, "alone")
            finished(program, alone, 0)
            expected = alone.files()
            for ranks in (1, 2, 3, 4, 7):
                folder = Folder(base, f"ranks{ranks}")
                status, _, errors = run(program, folder, ranks)
                if "was built without MPI" in errors:
                    print("SKIPPED: training by several processes, as autonet was built without MPI")
                    return 77
                if status != 0:
                    raise Wrong(f"{ranks} processes ended with status {status}:\n{errors}")
                if folder.files() != expected:
                    raise Wrong(f"{ranks} processes end with other files than one alone")
                print(f"{ranks} processes: the same files", flush=True)
            for number in range(options.kills):
                kill_one(program, base, number, draw, expected)
            status, _, errors = run(program, Folder(base, "error"), 3, ["--init-from", "nothing.npz"])
            if status != 3 or errors.count("nothing.npz") != 1:
                raise Wrong(f"without the file to start from: status {status}, {errors}")
        except Wrong as wrong:
            print(f"WRONG (seed {options.seed}): {wrong}")
            return 1
    print("all files are those of one process")
    return 0


if __name__ == "__main__":
    sys.exit(main())
