#!/usr/bin/env python3
"""Trains the models that aim at accuracy with several seeds and puts their test errors into docs/results.md.

    AUTONET_DATA=... python3 bench/accuracy.py --seeds 5 --log accuracy.jsonl           # prints the table
    AUTONET_DATA=... python3 bench/accuracy.py --seeds 5 --log accuracy.jsonl --write   # in docs/results.md
    AUTONET_DATA=... python3 bench/accuracy.py MODEL --pytorch --seeds 5                # in PyTorch as well

Each model is trained as its file says, except for the seed. The settings in the files were chosen by validation images;
the test images are evaluated here, once a run, for the best validation epoch (where nothing is held out, for the last).
A run's seconds, in the log by the clock and in the table of the processors, go from the start of the program to its
end, with reading the data and evaluating the test images. With --pytorch the same net is also trained in PyTorch, by
the recipe of the file and from the same initial weights; that is written down for models of CIFAR-10's subset without
validation. Every run is appended to --log, and runs that are there already are not repeated, so a stopped comparison
goes on when started again. --pytorch needs numpy and torch.
"""
import argparse
import gzip
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from check_grad_tables import put

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["mnist_99", "mnist_best", "usps_best", "fashion_best", "cifar10_best"]
# Of CIFAR-10 a subset is at hand. As a twelfth of the images is easier to know by heart, its decay is stronger.
SETTINGS = {"cifar10_best": {"data.dataset": "cifar10-subset", "training.l2_decay": 5e-3}}


def autonet(*words):
    return json.loads(subprocess.run([ROOT / "build/autonet", *map(str, words)], check=True, capture_output=True,
                                     text=True).stdout)


def settings_of(name):
    """The words of a command that change what is changed in this model here."""
    return [word for path, value in SETTINGS.get(name, {}).items() for word in ("--set", f"{path}={value}")]


