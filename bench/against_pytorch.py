#!/usr/bin/env python3
"""Trains random models in autonet and in PyTorch, from the same weights on the same images, and compares the numbers.

    ./dev build && AUTONET_DATA=DIR python3 bench/against_pytorch.py 200            # models 1 to 200; prints a table
    AUTONET_DATA=DIR python3 bench/against_pytorch.py 1 --first 17 --verbose        # one of them, its numbers and model

A model is drawn from its number: a sequence of layers or a graph with branches, every layer but dropout (its masks are
each library's own), every activation, loss, optimizer and schedule, in f64 and in f32. It trains for three epochs on 40
USPS images in batches of 16, so that the last batch is partial. A model with an embedding reads 16 pixels of each image as
tokens, whole numbers from 0 to 7. Compared are the loss of each epoch, the loss on the
test images in evaluation, and all weights and running statistics at the end. The PyTorch side is written down here layer by
layer from the field's definitions, on torch.nn.functional and torch.optim. Needs torch and numpy.
"""
import argparse
import collections
import gzip
import itertools
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import tempfile

import numpy
import torch
import torch.nn.functional as F

from check_grad_tables import put

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES, EPOCHS, BATCH = 40, 3, 16
TOKENS = 8
ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "elu", "leaky_relu", "softplus", "softmax", "log_softmax"]
# Where the numbers of both libraries must agree, as a part of their size: rounding grows over the steps.
LIMITS = {"f64": 1e-9, "f32": 1e-4}
# Training can magnify rounding: a batch_norm of nearly equal numbers does, and a bias before it has a gradient that is
# rounding alone. So PyTorch also trains from weights that are disturbed by so many units of rounding; its own numbers then
# move, and this many times as far excuses a difference that is over the limit. The table counts the excused.
DISTURBED, EXCUSED = 4, 30


# ---- Drawing models ----

def initial(draw):
    return draw.choice([{}, {"init": "he"}, {"init": {"normal": 0.2}}, {"bias_init": {"uniform": 0.1}}])


def activation(draw, chance=0.7):
    return {"activation": draw.choice(ACTIVATIONS[:7])} if draw.random() < chance else {}


def padding(draw):
    return draw.choice([0, 1, "same", "same", "valid", [1, 0], [[0, 1], [1, 0]]])


def window(draw):
    return {"kernel": draw.choice([2, 3, [2, 3]]), "stride": draw.choice([1, 2, [2, 1]])}


def image_layer(draw, channels):
    kind = draw.random()
    if kind < 0.5:
        groups = draw.choice([1, 1, 1, channels])
        return {"type": "conv2d", "channels": groups * draw.randint(1, 4), "kernel": draw.choice([1, 2, 3, [3, 2]]),
                "stride": draw.choice([1, 1, 2, [1, 2]]), "padding": padding(draw), "groups": groups,
                "dilation": draw.choice([1, 1, 2]), "method": draw.choice(["flip", "patches"]),
                "bias": draw.random() < 0.8} | initial(draw) | activation(draw)
    if kind < 0.6:
        return draw.choice([
            {"type": "conv2d_transpose", "channels": draw.randint(1, 4), "kernel": draw.choice([2, 3, [3, 2]]),
             "stride": 2, "padding": draw.choice([0, 1, "same", [[0, 1], [1, 0]]]), "more": draw.choice([0, 1])}
            | initial(draw) | activation(draw),
            {"type": "upsample", "factor": draw.choice([2, [1, 2]]), "method": draw.choice(["nearest", "linear"])}])
    return draw.choice([
        {"type": "group_norm", "groups": draw.choice([1, channels])} | activation(draw, 0.3),
        {"type": "max_pool2d"} | window(draw), {"type": "max_pool2d", "padding": "same"} | window(draw),
        {"type": "avg_pool2d"} | window(draw),
        {"type": "avg_pool2d", "padding": "same", "count_padding": draw.random() < 0.5} | window(draw),
        {"type": "batch_norm", "momentum": draw.choice([0.1, 0.5])} | activation(draw, 0.3),
        {"type": "layer_norm", "epsilon": draw.choice([1e-5, 1e-2])} | activation(draw, 0.3),
        {"type": draw.choice(ACTIVATIONS)}])


