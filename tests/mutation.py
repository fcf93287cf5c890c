#!/usr/bin/env python3
"""Plants mistakes in the library, one after the other, and says which ones the tests find.

    tests/mutation.py [--count N] [--seed S] [--build DIR] [--minutes M] [--files PATTERN ...]

A mistake changes one place of a source file of ops/, ops/cpu/ or train/: a comparison, an operator, a number, a bound,
or a statement that is dropped. The library and the tests of its folder are built again, then the tests run: first
those that are named like the file, then all of the folder. KILLED: a test failed, crashed or took ten times as long.
SURVIVED: all passed, which is a test that is missing, or a place where the change does not matter, as in the choice
between two routines that give the same numbers. Mistakes that do not compile do not count.

The files are changed in place and put back; a clone of its own is best: git clone . /tmp/mutants. Exit status 0.
"""
import argparse
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUITES = {"ops": ["ops_tests", "check_tests", "train_tests"], "train": ["train_tests", "cli_tests"]}

# (what is looked for, what takes its place), tried on the code of a line without its comment and its texts.
SWAPS = [(r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "), (r" == ", " != "), (r" != ", " == "),
         (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " + "), (r" / ", " * "), (r" % ", " / "), (r" && ", " || "),
         (r" \|\| ", " && "), (r" \+= ", " -= "), (r" -= ", " += "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
         (r"std::min\b", "std::max"), (r"std::max\b", "std::min"), (r"\bif \(!", "if (")]
NUMBER = re.compile(r"(?<![\w.\"'<])(\d+)(?![\w.\"'>])")
STATEMENT = re.compile(r"^\s+[\w:.\[\]()>*+-]+( [-+*/|&]?= |\().*;\s*$")
SKIPPED = re.compile(r"^\s*(//|#|using |namespace |template|static_assert|HWY_|constexpr const char|\{|\[\[|return;)")


def blanked(line):
    """The line with its texts and its comment replaced by blanks of the same length."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: " " * len(m.group()), line)
    return re.sub(r"//.*", lambda m: " " * len(m.group()), line)


def mistakes_in(path):
    found = []
    raw = False
    for number, line in enumerate(path.read_text().split("\n")):
        if 'R"' in line:
            raw = True
        if raw:
            raw = ')"' not in line
            continue
        code = blanked(line)
        if SKIPPED.match(code) or "fail(" in code or "throw " in code or "concat(" in code:
            continue
        for pattern, new in SWAPS:
            for match in re.finditer(pattern, code):
                found.append((number, match.span(), new))
        for match in NUMBER.finditer(code):
            found.append((number, match.span(), str(int(match.group()) + 1)))
        if STATEMENT.match(code) and code.count("(") == code.count(")"):
            found.append((number, (len(line) - len(line.lstrip()), len(line)), ";"))
    return found


def run(words, seconds=None, cwd=None):
    """Exit status, and 'timeout' in place of it."""
    try:
        return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds, cwd=cwd).returncode
    except subprocess.TimeoutExpired:
        return "timeout"


class Tests:
    def __init__(self, build, prefix):
        self.build = build
        self.prefix = prefix
        self.seconds = {}

    def make(self, targets):
        return run([*self.prefix, "cmake", "--build", self.build, "--target", *targets])

    def passes(self, suite, source=None):
        words = [*self.prefix, self.build / suite, "--abort-after=1"]
        if source:
            words.append(f"--source-file=*/{source}")
        key = (suite, source)
        began = time.monotonic()
        result = run(words, self.seconds.get(key, 1e9) * 10 + 20, self.build)
        self.seconds.setdefault(key, time.monotonic() - began)
        return result == 0

    def killed_by(self, path):
        """The suite that finds the mistake in this file, or nothing; 'build' if it does not compile."""
        folder = path.relative_to(ROOT).parts[0]
        suites = SUITES[folder]
        own = ROOT / "tests" / folder / f"{path.stem}_test.cc"
        if self.make(suites[:1]) != 0:
            return "build"
        if own.exists() and not self.passes(suites[0], f"{folder}/{own.name}"):
            return own.name
        for suite in suites:
            if self.make([suite]) != 0:
                return "build"
            if not self.passes(suite):
                return suite
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--prefix", default="", help="words to put before each build and each test")
    parser.add_argument("--files", nargs="*", default=["ops/*.cc", "ops/cpu/*.cc", "train/*.cc"])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the file that is changed is put back
    draw = random.Random(options.seed)
    everything = [(path, *mistake) for pattern in options.files for path in sorted(ROOT.glob(pattern))
                  for mistake in mistakes_in(path)]
    draw.shuffle(everything)
    tests = Tests(options.build.resolve(), options.prefix.split())
    print(f"mutation: {len(everything)} mistakes are possible; seed {options.seed}", flush=True)
    for folder in sorted({path.relative_to(ROOT).parts[0] for path, *_ in everything}):
        for suite in SUITES[folder]:
            if tests.make([suite]) != 0 or not tests.passes(suite):
                sys.exit(f"mutation: {suite} does not pass as it is")
    killed, survived, broken = 0, [], 0
    began = time.monotonic()
    for path, number, (start, end), new in everything:
        if killed + len(survived) >= options.count or time.monotonic() - began > 60 * options.minutes:
            break
        old_text = path.read_text()
        lines = old_text.split("\n")
        line = lines[number]
        lines[number] = line[:start] + new + line[end:]
        what = f"{path.relative_to(ROOT)}:{number + 1}: {line.strip()}  ->  {lines[number].strip()}"
        try:
            path.write_text("\n".join(lines))
            by = tests.killed_by(path)
        finally:
            path.write_text(old_text)
        if by == "build":
            broken += 1
        elif by:
            killed += 1
            print(f"KILLED by {by}  {what}", flush=True)
        else:
            survived.append(what)
            print(f"SURVIVED  {what}", flush=True)
    tests.make(sorted({suite for suites in SUITES.values() for suite in suites}))
    count = killed + len(survived)
    print(f"{killed} of {count} mistakes found ({100 * killed / max(count, 1):.0f} %), {broken} did not compile")


if __name__ == "__main__":
    main()
