#!/usr/bin/env python3
"""Runs check-grad on the shipped models and puts its outputs into docs/check-grad.md and docs/own-op.md.

    ./dev build && python3 bench/check_grad_tables.py            # a few minutes on two cores
    python3 bench/check_grad_tables.py --reports                 # the reports alone: a few seconds
    python3 bench/check_grad_tables.py --f32                     # the distribution of f32 errors alone: a few minutes

Each form replaces text between marker lines of the two pages. The first writes the reports of a right model, of each
planted mistake and of the example, the worst errors of every model, and the table of (mistake x model).
"""
import argparse
import itertools
import json
import pathlib
import re
import resource
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["logreg", "net_1layer", "net_2layer", "convnet_gradcheck", "quickstart", "convnet1", "convnet1_method1",
          "convnet1_method2", "convnet2", "convnet3", "cifar_vgg"]
MISTAKES = ["no-flip", "padding", "axes-swapped", "factor", "sign", "lost-term", "lost-image", "forgotten"]
PLANTED = ["no-flip", "padding@0", *MISTAKES[2:]]
GALLERY = "convnet_gradcheck"

def check_grad(model, *arguments):
    """Status and output of check-grad on a shipped model, or on the model of a file."""
    path = model if isinstance(model, pathlib.Path) else ROOT / "models" / f"{model}.json"
    done = subprocess.run([ROOT / "build/autonet", "check-grad", path, *map(str, arguments)], capture_output=True,
                          text=True)
    if done.returncode not in (0, 1, 4):
        raise SystemExit(f"check-grad {model} {arguments}: status {done.returncode}: {done.stderr}")
    return done.returncode, done.stdout


def worst(tensors, key):
    return max((t[key] for t in tensors if t[key] is not None), default=0.0)


def text_of(page, name):
    """The parts of a page before, between and after the marker lines."""
    begin, end = f"<!-- {name} begins -->\n", f"\n<!-- {name} ends -->"
    before, rest = (ROOT / "docs" / page).read_text().split(begin)
    text, after = rest.split(end)
    return before + begin, text, end + after


def errors():
    """The table of errors in fast mode, with the CPU time of each check."""
    rows = ["| model | verdict | complex step | rules | differences | f32, in units of rounding | elements "
            "| CPU seconds |", "|---" * 8 + "|"]
    for model in MODELS:
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(check_grad(model, "--json")[1])
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        tensors = report["tensors"]
        claims = {claim["name"]: claim for claim in report["claims"]}
        checked, total = sum(t["checked"] for t in tensors), sum(t["elements"] for t in tensors)
        along = [f"{worst(tensors, 'complex_error'):.0e}", f"{worst(report['rules'], 'worst'):.0e}"]
        f32 = max(claim["worst"] for name, claim in claims.items() if name.startswith("f32"))
        cells = [model, report["verdict"], *along, f"{claims['differences']['worst']:.0e}",
                 f"{f32:.2f}", f"{checked:,} of {total:,}", f"{seconds:.1f}"]
        rows.append("| " + " | ".join(cells) + " |")
        print(rows[-1], flush=True)
    return "\n".join(rows)


def mistakes():
    rows = ["| mistake | " + " | ".join(MODELS) + " |", "|---" * (len(MODELS) + 1) + "|"]
    planted = {}
    for model in MODELS:
        print(f"self-test of {model}", flush=True)
        planted[model] = json.loads(check_grad(model, "--self-test", "--mode", "sample=12", "--json")[1])["planted"]
    for mistake in MISTAKES:
        cells = []
        for model in MODELS:
            outcomes = [p["outcome"] for p in planted[model] if p["mistake"] == mistake]
            found, none, missed = (outcomes.count(o) for o in ("caught", "no effect", "missed"))
            cells.append((f"{found}/{found + missed}" + (f" ({none} alike)" if none else "")) if outcomes else "")
        rows.append(f"| {mistake} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def f32_errors():
    """The errors of f32 claims in units of rounding, over seeds and models: each is the largest of a program's steps."""
    from check_random_models import model_of
    small = [model for model in MODELS if model not in ("convnet3", "cifar_vgg")]
    runs = {"nine shipped models, seeds 1 to 20": list(itertools.product(small, range(1, 21))),
            "convnet3, cifar_vgg, seeds 1 to 3": list(itertools.product(("convnet3", "cifar_vgg"), range(1, 4))),
            "random models 1 to 200, seed 1": []}
    rows = ["| f32 claims of | number | median | 90 % below | 99 % below | largest |", "|---" * 6 + "|"]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, 201):
            path = pathlib.Path(folder, f"{number}.json")
            path.write_text(json.dumps(model_of(number)))
            runs["random models 1 to 200, seed 1"].append((path, 1))
        for name, models in runs.items():
            errors = []
            for model, seed in models:
                try:
                    report = json.loads(check_grad(model, "--json", "--mode", "sample=1", "--seed", seed)[1])
                except SystemExit:  # a random model whose kernel does not fit
                    continue
                errors += [claim["worst"] for claim in report["claims"] if claim["name"].startswith("f32")]
            errors.sort()
            at = [errors[int(part * (len(errors) - 1))] for part in (0.5, 0.9, 0.99, 1)]
            rows.append(f"| {name} | {len(errors)} | " + " | ".join(f"{error:.2f}" for error in at) + " |")
            print(rows[-1], flush=True)
    return "\n".join(rows)


def fenced(text):
    return "```\n" + text.strip("\n") + "\n```"


def gallery():
    parts = []
    for mistake in PLANTED:
        out = check_grad(GALLERY, "--plant", mistake)[1]
        planted = re.sub(r"\s+", " ", re.search(r"^Planted: (.*\n.*)$", out, re.M).group(1))
        rows = [line for line in out.splitlines() if "FAILED" in line and not line.startswith("FAILED")]
        findings = out[:out.index("\nchecked: ")]
        parts.append(f"`--plant {mistake}`: {planted}\n\n" + fenced(findings + "\n\n" + "\n".join(rows)))
    return "\n\n".join(parts)


def put(page, name, text):
    before, _, after = text_of(page, name)
    (ROOT / "docs" / page).write_text(before + text + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", action="store_true", help="the reports alone")
    parser.add_argument("--f32", action="store_true", help="the distribution of f32 errors alone")
    arguments = parser.parse_args()
    if arguments.f32:
        return put("check-grad.md", "f32", f32_errors())
    put("check-grad.md", "report", fenced(check_grad(GALLERY, "--verbose")[1]))
    put("check-grad.md", "gallery", gallery())
    example = subprocess.run([ROOT / "build/example_check_own_op"], check=True, capture_output=True, text=True).stdout
    right, wrong = example.split("\n\n", 1)
    source = (ROOT / "examples/check_own_op.cc").read_text()
    put("own-op.md", "class", "```cpp\n" + re.search(r"^class CumulativeSum.*?^};", source, re.M | re.S).group(0) + "\n```")
    put("own-op.md", "right", fenced(right))
    put("own-op.md", "wrong", fenced(wrong))
    by_hand = subprocess.run([ROOT / "build/example_check_hand_written"], check=True, capture_output=True, text=True).stdout
    put("check-grad.md", "hand", fenced(by_hand.split("\n\n")[1]))
    if not arguments.reports:
        put("check-grad.md", "errors", errors())
        put("check-grad.md", "mistakes", mistakes())
        put("check-grad.md", "f32", f32_errors())
    return None


if __name__ == "__main__":
    main()