def branches(draw, layers, before):
    """Two layers that read the same one, and a layer that joins them."""
    for side in "ab":
        layers.append({"name": f"{before}_{side}", "type": "conv2d", "channels": 3, "kernel": 3, "padding": "same",
                       "inputs": [before]} | activation(draw))
    layers.append({"type": draw.choice(["add", "mul", "concat"]), "inputs": [f"{before}_a", f"{before}_b"]})


def sequence_layers(draw, first):
    """Layers on a sequence, which the first makes."""
    layers = [first]
    if draw.random() < 0.5:
        layers.append({"type": "position_embedding"})
    if draw.random() < 0.5:
        layers.append({"type": "attention", "heads": draw.choice([1, 2, 4]), "causal": draw.random() < 0.5,
                       "bias": draw.random() < 0.7})
    if draw.random() < 0.6:
        layers.append({"type": "lstm", "units": draw.randint(3, 10), "every_step": draw.random() < 0.5,
                       "forget_bias": draw.choice([0, 1])} | initial(draw))
    return layers


def model_of(number):
    draw = random.Random(number)
    layers = []
    kind = draw.random()
    if kind < 0.07:
        layers = sequence_layers(draw, {"type": "embedding", "tokens": TOKENS, "units": draw.choice([4, 8])} |
                                 draw.choice([{}, {"init": {"normal": 0.3}}]))
    elif kind < 0.2:  # the rows of an image as the steps
        layers = sequence_layers(draw, {"type": "reshape", "shape": draw.choice([[16, 16], [8, 32]])})
    elif kind < 0.85:
        layers.append({"type": "reshape", "shape": draw.choice([[16, 16, 1], [8, 8, 4], [16, 8, 2], [8, 16, 2]])})
        for _ in range(draw.randint(1, 3)):
            channels = next((l["channels"] for l in reversed(layers) if "channels" in l), 1)
            layers.append(image_layer(draw, channels if "shape" not in layers[-1] else layers[-1]["shape"][2]))
            if draw.random() < 0.25:
                layers[-1]["name"] = f"fork_{len(layers)}"
                branches(draw, layers, layers[-1]["name"])
        layers.append(draw.choice([{"type": "flatten"}, {"type": "global_avg_pool"}]))
    for _ in range(draw.randint(0, 2)):
        layers.append({"type": "linear", "units": draw.randint(3, 12)} | initial(draw) | activation(draw))
        if draw.random() < 0.3:
            layers.append({"type": draw.choice(["batch_norm", "layer_norm"])})
    layers.append({"type": "linear", "units": 10} | initial(draw))
    for k, layer in enumerate(layers):
        layer.setdefault("name", f"layer_{k}")
    rate = draw.choice([0.003, 0.01, 0.05])
    optimizer = draw.choice([
        {"type": "sgd"}, {"type": "sgd", "momentum": 0.9}, {"type": "sgd", "momentum": 0.8, "nesterov": True},
        {"type": "adam"}, {"type": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
        {"type": "adamw", "weight_decay": 0.1}]) | {"learning_rate": rate}
    schedule = draw.choice([
        {"type": "constant"}, {"type": "step", "step_epochs": 1, "factor": 0.5}, {"type": "cosine"},
        {"type": "cosine", "final_fraction": 0.1}, {"type": "one_cycle", "peak_at": 0.4}])
    if draw.random() < 0.3:
        schedule["warmup_epochs"] = draw.choice([0.5, 1])
    reads_tokens = layers[0]["type"] == "embedding"
    return ({"input": [16], "classes": 10} if reads_tokens else {}) | {
            "name": f"random_{number}",
            "data": ({"file": "tokens.npz"} if reads_tokens else {"dataset": "usps", "limit": IMAGES}) | {"validation": 0},
            "layers": layers,
            "loss": draw.choice([{"type": "softmax_cross_entropy"}, {"type": "mean_squared_error"},
                                 {"type": "softmax_cross_entropy", "label_smoothing": 0.1}]),
            "training": {"epochs": EPOCHS, "batch_size": BATCH, "shuffle": False, "seed": number,
                         "precision": draw.choice(["f64", "f32"]), "checkpoint": "model.npz",
                         "l2_decay": draw.choice([0, 0, 1e-2]) if optimizer["type"] != "adamw" else 0,
                         "optimizer": optimizer, "schedule": schedule}}


# ---- The same in PyTorch. Images are [N,rows,columns,channels], as in autonet ----

def pair(value):
    return value if isinstance(value, list) else [value, value]


def sides_of(layer, size):
    """[[top, bottom], [left, right]]"""
    kernel, dilation = pair(layer["kernel"]), pair(layer.get("dilation", 1))
    stride = pair(layer.get("stride", layer["kernel"] if "pool" in layer["type"] else 1))
    given = layer.get("padding", 0)
    sides = []
    for axis in (0, 1):
        if given == "same":
            span = dilation[axis] * (kernel[axis] - 1) + 1
            total = max((math.ceil(size[axis] / stride[axis]) - 1) * stride[axis] + span - size[axis], 0)
            sides.append([total // 2, total - total // 2])
        else:
            side = 0 if given == "valid" else pair(given)[axis]
            sides.append(pair(side))
    return stride, dilation, sides


def windowed(layer, x, parameters):
    x = x.permute(0, 3, 1, 2)
    stride, dilation, ((top, bottom), (left, right)) = sides_of(layer, x.shape[2:])
    kernel = pair(layer["kernel"])
    fill = -math.inf if layer["type"] == "max_pool2d" else 0.0
    padded = F.pad(x, (left, right, top, bottom), value=fill)
    if layer["type"] == "conv2d":
        weight = parameters["weight"].permute(3, 2, 0, 1).contiguous()
        y = F.conv2d(padded, weight, parameters.get("bias"), stride, 0, dilation, layer.get("groups", 1))
    elif layer["type"] == "max_pool2d":
        y = F.max_pool2d(padded, kernel, stride)
    else:
        counted = torch.ones_like(padded) if layer.get("count_padding") else \
            F.pad(torch.ones_like(x), (left, right, top, bottom))
        y = F.avg_pool2d(padded, kernel, stride) / F.avg_pool2d(counted, kernel, stride)
    return y.permute(0, 2, 3, 1)


def activated(layer, kind, x):
    return {
        "none": lambda: x, "relu": lambda: F.relu(x), "tanh": lambda: torch.tanh(x), "sigmoid": lambda: torch.sigmoid(x),
        "gelu": lambda: F.gelu(x), "elu": lambda: F.elu(x, layer.get("alpha", 1.0)),
        "leaky_relu": lambda: F.leaky_relu(x, layer.get("slope", 0.01)), "softplus": lambda: F.softplus(x, threshold=1e9),
        "softmax": lambda: F.softmax(x, -1), "log_softmax": lambda: F.log_softmax(x, -1)}[kind]()


def conv2d_transpose(layer, x, parameters):
    kernel, stride = pair(layer["kernel"]), pair(layer["stride"])
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), parameters["weight"].permute(3, 2, 0, 1).contiguous(), None, stride)
    for axis in (0, 1):
        more, padding = layer.get("more", 0), layer["padding"]
        if padding == "same":
            margin, more = max(0, kernel[axis] - stride[axis]), max(0, stride[axis] - kernel[axis])
            low, high = margin // 2, margin - margin // 2
        else:
            low, high = pair(pair(padding)[axis])
        y = F.pad(y, (0, 0, 0, more) if axis == 0 else (0, more))
        y = y.narrow(2 + axis, low, y.shape[2 + axis] - low - high)
    y = y.permute(0, 2, 3, 1)
    return y + parameters["bias"] if "bias" in parameters else y


def upsample(layer, x):
    rows, columns = pair(layer["factor"])
    if layer["method"] == "nearest":
        return x.repeat_interleave(rows, 1).repeat_interleave(columns, 2)
    size = (x.shape[1] * rows, x.shape[2] * columns)
    return F.interpolate(x.permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False).permute(0, 2, 3, 1)


def lstm(layer, x, parameters):
    hidden = cell = x.new_zeros(len(x), layer["units"])
    steps = []
    for t in range(x.shape[1]):
        z = x[:, t] @ parameters["weight"] + hidden @ parameters["recurrent_weight"] + parameters.get("bias", 0.0)
        i, f, g, o = z.chunk(4, -1)
        cell = torch.sigmoid(f + layer.get("forget_bias", 1.0)) * cell + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
        steps.append(hidden)
    return torch.stack(steps, 1) if layer.get("every_step") else hidden


def attention(layer, x, parameters):
    joined = x @ parameters["weight"] + parameters.get("bias", 0.0)
    batch, steps, channels = x.shape
    q, k, v = (part.reshape(batch, steps, layer["heads"], -1).transpose(1, 2) for part in joined.chunk(3, -1))
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=layer["causal"])
    return mixed.transpose(1, 2).reshape(x.shape) @ parameters["output_weight"] + parameters.get("output_bias", 0.0)


