#!/usr/bin/env python3
"""Times blurt against its peers on trees, histories and staged changes, for docs/benchmarks.md.

    cargo build --release && python3 benches/peers/run.py [--runs N] [--threads 1,2]
        [--tree [NAME=]PATH] [--history [NAME=]REPO ...] [--modes tree,history,staged]
    python3 benches/peers/run.py --from target/peers/results.json

Installs the peers from PyPI and crates.io into target/peers/, makes what they scan, and runs them
in turn, round by round, after one warm-up. What cannot be installed, and a mode that blurt does not
have yet, is named and left out. Needs Python 3.11.4, git, pip and npm; cargo for what is source.
Figures go to target/peers/results.json after each corpus, and as tables into docs/benchmarks.md,
between its two marks; the text around them stays. `--from` writes the tables again without a run.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import corpora
import install
import machine
import report
import tools

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLOUR, TELLING = re.compile(r"\x1b\[[0-9;]*m"), re.compile(r"(?i)\b(fatal|error|err|ftl)\b")
# What else in the environment would change what a tool does or where it looks.
STEERING = ("GIT_", "GITLEAKS_", "BETTERLEAKS_", "KF_", "KINGFISHER_", "BLURT_", "RIPGREP_")


def environment(folder):
    """The environment of a run: none of the tools' own settings, their caches below the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(STEERING)}
    return {**kept, "XDG_CACHE_HOME": str(folder / "cache"), "NO_COLOR": "1",
            "GIT_NO_LAZY_FETCH": "1", "KF_RULE_CACHE_DIR": str(folder / "cache/kingfisher")}


def complaint(errors, places):
    """The first line that tells what went wrong, without colours and the paths of this machine."""
    text = COLOUR.sub("", errors.read_text(errors="replace"))
    for place, name in places.items():
        text = text.replace(str(place), name)
    said = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in said if TELLING.search(line)]
    return (telling or said or ["it said nothing"])[0][:120]


