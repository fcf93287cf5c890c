#!/usr/bin/env python3
"""Compares predictions of autonet with those of ONNX Runtime on the same models, exported by `autonet export --onnx`.

    bench/compare_onnxruntime.py [MODEL ...] [--batches 1 100 1000] [--threads 1 2] [--rounds 5] [--seconds 0.5]
                                 [--write docs/performance.md]

In each round both measure in turn, for the same time; the table has the medians of the rounds and of their ratios. The
images lie in memory. Needs the Python packages onnxruntime and numpy.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "autonet"
BEGIN, END = "<!-- compare_onnxruntime begins -->", "<!-- compare_onnxruntime ends -->"


def run(*words):
    return subprocess.run([str(PROGRAM), *map(str, words)], check=True, capture_output=True, text=True).stdout


def autonet(model, batch, threads, seconds):
    report = json.loads(run("bench", model, "--predict", "--batch", batch, "--threads", threads, "--seconds", seconds,
                            "--json"))
    return report["step_milliseconds"]["median"] * 1e3


def open_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def onnx_runtime(session, batch, seconds):
    source = session.get_inputs()[0]
    shape = [batch] + [int(size) for size in source.shape[1:]]
    images = numpy.random.default_rng(1).standard_normal(shape, dtype=numpy.float32)
    for _ in range(3):
        session.run(None, {source.name: images})
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        session.run(None, {source.name: images})
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["net_2layer", "convnet1", "convnet2", "convnet3"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 100, 1000])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--write", type=pathlib.Path)
    options = parser.parse_args()
    lines = [f"ONNX Runtime {onnxruntime.__version__}, medians of {options.rounds} rounds.", "",
             "| model | batch | threads | autonet, µs | ONNX Runtime, µs | ratio | in single rounds |", "|---|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        for model in options.models:
            weights, onnx = pathlib.Path(name) / f"{model}.npz", pathlib.Path(name) / f"{model}.onnx"
            run("fit", model, "--set", "data.dataset=digits", "--epochs", 0, "--checkpoint", weights, "--quiet")
            run("export", model, "--set", "data.dataset=digits", "--checkpoint", weights, "--onnx", onnx)
            for threads in options.threads:
                session = open_session(onnx, threads)
                for batch in options.batches:
                    rounds = [(autonet(model, batch, threads, options.seconds), onnx_runtime(session, batch, options.seconds))
                              for _ in range(options.rounds)]
                    ratios = sorted(theirs / ours for ours, theirs in rounds)
                    ours, theirs = (statistics.median(column) for column in zip(*rounds))
                    lines.append(f"| {model} | {batch:,} | {threads} | {ours:,.1f} | {theirs:,.1f} | {statistics.median(ratios):.2f} "
                                 f"| {ratios[0]:.2f} to {ratios[-1]:.2f} |")
                    print(lines[-1], flush=True)
    table = "\n".join(lines)
    if options.write:
        text = options.write.read_text()
        before, rest = text.split(BEGIN)
        options.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