def batch_norm(layer, x, parameters, states, training):
    flat = x.reshape(-1, x.shape[-1])
    y = F.batch_norm(flat, states["running_mean"], states["running_variance"], parameters["weight"], parameters["bias"],
                     training, layer.get("momentum", 0.1), layer.get("epsilon", 1e-5))
    return y.reshape(x.shape)


def computed(layer, inputs, parameters, states, training):
    kind, x = layer["type"], inputs[0]
    if kind in ("conv2d", "max_pool2d", "avg_pool2d"):
        return windowed(layer, x, parameters)
    if kind == "linear":
        y = x.reshape(len(x), -1) @ parameters["weight"]
        return y + parameters["bias"] if "bias" in parameters else y
    if kind == "batch_norm":
        return batch_norm(layer, x, parameters, states, training)
    if kind == "conv2d_transpose":
        return conv2d_transpose(layer, x, parameters)
    if kind == "lstm":
        return lstm(layer, x, parameters)
    if kind == "attention":
        return attention(layer, x, parameters)
    if kind == "embedding":
        return parameters["weight"][x.long()]
    if kind == "group_norm":
        y = F.group_norm(x.movedim(-1, 1), layer["groups"], parameters["weight"], parameters["bias"], 1e-5)
        return y.movedim(1, -1)
    if kind == "layer_norm":
        return F.layer_norm(x, x.shape[-1:], parameters["weight"], parameters["bias"], layer.get("epsilon", 1e-5))
    return {"flatten": lambda: x.reshape(len(x), -1), "reshape": lambda: x.reshape(len(x), *layer["shape"]),
            "upsample": lambda: upsample(layer, x), "position_embedding": lambda: x + parameters["weight"],
            "global_avg_pool": lambda: x.mean((1, 2)), "add": lambda: sum(inputs[1:], x),
            "mul": lambda: math.prod(inputs[1:], start=x), "concat": lambda: torch.cat(inputs, -1)}.get(
                kind, lambda: activated(layer, kind, x))()


