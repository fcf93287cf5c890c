#!/usr/bin/env python3
"""Runs check-grad on the shipped models and puts its outputs into docs/check-grad.md and docs/own-op.md.

    ./dev build && python3 bench/check_grad_tables.py            # a few minutes on two cores
    python3 bench/check_grad_tables.py --reports                 # the reports alone: a few seconds
    python3 bench/check_grad_tables.py --seeds 200               # counts false alarms; needs USPS in AUTONET_DATA
    python3 bench/check_grad_tables.py --full                    # every element; an hour on cifar_vgg

Each form replaces text between marker lines of the two pages. The first writes the reports of a right model, of each
planted mistake and of the example, the worst errors of every model, and the table of (mistake x model).
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["logreg", "net_1layer", "net_2layer", "convnet_gradcheck", "quickstart", "convnet1", "convnet1_method1",
          "convnet1_method2", "convnet2", "convnet3", "cifar_vgg"]
MISTAKES = ["no-flip", "padding", "axes-swapped", "factor", "sign", "lost-term", "lost-image", "forgotten"]
PLANTED = ["no-flip", "padding@0", *MISTAKES[2:]]
GALLERY = "convnet_gradcheck"
OVERLAPPING = {
    "name": "overlapping_pools", "input": [9, 7, 2], "classes": 3,
    "layers": [
        {"name": "conv_1", "type": "conv2d", "channels": 4, "kernel": 3, "padding": 1, "activation": "relu"},
        {"name": "maxpool_1", "type": "max_pool2d", "kernel": 3, "stride": 2, "padding": 1},
        {"name": "conv_2", "type": "conv2d", "channels": 3, "kernel": [2, 3], "stride": [1, 2], "padding": 1,
         "activation": "relu"},
        {"name": "maxpool_2", "type": "max_pool2d", "kernel": 2, "stride": 1},
        {"name": "output", "type": "linear", "units": 3}],
    "loss": "softmax_cross_entropy", "training": {"epochs": 1}}


def check_grad(model, *arguments):
    """Status and output of check-grad on a shipped model or a file."""
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


def errors(mode):
    """The table of errors with the columns of one mode measured again."""
    head, rule, *rows = text_of("check-grad.md", "errors")[1].splitlines()
    old = {row.split("|")[1].strip(): [cell.strip() for cell in row.split("|")[2:-1]] for row in rows}
    table = [head, rule]
    for model in MODELS:
        begin = time.monotonic()
        _, out = check_grad(model, "--mode", mode, "--json")
        seconds = time.monotonic() - begin
        report = json.loads(out)
        tensors = report["tensors"]
        claims = {claim["name"]: claim for claim in report["claims"]}
        checked, total = sum(t["checked"] for t in tensors), sum(t["elements"] for t in tensors)
        along = [f"{worst(tensors, key):.0e}" for key in ("adjoint_error", "complex_error")]
        f32 = max(claim["worst"] for name, claim in claims.items() if name.startswith("f32"))
        cells = [report["verdict"], *along, f"{claims['differences']['worst']:.0e}", f"{claims['exact']['worst']:g}",
                 f"{f32:.2f}"]
        modes = dict(zip(("fast", "full"), (old[model][6:9], old[model][9:12]) if model in old else ([""] * 3, [""] * 3)))
        modes[mode] = [f"{checked:,} of {total:,}", f"{worst(tensors, 'worst_absolute'):.0e}", f"{seconds:.1f}"]
        table.append("| " + " | ".join([model, *cells, *modes["fast"], *modes["full"]]) + " |")
        print(table[-1], flush=True)
    return "\n".join(table)


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


def false_alarms(seeds):
    """The table of false alarms, at points of increasing difficulty."""
    with tempfile.TemporaryDirectory() as folder:
        def written(model):
            path = pathlib.Path(folder, model["name"] + ".json")
            path.write_text(json.dumps(model))
            return path

        def variant(name, of, change):
            model = json.loads((ROOT / f"models/{of}.json").read_text()) | {"name": name}
            for layer in model["layers"]:
                change(layer)
            return model

        tanh = variant("net_2layer_tanh", "net_2layer",
                       lambda layer: layer.update(activation="tanh") if layer.get("activation") else None)
        zero = variant("net_2layer_zero", "net_2layer", lambda layer: layer.update(init={"constant": 0}))
        sure = variant("convnet1_sure", "convnet1", lambda layer: None)
        sure["training"]["optimizer"] = {"type": "adam", "learning_rate": 0.002}
        places = [(model, "noise", []) for model in ("convnet_gradcheck", "net_2layer", written(tanh),
                                                     written(OVERLAPPING))]
        places += [(model, "noise, after 30 steps on it", ["--burn-in", 30])
                   for model in ("convnet_gradcheck", "net_2layer", "convnet1")]
        places += [(written(sure), "noise, after 300 steps of Adam on it", ["--burn-in", 300]),
                   (written(zero), "noise, weights zero", [])]
        places += [(model, "USPS", ["--data", "model"]) for model in ("convnet_gradcheck", "net_2layer", "convnet1")]
        places += [(model, "USPS, after 300 steps", ["--data", "model", "--burn-in", 300])
                   for model in ("convnet_gradcheck", "net_2layer", "convnet1")]
        rows = ["| model | on | seeds | PASSED | FAILED | INCONCLUSIVE |", "|---|---|---|---|---|---|"]
        for model, where, words in places:
            statuses = [check_grad(model, "--seed", seed, "--mode", "sample=60", *words)[0]
                        for seed in range(1, seeds + 1)]
            name = model.stem if isinstance(model, pathlib.Path) else model
            rows.append(f"| {name} | {where} | 1 to {seeds} | {statuses.count(0)} | {statuses.count(1)} "
                        f"| {statuses.count(4)} |")
            print(rows[-1], flush=True)
        return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, help="instead, the table of false alarms over so many seeds")
    parser.add_argument("--full", action="store_true", help="instead, the table of errors in full mode")
    parser.add_argument("--reports", action="store_true", help="the reports alone")
    arguments = parser.parse_args()
    if arguments.seeds:
        return put("check-grad.md", "seeds", false_alarms(arguments.seeds))
    if arguments.full:
        return put("check-grad.md", "errors", errors("full"))
    put("check-grad.md", "report", fenced(check_grad(GALLERY, "--verbose")[1]))
    put("check-grad.md", "gallery", gallery())
    example = subprocess.run([ROOT / "build/example_check_own_op"], check=True, capture_output=True, text=True).stdout
    right, wrong = example.split("\n\n", 1)
    source = (ROOT / "examples/check_own_op.cc").read_text()
    put("own-op.md", "class", "```cpp\n" + re.search(r"^class CumulativeSum.*?^};", source, re.M | re.S).group(0) + "\n```")
    put("own-op.md", "right", fenced(right))
    put("own-op.md", "wrong", fenced(wrong))
    if not arguments.reports:
        put("check-grad.md", "errors", errors("fast"))
        put("check-grad.md", "mistakes", mistakes())
    return None


if __name__ == "__main__":
    main()
