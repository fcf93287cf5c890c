"""Checks ONNX files by onnx.checker and runs them by onnxruntime.

    check_onnx.py FOLDER

For each NAME.onnx in FOLDER there are NAME.input.npy and NAME.output.npy: what the graph is given
and what it must give, within 1e-5. Prints a line for each file; ends with status 1 on a mistake.
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime

good = True
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = numpy.load(path.with_suffix(".input.npy"))
    wanted = numpy.load(path.with_suffix(".output.npy"))
    if session.get_inputs()[0].type == "tensor(int64)":
        given = given.astype(numpy.int64)
    output = session.run(None, {"input": given})[0]
    same = output.shape == wanted.shape
    distance = float(abs(output - wanted).max()) if same else float("inf")
    good = good and distance < 1e-5
    print(f"{path.name}: {len(given)} rows, distance {distance:.1e}")
sys.exit(0 if good else 1)