class Net:
    def __init__(self, model, arrays):
        self.model = model
        self.parameters, self.states = collections.defaultdict(dict), collections.defaultdict(dict)
        for name, array in arrays.items():
            layer, role = name.split("/")
            tensor = torch.from_numpy(array.copy())
            if role.startswith("running"):
                self.states[layer][role] = tensor
            else:
                self.parameters[layer][role] = tensor.requires_grad_()

    def arrays(self):
        for group in (self.parameters, self.states):
            for layer, roles in group.items():
                for role, tensor in roles.items():
                    yield f"{layer}/{role}", tensor.detach().numpy()

    def __call__(self, x, training):
        values, last = {"input": x}, "input"
        for layer in self.model["layers"]:
            name = layer["name"]
            inputs = [values[other] for other in layer.get("inputs", [last])]
            y = computed(layer, inputs, self.parameters[name], self.states[name], training)
            values[name] = activated({}, layer.get("activation", "none"), y)
            last = name
        return values[last]

    def loss(self, x, labels, training):
        output, loss = self(x, training), self.model["loss"]
        if loss["type"] == "mean_squared_error":
            return F.mse_loss(output, F.one_hot(labels, 10).to(output.dtype))
        return F.cross_entropy(output, labels, label_smoothing=loss.get("label_smoothing", 0.0))

    def optimizer(self):
        training = self.model["training"]
        settings = training["optimizer"]
        every = [p for roles in self.parameters.values() for p in roles.values()]
        decays = training["l2_decay"] or settings.get("weight_decay", 0.0)
        # Decay acts on the weights of layers that multiply, not on biases and scales: those have one axis.
        groups = [{"params": [p for p in every if p.ndim > 1], "weight_decay": decays},
                  {"params": [p for p in every if p.ndim == 1], "weight_decay": 0.0}]
        if settings["type"] == "sgd":
            return torch.optim.SGD(groups, lr=1.0, momentum=settings.get("momentum", 0.0),
                                   nesterov=settings.get("nesterov", False))
        kind = torch.optim.Adam if settings["type"] == "adam" else torch.optim.AdamW
        return kind(groups, lr=1.0, betas=(settings.get("beta1", 0.9), settings.get("beta2", 0.999)),
                    eps=settings.get("epsilon", 1e-8))


