#!/usr/bin/env python3
"""Trains the same model.json with autonet and with PyTorch, in turn, and compares the time an epoch takes.

    AUTONET_DATA=... python3 bench/compare_pytorch.py models/convnet1.json --threads 1 2 --rounds 5

Both read USPS into memory first, hold out the model's validation images, train in float32 with momentum
SGD on shuffled mini-batches and then measure the validation loss; an epoch is all of that. One round is
one run of each program of --epochs epochs; the first epoch of each run is left out (start-up, caches).
The machine may be shared, so the figure to quote is the ratio of medians within this one run.
Needs PyTorch (Debian: python3-torch) and a built ./build/autonet. Knows sequential models of conv2d,
max_pool2d and linear layers with ReLU on USPS.
"""
import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parent.parent


def read_usps(folder):
    def read(name):
        with gzip.open(folder / name, "rt") as file:
            table = np.array([line.split() for line in file], dtype=np.float32)
        return torch.from_numpy(table[:, 1:].reshape(-1, 1, 16, 16)), torch.from_numpy(table[:, 0]).long()

    return read("zip.train.gz")


def build(model, memory_format):
    layers, shape = [], (1, 16, 16)
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
    return nn.Sequential(*layers).to(memory_format=memory_format)


def torch_epochs(model, images, labels, threads, epochs, channels_last):
    torch.set_num_threads(threads)
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    training = model["training"]
    torch.manual_seed(training["seed"])
    net = build(model, memory_format)
    held = model["data"]["validation"]
    order = torch.randperm(len(images))
    x, t = images[order[held:]].to(memory_format=memory_format), labels[order[held:]]
    xv, tv = images[order[:held]].to(memory_format=memory_format), labels[order[:held]]
    biases = [p for n, p in net.named_parameters() if n.endswith("bias")]
    weights = [p for n, p in net.named_parameters() if not n.endswith("bias")]
    optimizer = torch.optim.SGD(
        [{"params": weights, "weight_decay": training["l2_decay"]}, {"params": biases}],
        lr=training["optimizer"]["learning_rate"], momentum=training["optimizer"]["momentum"])
    loss_of = nn.CrossEntropyLoss()
    seconds = []
    for _ in range(epochs):
        begin = time.perf_counter()
        net.train()
        for batch in torch.randperm(len(x)).split(training["batch_size"]):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(net(x[batch]), t[batch])
            loss.backward()
            optimizer.step()
            loss.item()
        net.eval()
        with torch.no_grad():
            sum(loss_of(net(a), b).item() for a, b in zip(xv.split(250), tv.split(250)))
        seconds.append(time.perf_counter() - begin)
    return seconds[1:]


def autonet_epochs(path, threads, epochs):
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "log.jsonl")
        subprocess.run([ROOT / "build/autonet", "fit", path, "--epochs", str(epochs), "--threads", str(threads),
                        "--log", log, "--checkpoint", pathlib.Path(folder, "weights.npz"), "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line)["seconds"] for line in log.read_text().splitlines()][1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4, help="epochs a run; the first is not counted")
    arguments = parser.parse_args()
    data = pathlib.Path(os.environ.get("AUTONET_DATA", pathlib.Path.home() / ".cache/autonet")) / "usps"
    images, labels = read_usps(data)
    print(f"PyTorch {torch.__version__}; medians of seconds an epoch over {arguments.rounds} rounds\n")
    print("| model | threads | autonet | PyTorch | PyTorch, channels last | PyTorch's best / autonet |")
    print("|---|---|---|---|---|---|")
    for path in arguments.models:
        model = json.loads(pathlib.Path(path).read_text())
        for threads in arguments.threads:
            own, plain, last = [], [], []
            for _ in range(arguments.rounds):
                own += autonet_epochs(path, threads, arguments.epochs)
                plain += torch_epochs(model, images, labels, threads, arguments.epochs, False)
                last += torch_epochs(model, images, labels, threads, arguments.epochs, True)
            a, p, c = (statistics.median(values) for values in (own, plain, last))
            print(f"| {model['name']} | {threads} | {a:.3f} | {p:.3f} | {c:.3f} | {min(p, c) / a:.2f} |", flush=True)


if __name__ == "__main__":
    main()
