"""One model, asked through every door: the program, Python, C source, and ONNX. All give the same numbers.

The program and the Python package are the C++ library; its tests compare it with itself.
"""
import json
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

import autonet

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("AUTONET_PROGRAM", ROOT / "build/autonet"))
SEED = 5
COUNT = 4


def run(*arguments, **options):
    return subprocess.run(list(map(str, arguments)), check=True, capture_output=True, text=True, **options).stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a trained model, pictures, and what Python says about them."""
    if not PROGRAM.exists():
        pytest.skip(f"there is no program {PROGRAM}")
    folder = tmp_path_factory.mktemp("doors")
    shutil.copy(ROOT / "models/quickstart.json", folder)
    run(PROGRAM, "fit", "quickstart.json", "--epochs", 1, cwd=folder)
    print("seed", SEED)
    pixels = np.random.default_rng(SEED).integers(0, 256, (COUNT, 16, 16), "uint8")
    for i, picture in enumerate(pixels):
        (folder / f"{i}.pgm").write_bytes(b"P5 16 16 255\n" + picture.tobytes())
    x = (pixels.astype("float32") / 255 * 2 - 1)[..., None]  # digits are numbers from -1 to 1
    prediction = autonet.load_trained(folder / "quickstart.npz").predict(x)
    return folder, x, prediction


def test_program(trained):
    folder, _, expected = trained
    answer = json.loads(run(PROGRAM, "predict", "quickstart.json", *(f"{i}.pgm" for i in range(COUNT)), "--json",
                            cwd=folder))
    rows = answer["predictions"] if isinstance(answer, dict) else answer
    assert len(rows) == COUNT
    for row, outputs in zip(rows, expected.outputs):
        said = [row["probabilities"][str(digit)] for digit in range(10)]
        np.testing.assert_allclose(said, outputs, atol=2e-6)


def test_c(trained):
    folder, x, expected = trained
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    run(PROGRAM, "export", "quickstart.json", "--c", "c", cwd=folder)
    (folder / "main.c").write_text("""
#include "quickstart.h"
#include <stdio.h>
int main(void) {
  static float x[256], y[10];
  while (fread(x, sizeof x, 1, stdin) == 1) {
    quickstart_predict(x, y);
    fwrite(y, sizeof y, 1, stdout);
  }
  return 0;
}
""")
    run(compiler, "-std=c99", "-O2", "-I", "c", "main.c", "c/quickstart.c", "-lm", "-o", "ask", cwd=folder)
    said = subprocess.run([folder / "ask"], input=x.tobytes(), stdout=subprocess.PIPE, check=True).stdout
    np.testing.assert_allclose(np.frombuffer(said, "float32").reshape(COUNT, 10), expected.outputs, atol=2e-6)


def test_onnx(trained):
    folder, x, expected = trained
    run(PROGRAM, "export", "quickstart.json", "--onnx", "quickstart.onnx", cwd=folder)
    np.save(folder / "x.npy", x)
    run(PROGRAM, "import", "quickstart.onnx", "--run", "x.npy", "--output", "y.npz", cwd=folder)
    with np.load(folder / "y.npz") as y:
        np.testing.assert_allclose(y["output"], expected.outputs, atol=2e-6)
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(folder / "quickstart.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"input": x})[0], expected.outputs, atol=1e-5)
