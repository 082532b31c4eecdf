#!/usr/bin/env python3
"""Times `blurt scan` on a tree against ripgrep looking for one word in it: the floor of reading it.

    cargo build --release && python3 benches/tree.py TREE [TREE ...] [--runs N]

The two run in turn, after a warm-up. What counts is CPU time (user and system), the minimum of the
runs, and their ratio; wall time moves with whatever else the machine does. Also prints the peak
memory, and the time from start to exit on one small file. Goals: ratio at most 3.0, peak under
100 MB, start to exit under 5 ms of CPU. Needs `rg` on the PATH; everything else is Python.
"""
import argparse
import pathlib
import tempfile

from timing import minimum, timed

BLURT = pathlib.Path(__file__).resolve().parent.parent / "target/release/blurt"


def tree(path, rounds):
    blurt = [BLURT, "scan", "--no-ignore", "--quiet", "--progress", "never", path]
    floor = ["rg", "-c", "--no-ignore", "--hidden", "-a", "ZZZQQ", path]
    ours, theirs = [], []
    for n in range(rounds + 1):
        a, b = timed(blurt), timed(floor)
        if n > 0:
            ours.append(a)
            theirs.append(b)
    (cpu, wall, _), (floor_cpu, floor_wall, _) = minimum(ours), minimum(theirs)
    peak = max(figure[2] for figure in ours) / 1e6
    print(f"{path}: blurt {cpu:.2f} s CPU, {wall:.2f} s, peak {peak:.0f} MB; "
          f"rg {floor_cpu:.2f} s CPU, {floor_wall:.2f} s; ratio {cpu / floor_cpu:.2f}")


def start(rounds):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "a.py").write_text("name = 'nothing to find here'\n")
        cpu, wall, _ = minimum([timed([BLURT, "scan", "--quiet", folder]) for _ in range(rounds)])
        print(f"start to exit on one small file: {cpu * 1e3:.1f} ms CPU, {wall * 1e3:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trees", nargs="+")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    for path in arguments.trees:
        tree(path, arguments.runs)
    start(20)


if __name__ == "__main__":
    main()
