#!/usr/bin/env python3
"""Checks random models: none may be called FAILED, and none PASSED once a mistake is planted in it.

    ./dev build && python3 bench/check_random_models.py 2000            # models 1 to 2000; prints a table
    python3 bench/check_random_models.py 1000 --first 5001 --keep DIR   # others; keeps what went wrong

A model is drawn from its number, as people write them: convolutions with odd strides, paddings and dilations by both
methods, pooling, normalisation, dropout, every activation, a few dense layers; at its first weights or, with --trained,
after 100 steps on a few images; orders 1 and 2. What cannot be told must be INCONCLUSIVE, with a reason, which is printed.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import tempfile

from check_grad_tables import put

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "elu", "leaky_relu", "softplus"]
MISTAKES = ["no-flip", "padding", "axes-swapped", "factor", "sign", "lost-term", "lost-image", "forgotten"]
PASSED, FAILED, REFUSED, INCONCLUSIVE = 0, 1, 2, 4


def initial(draw):
    """Weights as people set them: mostly the default or He's, now and then of a given size."""
    return draw.choice([{}, {}, {"init": "he"}, {"init": {"normal": draw.choice([0.05, 0.1, 0.3])}},
                        {"init": {"uniform": draw.choice([0.1, 0.5])}, "bias_init": {"constant": draw.choice([0, 0.1])}}])


def image_layer(draw):
    kind = draw.random()
    if kind < 0.6:
        layer = {"type": "conv2d", "channels": draw.randint(2, 8), "kernel": [draw.randint(1, 3), draw.randint(1, 3)],
                 "stride": draw.choice([1, 1, 2, [1, 2]]), "padding": draw.choice([0, 1, 1, "same"]),
                 "method": draw.choice(["flip", "flip", "patches"]), "dilation": draw.choice([1, 1, 1, 2])}
        layer |= initial(draw)
        if draw.random() < 0.8:
            layer["activation"] = draw.choice(ACTIVATIONS)
        return layer
    if kind < 0.75:
        return {"type": "max_pool2d", "kernel": 2, "stride": draw.choice([1, 2]), "padding": 0}
    return draw.choice([{"type": "avg_pool2d", "kernel": 2, "stride": draw.choice([1, 2])}, {"type": "batch_norm"},
                        {"type": "layer_norm"}, {"type": "dropout", "rate": 0.3}])


def model_of(number):
    """Model `number`; now and then one that autonet refuses, as a kernel does not fit."""
    draw = random.Random(number)
    layers = []
    if draw.random() < 0.75:
        layers += [image_layer(draw) for _ in range(draw.randint(1, 3))]
        if draw.random() < 0.2:
            layers.append({"type": "global_avg_pool"})
    for _ in range(draw.randint(0, 2)):
        layers.append({"type": "linear", "units": draw.randint(4, 16)} | initial(draw))
        if draw.random() < 0.8:
            layers[-1]["activation"] = draw.choice(ACTIVATIONS)
        if draw.random() < 0.2:
            layers.append(draw.choice([{"type": "batch_norm"}, {"type": "layer_norm"}, {"type": "dropout", "rate": 0.4}]))
    classes = draw.randint(2, 10)
    layers.append({"type": "linear", "units": classes} | initial(draw))
    for k, layer in enumerate(layers):
        layer["name"] = f"layer_{k}"
    loss = draw.choice(["softmax_cross_entropy", "softmax_cross_entropy", "mean_squared_error",
                        {"type": "softmax_cross_entropy", "label_smoothing": 0.1}])
    optimizer = draw.choice([{"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
                             {"type": "adam", "learning_rate": 0.01}])
    # A layer_norm of one channel would make every number zero.
    channels = 3 if layers[0]["type"] == "layer_norm" else draw.randint(1, 3)
    return {"name": f"random_{number}", "input": [draw.randint(6, 12), draw.randint(6, 12), channels],
            "classes": classes, "layers": layers, "loss": loss,
            "training": {"epochs": 1, "batch_size": 8, "optimizer": optimizer}}


def arguments_of(number, trained):
    draw = random.Random(-number)
    words = ["--seed", number, "--batch", draw.choice([2, 3, 3, 5]), "--mode", draw.choice(["fast", "sample=20"])]
    if draw.random() < 0.5:
        words += ["--order", 2]
    if trained:
        words += ["--burn-in", 100]
    mistake = draw.choice(MISTAKES) + draw.choice(["", "@0", "@1"])
    return list(map(str, words)), mistake


def check_grad(path, words):
    return subprocess.run([ROOT / "build/autonet", "check-grad", path, *words], capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="so many models")
    parser.add_argument("--first", type=int, default=1, help="the number of the first (default 1)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/check-grad.md")
    parser.add_argument("--trained", action="store_true", help="at trained weights, after 100 steps")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the models that went wrong")
    options = parser.parse_args()
    right, planted = collections.Counter(), collections.Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.first, options.first + options.count):
            path = pathlib.Path(folder, "model.json")
            path.write_text(json.dumps(model_of(number), indent=1))
            words, mistake = arguments_of(number, options.trained)
            done = check_grad(path, words)
            if done.returncode == REFUSED:
                continue
            right[done.returncode] += 1
            if done.returncode == INCONCLUSIVE:
                print(f"model {number}: {done.stdout.split(chr(10) + 'checked:')[0]}", flush=True)
            spoilt = check_grad(path, [*words, "--plant", mistake])
            if spoilt.returncode != REFUSED:
                planted[spoilt.returncode] += 1
            if done.returncode in (PASSED, INCONCLUSIVE) and spoilt.returncode in (FAILED, INCONCLUSIVE, REFUSED):
                continue
            wrong += 1
            print(f"model {number}: {done.returncode}, with {mistake} {spoilt.returncode}: {' '.join(words)}"
                  f"\n{done.stderr}{spoilt.stderr}", flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"random_{number}.json").write_text(path.read_text())
    rows = ["| random models | PASSED | FAILED | INCONCLUSIVE |", "|---|---|---|---|"]
    for name, counts in (("as they are", right), ("with a mistake planted", planted)):
        rows.append(f"| {sum(counts.values()):,} {name} | {counts[PASSED]:,} | {counts[FAILED]:,} "
                    f"| {counts[INCONCLUSIVE]:,} |")
    print("\n".join(rows))
    if options.write:
        put("check-grad.md", "random", "\n".join(rows))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