def measured(words, folder, variables):
    """What `measure.py` says. It is told to end, and ends the tool, when this program is."""
    process = subprocess.Popen([sys.executable, "-I", "-S", str(HERE / "measure.py"), *words],
                               cwd=folder, env=variables, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        said, wrong = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return process.returncode, said, wrong


def run(tool, corpus, scratch, settings):
    """One run of one tool: its figures, or why it failed."""
    found, errors = scratch / "report.json", scratch / "errors"
    found.unlink(missing_ok=True)
    stdout = found if tool.writes_to_stdout(corpus.mode) else os.devnull
    still = scratch / "empty"
    still.mkdir(exist_ok=True)
    command = tool.command(corpus.mode, corpus.path, found)
    status, said, wrong = measured([str(settings.limit), str(stdout), str(errors), *command],
                                   still, environment(settings.folder))
    if status != 0:
        last = wrong.strip().splitlines() or ["no reason given"]
        return {"failed": f"could not be started: {last[-1][:120]}"}
    figures = json.loads(said)
    if figures.pop("expired"):
        return {**figures, "failed": f"not done after {settings.limit:g} s"}
    if figures["status"] not in tool.passes or (tool.quiet and errors.stat().st_size > 0):
        places = {corpus.path: "CORPUS", scratch: "SCRATCH", settings.folder: "PEERS"}
        why = f"ended with {figures['status']}: {complaint(errors, places)}"
        return {**figures, "failed": why}
    if tool.is_floor:
        return figures
    try:
        read = tool.read(found)
    except (OSError, ValueError, LookupError, TypeError, tools.Incomplete) as error:
        why = f"ended with {figures['status']} and no whole report: {type(error).__name__}"
        return {**figures, "failed": why}
    return {**figures, "findings": read.findings, "note": read.note or noted(read)}


def noted(read):
    return "" if read.findings else "found nothing"


def measure(corpus, contenders, settings):
    """All rounds on one corpus.

    A tool that failed is not run again. One that took long in the warm-up isn't either, and that
    run counts: what a warm-up adds is little beside it.
    """
    runs, over = [], set()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(settings.runs + 1):
            for tool in contenders:
                if tool.name in over:
                    continue
                figures = run(tool, corpus, pathlib.Path(folder), settings)
                print(progress(corpus, tool, number, figures), flush=True)
                if "failed" in figures or (number == 0 and figures["wall"] > settings.patience):
                    over.add(tool.name)
                if number > 0 or tool.name in over:
                    runs.append({"tool": tool.name, "round": number, **figures})
    return runs


def progress(corpus, tool, number, figures):
    turn = f"round {number}" if number else "warm-up"
    what = figures.get("failed") or f"{figures['cpu']:.2f} s CPU, {figures['wall']:.2f} s"
    return f"{corpus.mode} {corpus.name}, {turn}, {tool.name}: {what}"


def contenders(settings):
    """The tools that are here, and the lines on what was left out."""
    listed = tools.peers(settings.folder)
    wanted = settings.tools.split(",") if settings.tools else None
    if wanted:
        listed = [tool for tool in listed if tool.name in wanted]
    missing = install.install(settings.folder, listed)
    left_out = [f"{name} is left out: {why}" for name, why in missing.items()]
    here = [tool for tool in tools.peers(settings.folder)
            if tool.name in {one.name for one in listed} and tool.name not in missing]
    rg = install.ripgrep(settings.folder)
    if not rg:
        left_out.append("rg is left out, so trees have no floor: it could not be installed")
    ours, refused = tools.blurt(settings.blurt, settings.threads)
    left_out += [f"blurt is left out of {mode}: this binary has no `--{mode}`"
                 for mode in refused if mode in settings.modes]
    return [*tools.floors(rg), *ours, *here], left_out


def made(settings):
    """What is scanned, and the lines on what could not be made."""
    folder = settings.folder / "corpora"
    folder.mkdir(parents=True, exist_ok=True)
    makers = {
        tools.TREE: lambda: corpora.trees(folder, settings.tree),
        tools.HISTORY: lambda: corpora.histories(folder, settings.history),
        tools.STAGED: lambda: corpora.staged(folder),
    }
    found, left_out = [], []
    for mode in settings.modes:
        try:
            found += makers[mode]()
        except corpora.Unavailable as error:
            left_out.append(f"{mode} is left out: {error}")
    return found, left_out


def figures(settings):
    """All that is measured, as it goes to results.json."""
    present, without = contenders(settings)
    scanned, unmade = made(settings)
    results = {
        "schema": 1,
        "date": datetime.date.today().isoformat(),
        "machine": machine.describe(),
        "runs": settings.runs,
        "limit": settings.limit,
        "left_out": without + unmade,
        "tools": [describe(tool) for tool in present],
        "corpora": [],
    }
    for line in results["left_out"]:
        print(line, flush=True)
    for corpus in scanned:
        able = [tool for tool in present if corpus.mode in tool.commands]
        results["corpora"].append({
            "mode": corpus.mode, "name": corpus.name, "about": corpus.about,
            "runs": measure(corpus, able, settings),
        })
        (settings.folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return results


def describe(tool):
    return {
        "name": tool.name,
        "version": tool.version(),
        "origin": str(tool.origin) if tool.origin else None,
        "floor": tool.is_floor,
        "commands": {mode: tool.shown(mode) for mode in tool.commands},
    }


def modes(text):
    asked = text.split(",")
    unknown = [mode for mode in asked if mode not in tools.MODES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(tools.MODES)}")
    return asked


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--modes", type=modes, default=list(tools.MODES), metavar="A,B",
                        help="which of tree, history, staged (all)")
    parser.add_argument("--runs", type=int, default=5, help="rounds after the warm-up (5)")
    parser.add_argument("--threads", default=[], metavar="A,B",
                        type=lambda text: [int(number) for number in text.split(",")],
                        help="run blurt also with these numbers of threads")
    parser.add_argument("--tools", metavar="A,B", help="these peers only, by name")
    parser.add_argument("--tree", metavar="[NAME=]PATH", help="a tree instead of that of packages")
    parser.add_argument("--history", metavar="[NAME=]REPO", action="append", default=[],
                        help="a repository instead of the one made by script; repeatable")
    parser.add_argument("--limit", type=float, default=900, help="seconds for one run (900)")
    parser.add_argument("--patience", type=float, default=120,
                        help="a tool that takes more seconds than this is run once only (120)")
    parser.add_argument("--blurt", type=pathlib.Path, default=ROOT / "target/release/blurt",
                        help="the binary (target/release/blurt)")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target/peers",
                        help="for the peers, what they scan, and the results (target/peers)")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs/benchmarks.md",
                        help="where the tables go (docs/benchmarks.md)")
    parser.add_argument("--from", type=pathlib.Path, metavar="FILE", dest="source",
                        help="write the tables from these results; nothing is run")
    return parser.parse_args()


def main():
    settings = arguments()
    report.check(settings.document)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    if settings.source:
        results = json.loads(settings.source.read_text())
    else:
        settings.folder, settings.blurt = settings.folder.resolve(), settings.blurt.resolve()
        if not settings.blurt.is_file():
            sys.exit(f"there is no {settings.blurt}: cargo build --release, or say --blurt FILE")
        settings.folder.mkdir(parents=True, exist_ok=True)
        results = figures(settings)
    report.replace(settings.document, results)
    print(f"wrote {settings.document}")


if __name__ == "__main__":
    main()
