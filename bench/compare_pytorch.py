#!/usr/bin/env python3
"""Compares the speed of whole training steps of a model.json in autonet and in PyTorch on the same machine.

    python3 bench/compare_pytorch.py models/convnet1.json --threads 1 2 --rounds 5

A training step is the forward pass, the backward pass and the momentum update, float32, on one random batch that stays
in memory. Each round measures autonet (`autonet bench`) and every variant of PyTorch once, one after the other, for
--seconds each. The ratios of medians come from one run, so they are useful on a shared machine too. PyTorch's variants
are its default layout, channels_last, and torch.compile of either where it works. Needs PyTorch (the newest that pip
installs, or Debian's python3-torch) and a built ./build/autonet, but no data. Handles sequential models of conv2d,
max_pool2d and linear layers with ReLU. --write FILE replaces the table between the two marker lines of FILE.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHAPES = {"usps": (1, 16, 16), "digits": (1, 16, 16), "mnist": (1, 28, 28), "cifar10": (3, 32, 32)}
MARKS = ("<!-- compare_pytorch begins -->", "<!-- compare_pytorch ends -->")


def build(model, shape):
    import torch
    from torch import nn

    layers = []
    for layer in model["layers"]:
        kind = layer["type"]
        if kind == "conv2d":
            conv = nn.Conv2d(shape[0], layer["channels"], layer["kernel"], layer.get("stride", 1),
                             layer.get("padding", 0))
            layers.append(conv)
            shape = tuple(conv(torch.zeros(1, *shape)).shape[1:])
        elif kind == "max_pool2d":
            pool = nn.MaxPool2d(layer["kernel"], layer["stride"])
            layers.append(pool)
            shape = tuple(pool(torch.zeros(1, *shape)).shape[1:])
        elif kind == "linear":
            if len(shape) == 3:
                layers.append(nn.Flatten())
                shape = (shape[0] * shape[1] * shape[2],)
            layers.append(nn.Linear(shape[0], layer["units"]))
            shape = (layer["units"],)
        else:
            sys.exit(f"compare_pytorch: layer type {kind} is not known here")
        if layer.get("activation") == "relu":
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def serve_torch(path, threads, batch, channels_last, compiled):
    """Measures for as many seconds as each line of standard input says; answers with JSON."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = json.loads(pathlib.Path(path).read_text())
    shape = SHAPES[model["data"]["dataset"]]
    net = build(model, shape)
    x = torch.rand(batch, *shape) * 2 - 1
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (batch,))
    training = model["training"]
    biases = [p for n, p in net.named_parameters() if n.endswith("bias")]
    weights = [p for n, p in net.named_parameters() if not n.endswith("bias")]
    optimizer = torch.optim.SGD(
        [{"params": weights, "weight_decay": training["l2_decay"]}, {"params": biases}], lr=1e-6, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()
    if compiled:
        net = torch.compile(net)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(x), labels).backward()
        optimizer.step()

    for _ in range(3):
        step()
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        times, begin = [], time.perf_counter()
        while len(times) < 3 or time.perf_counter() - begin < float(line):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps({"milliseconds": 1e3 * statistics.median(times)}), flush=True)


class Torch:
    """A process that keeps one variant of PyTorch ready."""

    def __init__(self, path, threads, batch, channels_last, compiled):
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(
            [sys.executable, __file__, path, "--threads", str(threads), "--batch", str(batch), "--serve",
             str(int(channels_last)), str(int(compiled))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        first = self.process.stdout.readline()
        self.version = json.loads(first)["version"] if first else None

    def measure(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["milliseconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure_autonet(path, threads, batch, seconds):
    text = subprocess.run([ROOT / "build/autonet", "bench", path, "--threads", str(threads), "--batch", str(batch),
                           "--seconds", str(seconds), "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def compare(path, threads, arguments):
    variants = {"default": (False, False), "channels last": (True, False)}
    if not arguments.no_compile:
        variants |= {"compiled": (False, True), "compiled, channels last": (True, True)}
    has_images = any(layer["type"] == "conv2d" for layer in json.loads(pathlib.Path(path).read_text())["layers"])
    ready = {}
    for name, (last, compiled) in variants.items():
        if last and not has_images:
            continue
        peer = Torch(path, threads, arguments.batch, last, compiled)
        if peer.version is not None:
            ready[name] = peer
    own, shares, times = [], [], {name: [] for name in ready}
    for _ in range(arguments.rounds):
        for name, peer in ready.items():
            times[name].append(peer.measure(arguments.seconds))
        result = measure_autonet(path, threads, arguments.batch, arguments.seconds)
        own.append(result["step_milliseconds"]["median"])
        shares.append(result["share_of_peak"])
    version = next(iter(ready.values())).version
    for peer in ready.values():
        peer.close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    best = min(medians, key=medians.get)
    mine = statistics.median(own)
    ratios = [min(times[name][i] for name in ready) / own[i] for i in range(arguments.rounds)]
    rate = lambda milliseconds: f"{arguments.batch / milliseconds * 1e3:,.0f}"
    return version, [result["model"], str(threads), rate(mine), rate(medians[best]), best,
                     f"{medians[best] / mine:.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}",
                     f"{100 * statistics.median(shares):.0f} %"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring each program in a round")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--write", type=pathlib.Path, help="a Markdown file with the two marker lines")
    parser.add_argument("--serve", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve_torch(arguments.models[0], arguments.threads[0], arguments.batch, *map(bool, arguments.serve))
    header = ["model", "threads", "autonet, images/s", "PyTorch, images/s", "its best variant", "ratio",
              "in single rounds", "autonet's share of FMA peak"]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    version = None
    for path in arguments.models:
        for threads in arguments.threads:
            version, row = compare(path, threads, arguments)
            lines.append("| " + " | ".join(row) + " |")
            print(lines[-1], file=sys.stderr, flush=True)
    lines = [f"PyTorch {version}, batch {arguments.batch}, medians of {arguments.rounds} rounds.", ""] + lines
    print("\n".join(lines))
    if arguments.write:
        before, rest = arguments.write.read_text().split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        arguments.write.write_text(before + MARKS[0] + "\n" + "\n".join(lines) + "\n" + MARKS[1] + after)


if __name__ == "__main__":
    main()
