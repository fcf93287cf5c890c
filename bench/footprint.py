#!/usr/bin/env python3
"""Compares what a program that trains convnet1 costs to compile and to ship, in autonet, LibTorch and dlib.

    ./dev install --prefix DIR && python3 bench/footprint.py DIR          # prints a table
    python3 bench/footprint.py DIR --write                                # into docs/installing.md

The programs are bench/peers/*.cc. Each is compiled with -O2 --rounds times, the peers in turn: CPU seconds of compiling and
linking, the median. Then it is stripped, and run to see that it works. Its size is that of the file and of all shared
libraries that it loads and that are not part of the C and C++ runtime. Needs Debian's libtorch-dev and libdlib-dev; peers
that are not installed are left out.
"""
import argparse
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile

from check_grad_tables import put

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNTIME = re.compile(r"/(ld-linux|libc\.|libm\.|libstdc\+\+|libgcc_s|libpthread|libdl|librt)")
TORCH = ["-I/usr/include/torch/csrc/api/include", "-ltorch", "-ltorch_cpu", "-lc10"]


def peers(prefix):
    pc = subprocess.run(["pkg-config", "--cflags", "--libs", "--static", "autonet"], check=True, text=True,
                        capture_output=True, env={"PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig", "PATH": "/usr/bin:/bin"})
    autonet = ["-std=c++20", *pc.stdout.split()]
    return {"autonet": autonet, "autonet, -Wl,--gc-sections": [*autonet, "-Wl,--gc-sections"], "LibTorch": ["-std=c++17", *TORCH],
            "dlib": ["-std=c++17", "-ldlib", "-lblas", "-llapack"]}


def source(name):
    return ROOT / "bench/peers" / f"{name.lower().split(',')[0]}.cc"


def compile_seconds(source, flags, program):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["c++", "-O2", source, "-o", program, *flags], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        return None, done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ""


def shared_libraries(program):
    text = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    paths = re.findall(r"=> (\S+) \(", text)
    return [pathlib.Path(path).resolve() for path in paths if not RUNTIME.search(path)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prefix", help="where autonet is installed, with static libraries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into docs/installing.md")
    options = parser.parse_args()
    seconds, failed = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for name, flags in peers(options.prefix).items():
                if name in failed:
                    continue
                program = pathlib.Path(folder, name)
                taken, error = compile_seconds(source(name), flags, program)
                if taken is None:
                    failed[name] = error
                    print(f"{name} is left out: {error.splitlines()[0]}")
                else:
                    seconds.setdefault(name, []).append(taken)
        rows = ["| library | lines | compile and link, CPU seconds | program, stripped | shared libraries that it brings |",
                "|---|---|---|---|---|"]
        for name, taken in seconds.items():
            program = pathlib.Path(folder, name)
            subprocess.run(["strip", program], check=True)
            subprocess.run([program, ROOT / "models/convnet1.json"], check=True, stdout=subprocess.DEVNULL)
            libraries = shared_libraries(program)
            size = sum(path.stat().st_size for path in libraries)
            lines = len(source(name).read_text().splitlines())
            rows.append(f"| {name} | {lines} | {statistics.median(taken):.1f} | {program.stat().st_size / 1e6:.2f} MB | "
                        f"{f'{len(libraries)}, {size / 1e6:.1f} MB' if libraries else 'none'} |")
    print("\n".join(rows))
    if options.write:
        put("installing.md", "footprint", "\n".join(rows))


if __name__ == "__main__":
    main()