def train_autonet(name, seed, threads):
    """The errors in %, and the seconds of the run by the clock and of the processors."""
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        results = autonet("fit", ROOT / "models" / f"{name}.json", *settings_of(name), "--seed", seed, "--threads", threads, "--quiet",
                          "--json", "--no-train-figures", "--checkpoint", pathlib.Path(folder, "weights.npz"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    error = lambda part: 100 * (1 - results[part]["accuracy"]) if results[part] else None
    return {"validation_error": error("validation"), "test_error": error("test"), "seconds": time.monotonic() - begin,
            "cpu_seconds": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime}


# ---- The same in PyTorch ----

def cifar10_subset():
    import numpy
    import torch

    def part(name):
        with gzip.open(pathlib.Path(os.environ["AUTONET_DATA"], "cifar10-subset", name)) as file:
            rows = numpy.frombuffer(file.read(), numpy.uint8).reshape(-1, 3073)
        images = rows[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32)
        return torch.from_numpy(images), torch.from_numpy(rows[:, 0].astype(numpy.int64))

    train, test = part("data_batch_1_first4000.bin.gz"), part("test_batch_first1000.bin.gz")
    mean = train[0].mean((0, 2, 3), keepdim=True)
    deviation = train[0].double().std((0, 2, 3), keepdim=True, unbiased=False).float()  # "standardize"
    return [((x - mean) / deviation, y) for x, y in (train, test)]


def changed(images, augment, random):
    """Images [n,channels,rows,columns] after "flip" and "crop", of which each image draws its own."""
    import torch
    import torch.nn.functional as F

    count, _, rows, columns = images.shape
    mirrored = torch.randint(2, (count,), generator=random).bool()
    images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    margin = augment["crop"]["padding"]
    padded = F.pad(images, [margin] * 4, mode="replicate")
    down, across = torch.randint(2 * margin + 1, (2, count), generator=random).tolist()
    return torch.stack([padded[i, :, down[i]:down[i] + rows, across[i]:across[i] + columns] for i in range(count)])


def train_torch(name, seed, threads):
    import torch

    import against_pytorch as peer

    torch.set_num_threads(threads)
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    model = json.loads((ROOT / "models" / f"{name}.json").read_text())
    for path, value in SETTINGS.get(name, {}).items():
        part, key = path.split(".")
        model[part][key] = value
    if isinstance(model["loss"], str):
        model["loss"] = {"type": model["loss"]}
    data, training = model["data"], model["training"]
    if (data["dataset"], data["normalize"], data["validation"], sorted(data["augment"]), training.get("ema")) != (
            "cifar10-subset", "standardize", 0, ["crop", "flip"], None):
        sys.exit(f"accuracy: {name}: its data or its recipe are not written down here for PyTorch")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "weights.npz")
        start = autonet("fit", ROOT / "models" / f"{name}.json", *settings_of(name), "--seed", seed, "--epochs", 0, "--quiet", "--json",
                        "--no-train-figures", "--checkpoint", file)
        net = peer.Net(model, peer.arrays_of(file, ""))
    (x, y), (test_x, test_y) = cifar10_subset()
    with torch.no_grad():
        loss = net.loss(test_x.permute(0, 2, 3, 1), test_y, False).item()
    if abs(loss - start["test"]["cross_entropy"]) > 1e-5:
        sys.exit(f"accuracy: {name}: the loss of the initial weights is {start['test']['cross_entropy']} in autonet "
                 f"and {loss} in PyTorch")
    optimizer, random = net.optimizer(), torch.Generator().manual_seed(seed)
    step, epochs, size = 0, training["epochs"], training["batch_size"]
    for _ in range(epochs):
        batches = torch.randperm(len(x), generator=random).split(size)
        for batch in batches:
            for group in optimizer.param_groups:
                group["lr"] = peer.rate_at(training, step, len(batches), epochs)
            images = changed(x[batch], data["augment"], random)
            optimizer.zero_grad()
            net.loss(images.permute(0, 2, 3, 1), y[batch], True).backward()
            optimizer.step()
            step += 1
    with torch.no_grad():
        scores = torch.cat([net(part.permute(0, 2, 3, 1), False) for part in test_x.split(250)])
    after = resource.getrusage(resource.RUSAGE_SELF)
    error = 100 * (scores.argmax(1) != test_y).float().mean().item()
    return {"validation_error": None, "test_error": error, "seconds": time.monotonic() - begin,
            "cpu_seconds": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime}


# ---- The table ----

def table(done, models):
    lines = ["| model | trained by | seeds | validation error | test error | of each seed | CPU seconds |",
             "|---" * 7 + "|"]
    for model in models:
        for library in ("autonet", "PyTorch"):
            runs = [run for _, run in sorted(done.get((model, library), {}).items())]
            if not runs:
                continue

            def spread(key):
                numbers = [run[key] for run in runs]
                if None in numbers:
                    return "none"
                deviation = f" ± {statistics.stdev(numbers):.2f}" if len(numbers) > 1 else ""
                return f"{statistics.mean(numbers):.2f}{deviation} %"

            single = " ".join(f"{run['test_error']:.2f}" for run in runs)
            cpu = f"{statistics.mean(run['cpu_seconds'] for run in runs):.3g}"
            cells = [model, library, str(len(runs)), spread("validation_error"), spread("test_error"), single, cpu]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--seeds", type=int, default=5, help="train with the seeds 1 to this")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pytorch", action="store_true", help="train in PyTorch as well")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("accuracy.jsonl"))
    parser.add_argument("--no-training", action="store_true", help="only make the table of what is in the log")
    parser.add_argument("--write", action="store_true", help="also put the table of all models into docs/results.md")
    arguments = parser.parse_args()
    done = {}
    for line in arguments.log.read_text().splitlines() if arguments.log.exists() else []:
        run = json.loads(line)
        done.setdefault((run["model"], run["library"]), {})[run["seed"]] = run
    trainers = {"autonet": train_autonet} | ({"PyTorch": train_torch} if arguments.pytorch else {})
    for name in [] if arguments.no_training else arguments.models or MODELS:
        for seed in range(1, arguments.seeds + 1):
            for library, train in trainers.items():
                if seed in done.get((name, library), {}):
                    continue
                run = {"model": name, "library": library, "seed": seed} | train(name, seed, arguments.threads)
                done.setdefault((name, library), {})[seed] = run
                with arguments.log.open("a") as log:
                    log.write(json.dumps(run) + "\n")
                print(f"{name}, {library}, seed {seed}: test error {run['test_error']:.2f} %, "
                      f"{run['cpu_seconds']:.0f} CPU seconds", file=sys.stderr, flush=True)
    text = table(done, dict.fromkeys([*MODELS, *(name for name, _ in done)]))
    print(text)
    if arguments.write:
        put("results.md", "accuracy", text)


if __name__ == "__main__":
    main()
