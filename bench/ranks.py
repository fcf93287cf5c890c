#!/usr/bin/env python3
"""Compares measured training steps on several processes with those that `autonet bench --simulate` expects.

    bench/ranks.py [MODEL ...] [--ranks 1 2 4] [--rounds 5] [--seconds 1] [--write docs/scaling.md]

Each round measures, for each number of processes in turn, the step of `mpirun -n N autonet bench MODEL --threads 1` and
simulates it with the latency and bandwidth that this run measured. The table has the medians of the rounds. If there are
more processes than cores, the computing is expected to take longer by that factor. Needs mpirun.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "autonet"
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1")
BEGIN, END = "<!-- ranks begins -->", "<!-- ranks ends -->"


def output(words):
    done = subprocess.run([str(word) for word in words], env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def measured(model, ranks, seconds):
    words = [PROGRAM, "bench", model, "--threads", 1, "--seconds", seconds, "--json"]
    report = output(["mpirun", "-n", ranks, *words] if ranks > 1 else words)
    return report["step_milliseconds"]["median"], report.get("latency_microseconds", 1), report.get("gigabytes_per_second", 1)


def simulated(model, ranks, seconds, latency, bandwidth):
    report = output([PROGRAM, "bench", model, "--threads", 1, "--seconds", seconds, "--ranks", ranks, "--simulate",
                     "--latency", latency, "--bandwidth", bandwidth, "--json"])
    row = report["simulated"][-1]
    busy = max(1.0, ranks / os.cpu_count())
    return row["compute_milliseconds"] * busy + row["exchange_milliseconds"], row["exchanged_bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["convnet1", "convnet3"])
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--write", type=pathlib.Path)
    options = parser.parse_args()
    lines = [f"Medians of {options.rounds} rounds, one thread a process, {os.cpu_count()} cores.", "",
             "| model | processes | measured step, ms | simulated step, ms | measured / simulated | latency, µs | GB/s | exchanged a step |",
             "|---|---|---|---|---|---|---|---|"]
    for model in options.models:
        rows = {ranks: [] for ranks in options.ranks}
        for _ in range(options.rounds):
            for ranks in options.ranks:
                step, latency, bandwidth = measured(model, ranks, options.seconds)
                expected, exchanged = simulated(model, ranks, options.seconds, latency, bandwidth)
                rows[ranks].append((step, expected, step / expected, latency, bandwidth, exchanged))
        for ranks, found in rows.items():
            step, expected, ratio, latency, bandwidth, exchanged = (statistics.median(column) for column in zip(*found))
            network = (f"{latency:.1f}", f"{bandwidth:.1f}") if ranks > 1 else ("", "")
            lines.append(f"| {model} | {ranks} | {step:.3f} | {expected:.3f} | {ratio:.2f} | {network[0]} | {network[1]} "
                         f"| {exchanged / 1024:,.0f} KiB |")
    table = "\n".join(lines)
    print(table)
    if options.write:
        text = options.write.read_text()
        before, rest = text.split(BEGIN)
        options.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
