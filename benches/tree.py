#!/usr/bin/env python3
"""Times `blurt scan` on a tree against ripgrep looking for one word in it: the floor of reading it.

    cargo build --release && python3 benches/tree.py TREE [TREE ...] [--runs N]

The two run in turn, after a warm-up. What counts is CPU time (user and system), the minimum of the
runs, and their ratio; wall time moves with whatever else the machine does. Also prints the peak
memory, and the time from start to exit on one small file. Goals: ratio at most 3.0, peak under
100 MB, start to exit under 5 ms of CPU. With `--tenth` also times all rules against every tenth of
them (passwords and URLs, which all files pay for, in both): the number of rules shall not show, at
most 1.2 times. Needs `rg` on the PATH; everything else is Python.
"""
import argparse
import json
import pathlib
import subprocess
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


def tenth(path, rounds):
    listed = subprocess.run([BLURT, "rules", "list", "-f", "json"], capture_output=True, check=True)
    rules = json.loads(listed.stdout)
    general = ("command-lines.toml", "config-files.toml", "http.toml", "passwords.toml", "urls.toml")
    everywhere = [rule["id"] for rule in rules if rule["file"] in general]
    others = [rule["id"] for rule in rules if rule["file"] not in general]
    chosen = [part for rule in others[::10] + everywhere for part in ("--rule", rule)]
    scan = [BLURT, "scan", "--no-ignore", "--quiet", "--progress", "never"]
    pairs = [(timed([*scan, path]), timed([*scan, *chosen, path])) for _ in range(rounds)]
    (whole, *_), (part, *_) = (minimum(runs) for runs in zip(*pairs))
    print(f"{path}: {len(rules)} rules {whole:.2f} s CPU, {len(chosen) // 2} of them {part:.2f} s; "
          f"ratio {whole / part:.2f}")


def start(rounds):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "a.py").write_text("name = 'nothing to find here'\n")
        cpu, wall, _ = minimum([timed([BLURT, "scan", "--quiet", folder]) for _ in range(rounds)])
        print(f"start to exit on one small file: {cpu * 1e3:.1f} ms CPU, {wall * 1e3:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trees", nargs="+")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tenth", action="store_true", help="all rules against a tenth of them")
    arguments = parser.parse_args()
    for path in arguments.trees:
        tree(path, arguments.runs)
        if arguments.tenth:
            tenth(path, arguments.runs)
    start(20)


if __name__ == "__main__":
    main()