def rate_at(training, step, steps, epochs=EPOCHS):
    """The learning rate of a step, counted from 0, as docs and schema define the schedules."""
    schedule, done = training["schedule"], step / (epochs * steps)
    ease = lambda a, b, t: b + (a - b) * (1 + math.cos(math.pi * t)) / 2
    kind = schedule["type"]
    factor = 1.0
    if kind == "step":
        factor = schedule["factor"] ** (step // steps // schedule["step_epochs"])
    elif kind == "cosine":
        factor = ease(1.0, schedule.get("final_fraction", 0.0), done)
    elif kind == "one_cycle":
        peak, start = schedule.get("peak_at", 0.3), schedule.get("start_fraction", 0.04)
        factor = ease(start, 1.0, done / peak) if done < peak else ease(1.0, start / 1e4, (done - peak) / (1 - peak))
    warmup = schedule.get("warmup_epochs", 0) * steps
    return training["optimizer"]["learning_rate"] * factor * (min(1.0, (step + 1) / warmup) if warmup else 1.0)


def train_in_torch(model, weights, images, labels):
    """The mean loss of each epoch, and the net at the end."""
    net = Net(model, weights)
    optimizer = net.optimizer()
    steps = math.ceil(len(images) / BATCH)
    losses = []
    for epoch in range(EPOCHS):
        total = 0.0
        for k in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = rate_at(model["training"], epoch * steps + k, steps)
            x, t = images[k * BATCH:(k + 1) * BATCH], labels[k * BATCH:(k + 1) * BATCH]
            optimizer.zero_grad()
            loss = net.loss(x, t, True)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        losses.append(total / len(images))
    return losses, net


# ---- Comparing ----

def autonet(folder, *words):
    done = subprocess.run([ROOT / "build/autonet", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode == 2 or "is not finite" in done.stderr:
        return None  # a kernel that does not fit, or a learning rate that is too high
    if done.returncode != 0:
        raise SystemExit(f"autonet {' '.join(words)}: status {done.returncode}\n{done.stderr}")
    return done.stdout


def arrays_of(path, prefix):
    with numpy.load(path) as file:
        return {name[len(prefix):]: file[name] for name in file.files if name.startswith(prefix) and (
            prefix or not name.startswith(("run/", "__")))}


def usps(part, count=None):
    path = pathlib.Path(os.environ["AUTONET_DATA"], "usps", f"zip.{part}.gz")
    with gzip.open(path, "rt") as file:
        rows = numpy.array([line.split() for line in itertools.islice(file, count)], dtype=numpy.float32)
    return torch.from_numpy(rows[:, 1:].reshape(-1, 16, 16, 1)), torch.from_numpy(rows[:, 0].astype(numpy.int64))


def tokens_of(images):
    """16 pixels of each image as whole numbers from 0 below TOKENS."""
    pixels = images[:, 2::4, 2::4, 0].reshape(len(images), 16)
    return ((pixels + 1) / 2 * (TOKENS - 1)).round()


def difference(mine, theirs):
    """The largest difference, as a part of the size of the larger array."""
    mine, theirs = numpy.asarray(mine, numpy.float64), numpy.asarray(theirs, numpy.float64)
    if not (numpy.isfinite(mine).all() and numpy.isfinite(theirs).all()):
        return math.inf
    return float(numpy.abs(mine - theirs).max() / max(numpy.abs(mine).max(), numpy.abs(theirs).max(), 1e-9))


def results_in_torch(model, start, train, test):
    dtype = torch.float64 if model["training"]["precision"] == "f64" else torch.float32
    losses, net = train_in_torch(model, start, train[0].to(dtype), train[1])
    with torch.no_grad():
        loss = net.loss(test[0].to(dtype), test[1], False).item()
    return {"loss of each epoch": losses, "loss in evaluation": loss} | dict(net.arrays())


def disturbed(start, seed):
    draw = numpy.random.default_rng(seed)
    return {name: (array * (1 + DISTURBED * numpy.finfo(array.dtype).eps * draw.uniform(-1, 1, array.shape))).astype(
        array.dtype) for name, array in start.items()}


def compare(model, folder, train, test):
    """The largest difference of each kind of result, and whether all agree: "agree", "excused" or "differ". None if
    autonet refuses the model, or if its training diverges."""
    if "file" in model["data"]:
        train, test = [(tokens_of(x), y) for x, y in (train, test)]
        numpy.savez(folder / model["data"]["file"], x=train[0].numpy(), y=train[1].numpy(), x_test=test[0].numpy(),
                    y_test=test[1].numpy())
    (folder / "model.json").write_text(json.dumps(model, indent=1))
    checkpoint = folder / "model.npz"
    if autonet(folder, "fit", "model.json", "--epochs", "0", "--quiet", "--overwrite") is None:
        return None
    start = arrays_of(checkpoint, "")
    (folder / "log.jsonl").unlink(missing_ok=True)
    if autonet(folder, "fit", "model.json", "--log", "log.jsonl", "--quiet", "--overwrite") is None:
        return None
    key = "squared_error" if model["loss"]["type"] == "mean_squared_error" else "cross_entropy"
    log = [json.loads(line)["train"][key] for line in (folder / "log.jsonl").read_text().splitlines()]
    evaluated = json.loads(autonet(folder, "evaluate", "model.json", "--json"))["test"][key]
    mine = {"loss of each epoch": log, "loss in evaluation": evaluated} | arrays_of(checkpoint, "")
    theirs = results_in_torch(model, start, train, test)
    limit = LIMITS[model["training"]["precision"]]
    differences, verdict, moved = collections.Counter(), "agree", None
    for name, result in mine.items():
        found = difference(result, theirs[name])
        if found > limit:
            moved = moved or [results_in_torch(model, disturbed(start, seed), train, test) for seed in range(3)]
            excused = found <= EXCUSED * max(difference(other[name], theirs[name]) for other in moved)
            verdict = "excused" if excused and verdict != "differ" else "differ"
            if excused:
                continue
        kind = name if name.startswith("loss") else "weights at the end"
        differences[kind] = max(differences[kind], found)
    return differences, verdict


def kinds_of(model):
    kinds = {layer["type"] for layer in model["layers"]} | {layer.get("activation", "none") for layer in model["layers"]}
    kinds |= {model["loss"]["type"], model["training"]["optimizer"]["type"], model["training"]["schedule"]["type"]}
    graph = {"graph"} if any("inputs" in layer for layer in model["layers"]) else set()
    return kinds - {"none"} | graph


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="so many models")
    parser.add_argument("--first", type=int, default=1, help="the number of the first (default 1)")
    parser.add_argument("--verbose", action="store_true", help="print each model's numbers")
    parser.add_argument("--write", action="store_true", help="put the table into docs/check-grad.md")
    options = parser.parse_args()
    train, test = usps("train", IMAGES), usps("test")
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False  # in PyTorch 2.15 its convolution of a 1x1 kernel can crash
    results, verdicts, seen = collections.defaultdict(list), collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.first, options.first + options.count):
            model = model_of(number)
            found = compare(model, pathlib.Path(folder), train, test)
            if found is None:
                continue
            precision = model["training"]["precision"]
            results[precision].append(found[0])
            verdicts[precision, found[1]] += 1
            seen.update(kinds_of(model))
            if options.verbose or found[1] == "differ":
                text = ", ".join(f"{what} {value:.1e}" for what, value in found[0].items())
                print(f"model {number}, {precision}, {found[1]}: {text}", flush=True)
    kinds = ["loss of each epoch", "loss in evaluation", "weights at the end"]
    rows = ["| precision | models | agree | excused | differ | limit | " + " | ".join(f"{k}: median, largest" for k in kinds)
            + " |", "|---" * (6 + len(kinds)) + "|"]
    for precision, found in sorted(results.items()):
        counts = [str(verdicts[precision, verdict]) for verdict in ("agree", "excused", "differ")]
        cells = [f"{statistics.median(d[k] for d in found):.0e}, {max(d[k] for d in found):.0e}" for k in kinds]
        rows.append("| " + " | ".join([precision, str(len(found)), *counts, f"{LIMITS[precision]:.0e}", *cells]) + " |")
    rows += ["", f"PyTorch {torch.__version__.split('+')[0]}. Models with each kind of layer, loss, optimizer and schedule: "
             + ", ".join(f"{kind} {count}" for kind, count in sorted(seen.items())) + "."]
    print("\n".join(rows))
    if options.write:
        put("check-grad.md", "pytorch", "\n".join(rows))
    return 1 if any(verdict == "differ" for _, verdict in verdicts) else 0


if __name__ == "__main__":
    raise SystemExit(main())
