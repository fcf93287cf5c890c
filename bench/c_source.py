#!/usr/bin/env python3
"""Measures trained models as C source: accuracy on the USPS test images, bytes, and instructions for an image.

    python3 bench/c_source.py [--autonet build/autonet] [--checkpoints FOLDER]      # prints tables
    python3 bench/c_source.py --write                                             # into docs/c-source.md

Each model is trained first if FOLDER (default: a temporary one) has no NAME.npz. It is exported with and without
--int8. The accuracy is that of the C code itself, compiled by cc for this machine and run on all test images. Code, constants
and memory are what arm-none-eabi-size says of the object file for a Cortex-M4 at -O2, without the C library. Instructions are
those that QEMU's Cortex-M4 executes for one image, the mean of ten. Needs $AUTONET_DATA, numpy, and Debian's
gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm.
"""
import argparse
import ctypes
import gzip
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np

from check_grad_tables import put

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOARD = ROOT / "examples/microcontroller"
M4 = ["-std=c99", "-O2", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
MAIN = """#include <stdint.h>
#include <stdio.h>
#include "{name}.h"
static const float images[10][256] = {{{images}}};
static const float labels[10] = {{{labels}}};
int main(void) {{
  volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010u;
  float outputs[10];
  (void)labels;
  systick[1] = 0xFFFFFFu;
  systick[2] = 0;
  systick[0] = 5;
  const uint32_t before = systick[2];
  for (int i = 0; i < 10; ++i) {call};
  printf("%lu\\n", (unsigned long)((before - systick[2]) & 0xFFFFFFu));
  return 0;
}}
"""


def test_images():
    with gzip.open(pathlib.Path(os.environ["AUTONET_DATA"]) / "usps/zip.test.gz", "rt") as file:
        rows = np.loadtxt(file, dtype=np.float32)
    return rows[:, 1:].copy(), rows[:, 0].astype(int)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True, **options).stdout


def accuracy(folder, name, images, labels):
    library = folder / "host.so"
    run("cc", "-std=c99", "-O2", "-shared", "-fPIC", folder / f"{name}.c", "-o", library, "-lm")
    code = ctypes.CDLL(str(library))
    predict = getattr(code, f"{name}_predict")
    predict.restype = ctypes.c_int32
    outputs = np.zeros(10, dtype=np.float32)
    numbers = ctypes.POINTER(ctypes.c_float)
    right = sum(predict(image.ctypes.data_as(numbers), outputs.ctypes.data_as(numbers)) == label
                for image, label in zip(images, labels))
    return right / len(labels)


def sections(folder, name):
    """Bytes of code, of constants and of memory."""
    run("arm-none-eabi-gcc", *M4, "-ffunction-sections", "-fdata-sections", "-c", f"{name}.c", "-o", "m4.o", cwd=folder)
    code = constants = memory = 0
    for line in run("arm-none-eabi-size", "-A", folder / "m4.o").splitlines():
        words = line.split()
        if not words or not words[0].startswith("."):
            continue
        if words[0].startswith(".text"):
            code += int(words[1])
        elif words[0].startswith(".rodata"):
            constants += int(words[1])
        elif words[0].startswith((".bss", ".data")):
            memory += int(words[1])
    return code, constants, memory


def instructions(folder, name, images, labels, train=False):
    """Of one call on a Cortex-M4. With -icount shift=0 an instruction takes 1 ns, and SysTick counts 25 in a microsecond."""
    rows = ",".join("{" + ",".join(f"{v:.9g}f" if "." in f"{v:.9g}" else f"{v:.9g}.0f" for v in image) + "}" for image in images[:10])
    call = f"{name}_train_step(images[i], labels + i, 0.01f)" if train else f"{name}_predict(images[i], outputs)"
    (folder / "main.c").write_text(MAIN.format(name=name, images=rows, call=call,
                                               labels=",".join(f"{label}.0f" for label in labels[:10])))
    run("arm-none-eabi-gcc", *M4, "--specs=rdimon.specs", "-T", BOARD / "mps2.ld", BOARD / "start.c", f"{name}.c", "main.c",
        "-o", "main.elf", "-lm", cwd=folder)
    ticks = int(run("qemu-system-arm", "-M", "mps2-an386", "-icount", "shift=0", "-display", "none", "-serial", "none",
                    "-monitor", "none", "-semihosting-config", "enable=on,target=native", "-kernel", folder / "main.elf"))
    return ticks * 40 / 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--autonet", default=ROOT / "build/autonet")
    parser.add_argument("--checkpoints", type=pathlib.Path)
    parser.add_argument("--models", nargs="+", default=["net_1layer", "convnet1"])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/c-source.md")
    arguments = parser.parse_args()
    images, labels = test_images()
    lines = ["| model | numbers | test accuracy | code | constants | memory | instructions an image |", "|---|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        checkpoints = arguments.checkpoints or work
        for name in arguments.models:
            model = ROOT / "models" / f"{name}.json"
            weights = checkpoints / f"{name}.npz"
            if not weights.exists():
                run(arguments.autonet, "fit", model, "--checkpoint", weights)
            for kind, options in [("f32", []), ("8 bits", ["--int8"]), ("f32, a training step", ["--train"])]:
                folder = work / f"{name}{len(options)}{kind[:2]}{len(kind)}"
                sizes = json.loads(run(arguments.autonet, "export", model, "--checkpoint", weights, "--c", folder, "--json", *options))
                code, constants, memory = sections(folder, name)
                assert memory == sizes["memory_bytes"], (memory, sizes)
                train = "--train" in options
                right = "" if train else f"{100 * accuracy(folder, name, images, labels):.2f} %"
                count = instructions(folder, name, images, labels, train)
                lines.append(f"| {name} | {kind} | {right} | {code:,} | {constants:,} | {memory:,} | {count / 1e6:.2f} million |")
    print("\n".join(lines))
    if arguments.write:
        put("c-source.md", "sizes", "\n".join(lines))


if __name__ == "__main__":
    main()
