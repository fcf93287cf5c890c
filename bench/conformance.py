#!/usr/bin/env python3
"""Runs ONNX's tests of operators by autonet and by onnxruntime, and writes docs/conformance.md.

    bench/conformance.py [--program build/autonet] [--write docs/conformance.md] [FOLDER ...]

Without folders, the cases are those of Debian's package libonnx-testdata and those that the
installed Python package onnx generates. Needs the packages onnx, numpy and onnxruntime.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

DEBIAN = pathlib.Path("/usr/share/libonnx-testdata/data")


def to_bytes(value, info):
    """A value of a case in the format of its file, which follows from the type that the model declares."""
    if info.type.WhichOneof("value") == "optional_type":
        kind = onnx.OptionalProto.SEQUENCE if isinstance(value, list) else onnx.OptionalProto.TENSOR
        if isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
        return numpy_helper.from_optional(value, info.name, kind).SerializeToString()
    if isinstance(value, onnx.TensorProto):
        return value.SerializeToString()
    if isinstance(value, list):
        return numpy_helper.from_list(value, info.name).SerializeToString()
    return numpy_helper.from_array(numpy.asarray(value), info.name).SerializeToString()


def generated(folder):
    """Writes the cases of the installed package onnx below `folder`."""
    from onnx.backend.test.case.node import collect_testcases

    for case in collect_testcases(None):
        place = folder / case.name
        for k, (inputs, outputs) in enumerate(case.data_sets):
            data = place / f"test_data_set_{k}"
            data.mkdir(parents=True)
            for kind, values, infos in (("input", inputs, case.model.graph.input),
                                        ("output", outputs, case.model.graph.output)):
                for i, (value, info) in enumerate(zip(values, infos)):
                    (data / f"{kind}_{i}.pb").write_bytes(to_bytes(value, info))
        (place / "model.onnx").write_bytes(case.model.SerializeToString())
    return folder


def read_value(path, kind):
    """The array, list or None in a file input_K.pb or output_K.pb."""
    data = path.read_bytes()
    if kind == "tensor_type":
        tensor = onnx.TensorProto()
        tensor.ParseFromString(data)
        return numpy_helper.to_array(tensor)
    if kind == "sequence_type":
        sequence = onnx.SequenceProto()
        sequence.ParseFromString(data)
        return numpy_helper.to_list(sequence)
    optional = onnx.OptionalProto()
    optional.ParseFromString(data)
    return numpy_helper.to_optional(optional)


def same(got, expected):
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(same, got, expected))
    if expected is None:
        return got is None
    got, expected = numpy.asarray(got), numpy.asarray(expected)
    if got.shape != expected.shape or (got.dtype != expected.dtype and expected.dtype.kind != "O"):
        return False
    if expected.dtype.kind not in "fc":
        return numpy.array_equal(got, expected)
    is_float = expected.dtype == numpy.float32
    share = {"float16": 2.0**-9, "bfloat16": 2.0**-6}.get(str(expected.dtype), 1e-3)
    got, expected = got.astype(numpy.float64), expected.astype(numpy.float64)
    finite = numpy.abs(expected[numpy.isfinite(expected)])
    rounding = 2.0**-23 * finite.max(initial=0.0) if is_float else 0.0
    return numpy.allclose(got, expected, share, 1e-7 + rounding, True)


def run_onnxruntime(folder):
    """The result of one case: passed, failed (a wrong output) or not supported (it did not run)."""
    path = folder / "model.onnx"
    model = onnx.load(path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception:
        return "not supported"
    try:
        for data in sorted(folder.glob("test_data_set_*")):
            values = {}
            for k, info in enumerate(model.graph.input):
                file = data / f"input_{k}.pb"
                if file.exists():
                    values[info.name] = read_value(file, info.type.WhichOneof("value"))
            outputs = session.run(None, values)
            for k, info in enumerate(model.graph.output):
                expected = read_value(data / f"output_{k}.pb", info.type.WhichOneof("value"))
                if not same(outputs[k], expected):
                    return "failed"
    except Exception:
        return "not supported"
    return "passed"


def short(reason):
    """A reason without the names of the case and the node."""
    text = reason.split("not supported: ", 1)[-1]
    text = text.split("; ")[0].split(", as ")[0].split(": its ")[0]
    return re.sub(r", \d+ nodes?( in.*)?(:.*)?$", "", text).strip()


def report_of(title, folder, program):
    """The lines of one set of cases; for a large one also a table of the operators."""
    answer = subprocess.run([program, "conformance", str(folder), "--json"], stdout=subprocess.PIPE, text=True)
    ours = json.loads(answer.stdout)
    theirs = {path.parent.name: run_onnxruntime(path.parent) for path in folder.rglob("model.onnx")}
    counts = collections.Counter(theirs.values())
    total = ours["total"]
    lines = [f"## {title}", "", f"{len(ours['cases'])} cases:", "",
             "| program | passed | failed | not supported |", "|---|---|---|---|",
             f"| autonet | {total['passed']} | {total['failed']} | {total['not_supported']} |",
             f"| onnxruntime {onnxruntime.__version__} | {counts['passed']} | {counts['failed']} | "
             f"{counts['not supported']} |", ""]
    by_reason = collections.defaultdict(list)
    for case in ours["cases"]:
        if case["result"] == "failed":
            by_reason["FAILED: " + case["reason"]].append(case["case"])
        elif case["result"] == "not supported":
            by_reason[short(case["reason"])].append(case["case"])
    if by_reason:
        lines += ["Why cases are not supported:", "", "| reason | cases |", "|---|---|"]
    lines += [f"| {reason.replace('|', '/')} | {len(names)} |"
              for reason, names in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))]
    if len(theirs) < 200:
        return lines + [""]
    lines += ["", "By operator; a case that writes an operator by others counts for that operator:", "",
              "| operator | passed | failed | not supported | onnxruntime passed |", "|---|---|---|---|---|"]
    operator_of = {case["case"]: case["operator"] for case in ours["cases"]}
    for name, count in sorted(ours["operators"].items()):
        other = sum(result == "passed" for case, result in theirs.items() if operator_of[case] == name)
        lines.append(f"| {name} | {count['passed']} | {count['failed']} | {count['not_supported']} | {other} |")
    return lines + [""]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--program", default="build/autonet")
    parser.add_argument("--write", type=pathlib.Path, help="the page to write, instead of printing it")
    options = parser.parse_args()
    lines = ["# Conformance to ONNX", "",
             "ONNX has tests of its operators: small graphs with inputs and outputs. `autonet conformance DIR` runs",
             "them, and this page is written by `bench/conformance.py`. An output passes if its number type and shape",
             "are right and its numbers differ by at most 1e-7 and a thousandth, as in ONNX's own runner, in f32 besides by",
             "the rounding of the largest number of the output, and in float16 and bfloat16 by two units of the last place;",
             "whole numbers must be equal. [ONNX files](onnx.md) says what autonet does with them. onnxruntime runs the same",
             "cases by its Python interface; those that it does not load or run, as that interface has no bfloat16 and no",
             "numbers of 4 bits, count as not supported. Debian's case test_adam_multiple fails because it leaves out the",
             "attribute epsilon with which its outputs were computed; the newer one has it.", ""]
    with tempfile.TemporaryDirectory() as scratch:
        sets = [(str(folder), folder) for folder in options.folders]
        if not sets:
            sets.append((f"The operators, as the Python package onnx {onnx.__version__} has them",
                         generated(pathlib.Path(scratch))))
            if DEBIAN.exists():
                sets.append(("The operators, as Debian's libonnx-testdata has them", DEBIAN / "node"))
                sets += [(f"Debian's graphs {name}", DEBIAN / name)
                         for name in ("pytorch-operator", "pytorch-converted", "simple")]
        for title, folder in sets:
            lines += report_of(title, folder, options.program)
    page = "\n".join(lines).rstrip() + "\n"
    if options.write:
        options.write.write_text(page)
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main()
