#!/usr/bin/env python3
"""Trains the course's five models on USPS with many seeds, in autonet and in PyTorch, and compares the results.

    AUTONET_DATA=... python3 bench/usps_seeds.py --seeds 10 --log seeds.jsonl                 # prints the tables
    AUTONET_DATA=... python3 bench/usps_seeds.py --seeds 10 --log seeds.jsonl --write    # in docs/results.md

Each library trains each model with each of two initializations: autonet's (Glorot's uniform, biases 0) and PyTorch's
(uniform in ±1/sqrt(fan_in), biases too). The images, the split, the batches' size, the optimizer and the choice of the
epoch (best validation accuracy, then lowest validation loss) are the same; before PyTorch trains, its results for
weights that autonet trained are compared with autonet's. The fifth arm keeps the training seed and changes the seed
of the split. Every run is appended to --log, and runs that are there already are not repeated, so a stopped comparison
goes on when started again. Needs numpy and torch, unless --no-pytorch is given or the log is complete.
"""
import argparse
import gzip
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

from check_grad_tables import put

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["logreg", "net_1layer", "net_2layer", "convnet1", "convnet2"]
AUTONET, PYTORCH = "Glorot", "1/sqrt(fan_in)"
ARMS = {"autonet": ("autonet", AUTONET), "PyTorch": ("PyTorch", AUTONET),
        "autonet, PyTorch's init": ("autonet", PYTORCH), "PyTorch, its own init": ("PyTorch", PYTORCH),
        "autonet, other splits": ("autonet", AUTONET)}
FIGURES = [(split, figure) for split in ("train", "validation", "test") for figure in ("cross_entropy", "accuracy")]


# ---- The data and the split, as autonet has them ----

def philox(counter, key):
    mask = 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [b >> 32 ^ counter[1] ^ key[0], b & mask, a >> 32 ^ counter[3] ^ key[1], a & mask]
        key = [key[0] + 0x9E3779B9 & mask, key[1] + 0xBB67AE85 & mask]
    return counter


def random_words(seed, stream):
    block, mask = 0, 0xFFFFFFFF
    while True:
        w = philox([block & mask, block >> 32, stream & mask, stream >> 32], [seed & mask, seed >> 32])
        yield from (w[0] | w[1] << 32, w[2] | w[3] << 32)
        block += 1


def validation_indices(count, held, seed):
    """The training images that autonet holds out: data/examples.cc and autograd/random.cc."""
    stream = 0xCBF29CE484222325
    for letter in b"validation":
        stream = (stream ^ letter) * 0x100000001B3 % 2**64
    words, order = random_words(seed, stream), list(range(count))
    for i in range(count, 1, -1):
        word = next(words)
        while word < (2**64 - i) % i:
            word = next(words)
        order[i - 1], order[word % i] = order[word % i], order[i - 1]
    return sorted(order[:held])


def usps(seed):
    import numpy

    def part(name):
        with gzip.open(pathlib.Path(os.environ["AUTONET_DATA"], "usps", name)) as file:
            rows = numpy.loadtxt(file, dtype=numpy.float32)
        return rows[:, 1:].reshape(-1, 1, 16, 16), rows[:, 0].astype(numpy.int64)

    x, y = part("zip.train.gz")
    held = numpy.zeros(len(x), bool)
    held[validation_indices(len(x), 1000, seed)] = True
    return {"train": (x[~held], y[~held]), "validation": (x[held], y[held]), "test": part("zip.test.gz")}


# ---- Training ----

def autonet(*words):
    return json.loads(subprocess.run([ROOT / "build/autonet", *map(str, words)], check=True, capture_output=True,
                                     text=True).stdout)


def fans(model):
    """fan_in of each layer that has weights, by its name."""
    rows, cols, channels, flat, result = 16, 16, 1, None, {}
    for layer in model["layers"]:
        if layer["type"] == "conv2d":  # the models' convolutions keep rows and columns
            result[layer["name"]] = channels * layer["kernel"] ** 2
            channels = layer["channels"]
        elif layer["type"] == "max_pool2d":
            rows, cols = rows // 2, cols // 2
        else:
            result[layer["name"]] = flat or rows * cols * channels
            flat = layer["units"]
    return result


