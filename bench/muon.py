#!/usr/bin/env python3
"""Whether the optimizer Muon pays on mnist_99: a trial in PyTorch before anything is added to autonet.

    ./dev build && AUTONET_DATA=... python3 bench/muon.py --seeds 3 --log muon.jsonl      # prints a table

The net, its first weights, its batches and its schedule are those of models/mnist_99.json. 10,000 training images, drawn at
random, are held out; test images are not used. "sgd" is the file's optimizer. "muon" updates the weights of the
convolutions, as matrices [R S C, K], by an orthogonal matrix: five steps of Newton and Schulz on Nesterov's momentum, times
the root of rows over columns where there are more rows (K. Jordan et al., "Muon: an optimizer for hidden layers in neural
networks", 2024); all else is left to sgd. Runs are appended to --log and not repeated. Needs numpy and torch.
"""
import argparse
import gzip
import json
import os
import pathlib
import statistics
import tempfile
import time

import accuracy
import against_pytorch as peer

ROOT = pathlib.Path(__file__).resolve().parent.parent
HELD = 10_000


def mnist():
    import numpy
    import torch

    def read(name, skip):
        with gzip.open(pathlib.Path(os.environ["AUTONET_DATA"], "mnist", name)) as file:
            return numpy.frombuffer(file.read(), numpy.uint8)[skip:]

    x = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1).astype(numpy.float32) / 255)
    return x, torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))


def orthogonal(matrix):
    """The nearest orthogonal matrix, about: singular values become 0.7 to 1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class Muon:
    """The part of the parameters that Muon updates."""

    def __init__(self, weights, momentum=0.95):
        import torch
        self.weights, self.momentum = weights, momentum
        self.velocity = [torch.zeros_like(w) for w in weights]

    def step(self, rate):
        for w, v in zip(self.weights, self.velocity):
            v.mul_(self.momentum).add_(w.grad)
            flat = w.grad.add(v, alpha=self.momentum).reshape(-1, w.shape[-1])
            update = orthogonal(flat) * max(1.0, flat.shape[0] / flat.shape[1]) ** 0.5
            w.data.add_(update.reshape(w.shape), alpha=-rate)


def train(kind, rate, seed, images):
    """The error on the held-out images after one pass over `images` training images, and the CPU seconds."""
    import torch

    torch.set_num_threads(1)
    model = json.loads((ROOT / "models/mnist_99.json").read_text())
    model["loss"] = {"type": model["loss"]}
    training = model["training"]
    training["l2_decay"] = 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "weights.npz")
        accuracy.autonet("fit", ROOT / "models/mnist_99.json", "--seed", seed, "--epochs", 0, "--quiet", "--json",
                         "--no-train-figures", "--checkpoint", file)
        net = peer.Net(model, peer.arrays_of(file, ""))
    random = torch.Generator().manual_seed(seed)
    x, y = mnist()
    order = torch.randperm(len(x), generator=random)
    held, kept = order[:HELD], order[HELD:HELD + images]
    begin = time.process_time()
    convolutions = [roles["weight"] for name, roles in net.parameters.items() if name.startswith("conv")]
    muon = Muon(convolutions) if kind == "muon" else None
    optimizer = net.optimizer()
    if muon:
        for group in optimizer.param_groups:
            group["params"] = [p for p in group["params"] if not any(p is w for w in convolutions)]
    batches = kept.split(training["batch_size"])
    peak = training["optimizer"]["learning_rate"]
    scaled = rate / peak if kind == "sgd" else 1.0  # beside muon, sgd keeps the file's learning rate
    for step, batch in enumerate(batches):
        factor = peer.rate_at(training, step, len(batches), 1) / peak
        for group in optimizer.param_groups:
            group["lr"] = scaled * peak * factor
        for p in (p for roles in net.parameters.values() for p in roles.values()):
            p.grad = None
        net.loss(x[batch], y[batch], True).backward()
        optimizer.step()
        if muon:
            muon.step(rate * factor)
    seconds = time.process_time() - begin
    with torch.no_grad():
        scores = torch.cat([net(part, False) for part in x[held].split(500)])
    return {"error": 100 * (scores.argmax(1) != y[held]).float().mean().item(), "cpu_seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sgd", type=float, nargs="*", default=[0.05, 0.1, 0.2], help="learning rates of sgd")
    parser.add_argument("--muon", type=float, nargs="*", default=[0.05, 0.1, 0.2, 0.4], help="learning rates of muon")
    parser.add_argument("--images", type=int, nargs="*", default=[20_000], help="training images, seen once")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("muon.jsonl"))
    arguments = parser.parse_args()
    done = [json.loads(line) for line in arguments.log.read_text().splitlines()] if arguments.log.exists() else []
    kinds = [("sgd", rate) for rate in arguments.sgd] + [("muon", rate) for rate in arguments.muon]
    for images in arguments.images:
        for seed in range(1, arguments.seeds + 1):
            for kind, rate in kinds:
                key = {"optimizer": kind, "rate": rate, "images": images, "seed": seed}
                if any(key.items() <= run.items() for run in done):
                    continue
                done.append(key | train(kind, rate, seed, images))
                with arguments.log.open("a") as log:
                    log.write(json.dumps(done[-1]) + "\n")
    print("| optimizer | learning rate | training images | seeds | validation error | CPU seconds |\n" + "|---" * 6 + "|")
    for images in arguments.images:
        for kind, rate in kinds:
            runs = [run for run in done if (run["optimizer"], run["rate"], run["images"]) == (kind, rate, images)]
            errors = [run["error"] for run in runs]
            spread = f" ± {statistics.stdev(errors):.2f}" if len(errors) > 1 else ""
            print(f"| {kind} | {rate} | {images:,} | {len(runs)} | {statistics.mean(errors):.2f}{spread} % | "
                  f"{statistics.mean(run['cpu_seconds'] for run in runs):.1f} |")


if __name__ == "__main__":
    main()
