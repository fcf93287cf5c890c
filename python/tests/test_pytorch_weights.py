"""Weights to and from PyTorch: the same outputs, and the same training."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

import autonet

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

PROGRAM = pathlib.Path(os.environ.get("AUTONET_PROGRAM", pathlib.Path(__file__).resolve().parents[2] / "build/autonet"))
if not PROGRAM.exists():
    pytest.skip(f"there is no program {PROGRAM}", allow_module_level=True)

SEED = 11
LAYERS = [
    {"name": "conv_1", "type": "conv2d", "channels": 4, "kernel": 3, "padding": 1, "activation": "relu"},
    {"name": "norm", "type": "batch_norm"},
    {"name": "pool", "type": "max_pool2d", "kernel": 2, "stride": 2},
    {"name": "conv_2", "type": "conv2d", "channels": 6, "kernel": [3, 2], "groups": 2},
    {"name": "flat", "type": "flatten"},
    {"name": "flat_norm", "type": "batch_norm"},
    {"name": "hidden", "type": "linear", "units": 7, "activation": "tanh"},
    {"name": "out", "type": "linear", "units": 3},
]


def write_model(folder, layers, **training):
    path = folder / "net.json"
    path.write_text(json.dumps({
        "input": [8, 6, 2], "classes": 3, "layers": layers, "loss": "softmax_cross_entropy",
        "training": {"epochs": 50, "batch_size": 20, "shuffle": False} | training}))
    return path


def network():
    print("seed", SEED)
    torch.manual_seed(SEED)
    modules = [torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.BatchNorm2d(4), torch.nn.MaxPool2d(2, 2),
               torch.nn.Conv2d(4, 6, (3, 2), groups=2), torch.nn.Flatten(), torch.nn.BatchNorm1d(24),
               torch.nn.Linear(24, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)]
    net = torch.nn.Sequential(*modules)
    for module in (net[2], net[6]):
        torch.nn.init.uniform_(module.weight, 0.5, 1.5)
        torch.nn.init.normal_(module.bias)
        module.running_mean.normal_()
        module.running_var.uniform_(0.5, 2)
    return net


def convert(*arguments):
    return subprocess.run([PROGRAM, "weights", "convert", *map(str, arguments)], capture_output=True, text=True)


def images(count=20):
    random = np.random.default_rng(SEED)
    return random.normal(size=(count, 8, 6, 2)).astype("float32"), random.integers(0, 3, count)


def nchw(x):
    return torch.from_numpy(x).permute(0, 3, 1, 2)


def test_a_state_dict_is_read_and_written(tmp_path):
    net, (x, _) = network().eval(), images()
    safetensors.save_file(net.state_dict(), tmp_path / "torch.safetensors")
    model = write_model(tmp_path, LAYERS)
    done = convert(model, "--to", "autonet", "--from", tmp_path / "torch.safetensors", "--out", tmp_path / "ours.npz")
    assert done.returncode == 0, done.stderr
    ours = autonet.load_trained(tmp_path / "ours.npz")
    expected = torch.softmax(net(nchw(x)), 1).detach().numpy()
    np.testing.assert_allclose(ours.predict(x).outputs, expected, atol=1e-6)
    # And back, under the layers' names.
    done = convert(model, "--to", "pytorch", "--from", tmp_path / "ours.npz", "--out", tmp_path / "back.safetensors")
    assert done.returncode == 0, done.stderr
    back = safetensors.load_file(tmp_path / "back.safetensors")
    names = dict(zip((n for n in net.state_dict() if "tracked" not in n),
                     [f"{layer}.{role}" for layer in ("conv_1", "norm", "conv_2", "flat_norm", "hidden", "out")
                      for role in (("weight", "bias", "running_mean", "running_var") if "norm" in layer
                                   else ("weight", "bias"))]))
    assert set(back) == set(names.values())
    for theirs, ours in names.items():
        assert torch.equal(net.state_dict()[theirs], back[ours]), theirs
    # By these names they are found again, in half precision as well.
    halves = {name: array.to(torch.bfloat16) for name, array in back.items()}
    safetensors.save_file(halves, tmp_path / "half.safetensors")
    done = convert(model, "--to", "autonet", "--from", tmp_path / "half.safetensors", "--out", tmp_path / "half.npz")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(autonet.load_trained(tmp_path / "half.npz").predict(x).outputs, expected, atol=0.02)


@pytest.mark.parametrize("ours, theirs", [
    ({"type": "sgd", "learning_rate": 0.05}, lambda p: torch.optim.SGD(p, 0.05)),
    ({"type": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
     lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True)),
    ({"type": "adam", "learning_rate": 0.01}, lambda p: torch.optim.Adam(p, 0.01)),
    ({"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.1}, lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)),
], ids=["sgd", "nesterov", "adam", "adamw"])
def test_training_agrees_loss_by_loss(tmp_path, ours, theirs):
    net, (x, y) = network().train(), images()
    safetensors.save_file(net.state_dict(), tmp_path / "torch.safetensors")
    model = write_model(tmp_path, LAYERS, optimizer=ours)
    done = convert(model, "--to", "autonet", "--from", tmp_path / "torch.safetensors", "--out", tmp_path / "start.npz")
    assert done.returncode == 0, done.stderr
    trained = autonet.Model.load(model).fit(x, y, init_from=str(tmp_path / "start.npz"))
    # Decay acts on the weights of layers that multiply, not on biases and scales.
    optimizer = theirs([{"params": [p for p in net.parameters() if p.ndim > 1]},
                        {"params": [p for p in net.parameters() if p.ndim == 1], "weight_decay": 0.0}])
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(nchw(x)), torch.from_numpy(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    np.testing.assert_allclose([e["train"]["loss"] for e in trained.epochs], losses, rtol=1e-4, atol=1e-4)


def test_sequences(tmp_path):
    print("seed", SEED)
    torch.manual_seed(SEED)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = torch.nn.MultiheadAttention(6, 2, batch_first=True)
            self.memory = torch.nn.LSTM(6, 5, batch_first=True)
            self.out = torch.nn.Linear(5, 3)

        def forward(self, x):
            return self.out(self.memory(self.mix(x, x, x, need_weights=False)[0])[0][:, -1])

    net = Net().eval()
    torch.nn.init.normal_(net.mix.in_proj_bias)
    path = write_model(tmp_path, [{"name": "mix", "type": "attention", "heads": 2},
                                  {"name": "memory", "type": "lstm", "units": 5}, {"name": "out", "type": "linear", "units": 3}])
    path.write_text(path.read_text().replace("[8, 6, 2]", "[4, 6]"))
    safetensors.save_file(net.state_dict(), tmp_path / "torch.safetensors")
    done = convert(path, "--to", "autonet", "--from", tmp_path / "torch.safetensors", "--out", tmp_path / "ours.npz")
    assert done.returncode == 0, done.stderr
    x = np.random.default_rng(SEED).normal(size=(3, 4, 6)).astype("float32")
    expected = torch.softmax(net(torch.from_numpy(x)), 1).detach().numpy()
    np.testing.assert_allclose(autonet.load_trained(tmp_path / "ours.npz").predict(x).outputs, expected, atol=1e-6)
    done = convert(path, "--to", "pytorch", "--from", tmp_path / "ours.npz", "--out", tmp_path / "back.safetensors")
    assert done.returncode == 0, done.stderr
    again = Net().eval()
    again.load_state_dict(safetensors.load_file(tmp_path / "back.safetensors"))
    np.testing.assert_allclose(torch.softmax(again(torch.from_numpy(x)), 1).detach().numpy(), expected, atol=1e-6)


def test_what_does_not_fit_is_named(tmp_path):
    net = network()
    arrays = net.state_dict()
    arrays["9.bias"] = torch.zeros(4)
    arrays["5.weight"] = torch.zeros(2)
    safetensors.save_file(arrays, tmp_path / "torch.safetensors")
    model = write_model(tmp_path, LAYERS)
    done = convert(model, "--to", "autonet", "--from", tmp_path / "torch.safetensors", "--out", tmp_path / "ours.npz")
    assert done.returncode == 2, done.stderr
    for part in ("7 modules", "6 layers", "--module LAYER=MODULE"):
        assert part in done.stderr, done.stderr
    modules = sum((["--module", f"{layer}={i}"] for layer, i in
                   zip(("conv_1", "norm", "conv_2", "flat_norm", "hidden", "out"), (0, 2, 4, 6, 7, 9))), [])
    done = convert(model, "--to", "autonet", "--from", tmp_path / "torch.safetensors", "--out", tmp_path / "ours.npz",
                   *modules)
    assert done.returncode == 2, done.stderr
    for part in ("9.bias has shape [4], but layer \"out\" needs [3]", "5.weight [2] belongs to no layer"):
        assert part in done.stderr, done.stderr
    assert not (tmp_path / "ours.npz").exists()