def train_autonet(model, init, seed, split_seed, checkpoint=None):
    model = json.loads(json.dumps(model))
    model.pop("$schema", None)
    model["data"]["seed"] = split_seed
    if init == PYTORCH:
        for layer in model["layers"]:
            if layer["name"] in fans(model):
                bound = {"uniform": 1 / math.sqrt(fans(model)[layer["name"]])}
                layer |= {"init": bound, "bias_init": bound}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "model.json")
        file.write_text(json.dumps(model))
        return autonet("fit", file, "--seed", seed, "--threads", 1, "--quiet", "--json", "--checkpoint",
                       checkpoint or pathlib.Path(folder, "weights.npz"))


def torch_net(model, init):
    """The model in PyTorch, initialized, and its layers with weights by name."""
    import torch
    from torch import nn

    class Flatten(nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x  # autonet's order: rows, columns, channels

    layers, named = [], {}
    for layer in model["layers"]:
        fan_in = fans(model).get(layer["name"])
        if layer["type"] == "conv2d":
            kernel = layer["kernel"]
            made = nn.Conv2d(fan_in // kernel**2, layer["channels"], kernel, padding=layer["padding"])
        elif layer["type"] == "max_pool2d":
            layers.append(nn.MaxPool2d(layer["kernel"], layer["stride"]))
            continue
        else:
            layers.append(Flatten())
            made = nn.Linear(fan_in, layer["units"])
        if init == AUTONET:
            nn.init.xavier_uniform_(made.weight)
            nn.init.zeros_(made.bias)
        layers.append(made)
        named[layer["name"]] = made
        if layer.get("activation") == "relu":
            layers.append(nn.ReLU())
        elif layer.get("activation", "none") != "none":
            sys.exit(f"usps_seeds: the activation {layer['activation']} is not known here")
    return nn.Sequential(*layers), named


def measure(net, part):
    import torch

    with torch.no_grad():
        scores = net(part[0])
        return {"cross_entropy": torch.nn.functional.cross_entropy(scores, part[1]).item(),
                "accuracy": (scores.argmax(1) == part[1]).float().mean().item()}


def train_torch(model, init, seed, parts):
    import torch

    torch.manual_seed(seed)
    net, _ = torch_net(model, init)
    training, (x, y) = model["training"], parts["train"]
    decayed = [{"params": [p for n, p in net.named_parameters() if n.endswith("weight")],
                "weight_decay": training.get("l2_decay", 0)},
               {"params": [p for n, p in net.named_parameters() if n.endswith("bias")]}]
    optimizer = torch.optim.SGD(decayed, lr=training["optimizer"]["learning_rate"],
                                momentum=training["optimizer"]["momentum"])
    best, results = None, None
    for _ in range(training["epochs"]):
        for batch in torch.randperm(len(x)).split(training["batch_size"]):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
        now = measure(net, parts["validation"])
        if best is None or (now["accuracy"], -now["cross_entropy"]) > best:
            best = now["accuracy"], -now["cross_entropy"]
            results = {split: measure(net, part) for split, part in parts.items()}
    return results


def check_parts(model, parts):
    """Ends the program if PyTorch does not get autonet's results from autonet's weights."""
    import numpy
    import torch

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "weights.npz")
        own = train_autonet(dict(model, training=dict(model["training"], epochs=1)), AUTONET, 1, 1, file)
        arrays = numpy.load(file)
        net, named = torch_net(model, AUTONET)
        for name, layer in named.items():
            weight = arrays[f"{name}/weight"]
            weight = weight.T if weight.ndim == 2 else weight.transpose(3, 2, 0, 1)
            layer.weight.data = torch.tensor(numpy.ascontiguousarray(weight))
            layer.bias.data = torch.tensor(arrays[f"{name}/bias"])
    for split, part in parts.items():
        theirs = measure(net, part)
        if any(abs(theirs[figure] - own[split][figure]) > 1e-5 for figure in theirs):
            sys.exit(f"usps_seeds: {model['name']}, {split}: autonet has {own[split]}, PyTorch {theirs}")


# ---- The tables ----

def mean_text(runs, split, figure):
    scale, form = (100, "{:.2f} ± {:.2f} %") if figure == "accuracy" else (1, "{:.4f} ± {:.4f}")
    numbers = [scale * run[split][figure] for run in runs]
    return form.format(statistics.mean(numbers), statistics.stdev(numbers) if len(numbers) > 1 else 0)


def p_value(a, b, rounds=20000):
    """Of a permutation test: how often two random halves of all results differ as much in the mean as a and b."""
    draw, pool = random.Random(1), a + b
    gap, count = abs(statistics.fmean(a) - statistics.fmean(b)) - 1e-12, 0
    for _ in range(rounds):
        draw.shuffle(pool)
        count += abs(math.fsum(pool[:len(a)]) / len(a) - math.fsum(pool[len(a):]) / len(b)) >= gap
    return (count + 1) / (rounds + 1)


def tables(done, models):
    lines = ["| model | trained by | seeds | train loss | accuracy | validation loss | accuracy | test loss | accuracy |",
             "|---|---|---|---|---|---|---|---|---|"]
    for model in models:
        for arm in ARMS:
            if runs := done.get((model, arm)):
                lines.append(f"| {model} | {arm} | {len(runs)} | " + " | ".join(mean_text(runs, *f) for f in FIGURES) + " |")
    pairs = [("library", "autonet", "PyTorch"), ("library", "autonet, PyTorch's init", "PyTorch, its own init"),
             ("initialization", "autonet", "autonet, PyTorch's init"),
             ("initialization", "PyTorch", "PyTorch, its own init")]
    lines += ["", "| model | what differs | first | second | validation loss, p | test loss, p | test accuracy, p |",
              "|---|---|---|---|---|---|---|"]
    for model in models:
        for what, first, second in pairs:
            a, b = done.get((model, first)), done.get((model, second))
            if not a or not b or min(len(a), len(b)) < 2:
                continue
            cells = []
            for split, figure in (("validation", "cross_entropy"), ("test", "cross_entropy"), ("test", "accuracy")):
                scale, unit, form = (100, " points", "{:+.2f}") if figure == "accuracy" else (1, "", "{:+.4f}")
                of = lambda runs: [scale * run[split][figure] for run in runs]
                gap = statistics.fmean(of(b)) - statistics.fmean(of(a))
                cells.append(form.format(gap) + f"{unit}, {p_value(of(a), of(b)):.2g}")
            lines.append(f"| {model} | {what} | {first} | {second} | " + " | ".join(cells) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--seeds", type=int, default=10, help="train with the seeds 1 to this")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("usps_seeds.jsonl"))
    parser.add_argument("--no-pytorch", action="store_true", help="train in autonet only")
    parser.add_argument("--no-training", action="store_true", help="only make the tables of what is in the log")
    parser.add_argument("--write", action="store_true", help="also put the tables into docs/results.md")
    arguments = parser.parse_args()
    models = arguments.models or MODELS
    done = {}
    for line in arguments.log.read_text().splitlines() if arguments.log.exists() else []:
        run = json.loads(line)
        if run["seed"] <= arguments.seeds:
            done.setdefault((run["model"], run["arm"]), {})[run["seed"]] = run["results"]
    parts = None
    for name in [] if arguments.no_training else models:
        model, checked = json.loads((ROOT / "models" / f"{name}.json").read_text()), False
        for seed in range(1, arguments.seeds + 1):
            for arm, (library, init) in ARMS.items():
                if seed in done.get((name, arm), {}) or (library == "PyTorch" and arguments.no_pytorch):
                    continue
                if library == "autonet":
                    other = arm.endswith("splits")
                    results = train_autonet(model, init, 1 if other else seed, seed if other else 1)
                else:
                    import torch

                    torch.set_num_threads(1)
                    parts = parts or {s: tuple(map(torch.from_numpy, p)) for s, p in usps(model["data"]["seed"]).items()}
                    if not checked:
                        check_parts(model, parts)
                        checked = True
                    results = train_torch(model, init, seed, parts)
                results = {split: results[split] for split, _ in FIGURES}
                done.setdefault((name, arm), {})[seed] = results
                with arguments.log.open("a") as log:
                    log.write(json.dumps({"model": name, "arm": arm, "seed": seed, "results": results}) + "\n")
                print(f"{name}, {arm}, seed {seed}: test accuracy {100 * results['test']['accuracy']:.2f} %",
                      file=sys.stderr, flush=True)
    lines = tables({key: list(runs.values()) for key, runs in done.items()}, models)
    print("\n".join(lines))
    if arguments.write:
        put("results.md", "usps_seeds", "\n".join(lines))


if __name__ == "__main__":
    main()
