"""Writes networks of PyTorch as ONNX files, with inputs and the outputs that PyTorch computes.

    torch_to_onnx.py FOLDER

For each network there are NAME.onnx, NAME.input.npy, inputs in the order of autonet's axes, and
NAME.output.npy. Prints the names. The classic exporter writes the files.
"""

import pathlib
import sys
import warnings

import numpy
import torch
from torch import nn

warnings.filterwarnings("ignore")
folder = pathlib.Path(sys.argv[1])
torch.manual_seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        y = self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))
        return torch.relu(y + self.shortcut(x))


class Squeeze(nn.Module):
    """Squeeze and excitation: each channel times a number that depends on all of them."""

    def __init__(self, channels):
        super().__init__()
        self.narrow = nn.Linear(channels, channels // 2)
        self.wide = nn.Linear(channels // 2, channels)

    def forward(self, x):
        scale = torch.sigmoid(self.wide(torch.relu(self.narrow(x.mean((2, 3))))))
        return x * scale[:, :, None, None]


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 4, 3, padding=1)
        self.pool = nn.AvgPool2d(2)
        self.low = nn.Conv2d(4, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 2, 2)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        y = torch.relu(self.down(x))
        z = self.up(nn.functional.silu(self.low(self.pool(y))))
        return self.out(torch.cat([y, z], 1)).flatten(1)


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.places = nn.Parameter(torch.randn(6, 8))
        self.block = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)
        self.wide = nn.Linear(8, 16)
        self.narrow = nn.Linear(16, 8)
        self.lstm = nn.LSTM(8, 5, batch_first=True)
        self.out = nn.Linear(5, 3)

    def forward(self, x):
        x = self.embed(x) + self.places
        x = self.norm(x + self.block(x, x, x, need_weights=False)[0])
        x = x + self.narrow(nn.functional.gelu(self.wide(x)))
        return self.out(self.lstm(x)[0][:, -1])


class Heads(nn.Module):
    """Self-attention as one writes it oneself, with a layer for each of queries, keys and values."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(12, 12), nn.Linear(12, 12), nn.Linear(12, 12, bias=False)
        self.mix = nn.Linear(12, 12)
        self.out = nn.Linear(60, 4)
        self.register_buffer("mask", torch.triu(torch.full((5, 5), -1e9), 1))

    def forward(self, x):
        q, k, v = (f(x).view(-1, 5, 3, 4).transpose(1, 2) for f in (self.q, self.k, self.v))
        shares = torch.softmax(q @ k.transpose(2, 3) / 2.0 + self.mask, -1)
        y = self.mix((shares @ v).transpose(1, 2).reshape(-1, 5, 12))
        return torch.log_softmax(self.out(y.flatten(1)), 1)


def classifier(*more):
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), *more,
                         nn.Flatten(), nn.Linear(8 * 8 * 8, 32), nn.ELU(), nn.Linear(32, 10))


image = torch.randn(3, 1, 16, 16)
networks = {
    "mlp": (nn.Sequential(nn.Flatten(), nn.Linear(256, 20), nn.BatchNorm1d(20), nn.Tanh(), nn.Linear(20, 10),
                          nn.Softmax(1)), image),
    "folded": (classifier(nn.LeakyReLU(0.2)), image),
    "apart": (classifier(nn.GroupNorm(2, 8), nn.GELU()), image),
    "residual": (nn.Sequential(Residual(3, 8, 1), nn.MaxPool2d(3, 2, 1), Residual(8, 16, 2),
                               nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)), torch.randn(3, 3, 13, 11)),
    "squeeze": (nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 6, 3, 2), nn.Conv2d(6, 6, 3, padding=1, groups=6),
                              Squeeze(6), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Flatten(), nn.Linear(72, 5)),
                torch.randn(3, 3, 16, 14)),
    "unet": (UNet(), image),
    "decoder": (nn.Sequential(nn.Linear(5, 36), nn.ReLU(), nn.Unflatten(1, (4, 3, 3)),
                              nn.ConvTranspose2d(4, 2, 3, 2, 1, output_padding=1), nn.Sigmoid(),
                              nn.Upsample(scale_factor=2), nn.Conv2d(2, 1, 3, padding=1), nn.Flatten()),
                torch.randn(3, 5)),
    "tokens": (Tokens(), torch.randint(0, 11, (3, 6))),
    "heads": (Heads(), torch.randn(3, 5, 12)),
}
for name, (network, x) in networks.items():
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2.0)
                module.weight.uniform_(0.5, 2.0)
                module.bias.normal_()
    network.eval()
    keep = name in ("apart", "residual")
    options = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False} if keep else {}
    torch.onnx.export(network, x, str(folder / f"{name}.onnx"), dynamo=False, input_names=["input"],
                      output_names=["output"], dynamic_axes={"input": {0: "n"}, "output": {0: "n"}}, **options)
    with torch.no_grad():
        y = network(x)
    if x.ndim == 4:
        x = x.permute(0, 2, 3, 1)
    numpy.save(folder / f"{name}.input.npy", x.numpy().astype(numpy.float32))
    numpy.save(folder / f"{name}.output.npy", y.numpy())
    print(name)
