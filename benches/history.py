#!/usr/bin/env python3
"""Times `blurt scan --history` on repositories against git, and asks git whether what it says is so.

    cargo build --release && python3 benches/history.py REPO [REPO ...] [--runs N] [--checks M]

REPO is a work tree or a git directory. For each there are four parts:

figures     blurt and `git cat-file --batch-all-objects --batch --unordered`, which only unpacks all
            objects, run in turn, after a warm-up: CPU time (user and system; the minimum of the
            runs), their ratio, wall time, peak memory, and wall time with one thread against two.
            Goals: ratio at most 0.75 from 150,000 blobs on and 1.0 below; two threads 1.6 times as
            fast as one; peak at most the packs and their indexes and 300 MB.
sameness    The report with one thread and with two, and with every blob searched in full
            (`--history-full`) instead of along the deltas: equal to the byte.
as files    The files of HEAD, and of some commits by `--seed`, scanned as a folder: what that finds
            in a path, a commit up to it must have brought in there; for HEAD, it is what the report
            says of `in_head`. And what was brought in behind HEAD and is gone from there, a
            commit behind HEAD must have taken out.
attribution For M findings, spread over the rules and over the report by `--seed`, what the report
            says of commits, against what git says. For all findings, that `first_seen` is the least
            date of the places, and `last_seen` not before it.

A finding is checked so. Its value is read from the repository: the place in a file of a commit that
the report names (columns are code points; a byte order mark is none). All such places must hold the
same value, end with the characters that the masked value shows, and be found again when blurt is
given that one file. Then, for up to `--paths` of its paths, `git cat-file` gives the version of the
path in every single commit of the repository, and so whether the value stands there. From that
follows, without any of blurt's code:

- A commit brings it in if it has it and no parent has it.
- A commit takes it out if it lacks it, a parent has it, and no parent that lacks it ever had it
  before: such a parent took it out itself, and a merge only agrees.
- Each that brought it in comes with those behind it that took it out, up to the first on every way.

This must be exactly what the report says. Where it is not, each version that holds the value is
given to blurt by itself: a rule also goes by what stands around a value, and a text may keep the
value and lose that. If everything agrees then, it counts as agreement, marked "by rule".

Also `git log --full-history --all -m -S` is asked, limited to the path. It goes by how often the
value occurs, and lists a merge if that differs from any parent, so the same is worked out from the
versions; the two lists must be equal. Thus the versions, and what git itself says of changes, hold
each other up. Names and dates of authors, `in_head`, and the `last_seen` of findings with one path
are compared, too.

Values are never printed. `git log -S` gets them as an argument, so that others on this machine can
see them while it runs; `--no-pickaxe` leaves it out. Where objects are missing git may refuse; that
is counted as not asked. Paths with line feeds, and values with NUL, are passed over.

The exit status is 1 if something disagrees; goals that are missed are only marked.
"""
import argparse
import collections
import datetime
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from timing import timed

BLURT = pathlib.Path(__file__).resolve().parent.parent / "target/release/blurt"
HISTORY = ["scan", "--history", "--progress", "never", "-f", "json"]
PLAIN = os.environ | {
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1",
    # Ages are counted until then.
    "SOURCE_DATE_EPOCH": "1800000000",
}
BOM = b"\xef\xbb\xbf"


class Git:
    """What git says of a repository."""

    def __init__(self, path):
        self.path = path
        self.graph()
        self.reachable = set(self.lines("rev-list", "--all"))
        head = self.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        self.head = head.stdout.decode().strip() or None

    def run(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run(["git", "-C", self.path, *arguments], env=PLAIN, **options)

    def lines(self, *arguments):
        return self.run(*arguments).stdout.decode().split("\n")[:-1]

    def check(self, names):
        """The id and the kind of each object; `None` for what is not there."""
        with tempfile.TemporaryFile() as given:
            given.writelines(name + b"\n" for name in names)
            given.seek(0)
            answer = self.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=given)
        for line in answer.stdout.split(b"\n")[:-1]:
            # Of what is missing, the name is repeated, which may hold blanks.
            words = line.split(b" ")
            known = len(words) == 2 and len(words[0]) in (40, 64) and words[1] != b"missing"
            yield (words[0].decode(), words[1].decode()) if known else None

    def read(self, ids):
        """The bytes of each object; `None` for what is not there."""
        with tempfile.TemporaryFile() as given:
            given.writelines(id.encode() + b"\n" for id in ids)
            given.seek(0)
            command = ["git", "-C", self.path, "cat-file", "--batch"]
            with subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, env=PLAIN) as git:
                for head in iter(git.stdout.readline, b""):
                    words = head.split()
                    if len(words) == 3:
                        yield git.stdout.read(int(words[2]))
                        git.stdout.read(1)
                    else:
                        yield None

    def graph(self):
        """All commits, parents first, with the parents that are there."""
        all_objects = "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"
        of_type = (line.split() for line in self.lines(*all_objects))
        ids = [words[1] for words in of_type if words[0] == "commit"]
        parents, self.committed = {}, {}
        for id, bytes in zip(ids, self.read(ids)):
            headers = bytes.split(b"\n\n", 1)[0].split(b"\n")
            parents[id] = [h[7:].decode() for h in headers if h.startswith(b"parent ")]
            of_committer = next(h for h in headers if h.startswith(b"committer "))
            self.committed[id] = int(of_committer.rsplit(b"> ", 1)[1].split()[0])
        self.parents = {id: [p for p in parents[id] if p in parents] for id in ids}
        waiting = {id: len(known) for id, known in self.parents.items()}
        children = collections.defaultdict(list)
        for id, known in self.parents.items():
            for parent in known:
                children[parent].append(id)
        self.order = [id for id in ids if waiting[id] == 0]
        for id in self.order:
            for child in children[id]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    self.order.append(child)

    def history(self, commit):
        """A commit and all behind it."""
        seen, open = set(), [commit]
        while open:
            commit = open.pop()
            if commit not in seen:
                seen.add(commit)
                open += self.parents[commit]
        return seen

    def versions(self, path):
        """The blob at a path in each commit that has one there."""
        names = (id.encode() + b":" + path for id in self.order)
        found = zip(self.order, self.check(names))
        return {id: what[0] for id, what in found if what and what[1] == "blob"}

    def authors(self, ids):
        """Author and date of commits, as reports write them."""
        form = "--format=%H%x00%an <%ae>%x00%at"
        log = "log", "--no-walk=unsorted", "--stdin", "-z", "--encoding=UTF-8", "--no-mailmap", form
        answer = self.run(*log, input="".join(id + "\n" for id in sorted(ids)).encode())
        words = answer.stdout.decode(errors="replace").split("\0")
        return {
            id: (author, date(int(seconds)))
            for id, author, seconds in zip(words[0::3], words[1::3], words[2::3])
        }

    def pickaxe(self, value, path):
        """The commits that change how often a value occurs in a path, or `None`."""
        log = "log", "--full-history", "--all", "-m", "--no-renames", "--no-textconv", "--format=%H"
        answer = self.run(*log, b"-S" + value, "--", path)
        return set(answer.stdout.decode().split()) if answer.returncode == 0 else None


def date(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Figures


def pack_bytes(path):
    answer = subprocess.run(
        ["git", "-C", path, "rev-parse", "--git-path", "objects/pack"],
        stdout=subprocess.PIPE, check=True,
    )
    folder = pathlib.Path(path, answer.stdout.decode().rstrip("\n"))
    return sum(f.stat().st_size for f in folder.iterdir() if f.suffix in (".pack", ".idx"))


def goal(met):
    return "" if met else " (goal missed)"


def figures(blurt, path, runs):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        scan = [blurt, *HISTORY, "-q", "-o", report]
        kinds = {
            "blurt": scan,
            "git": ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered"],
            "one": [*scan, "-j1"],
            "two": [*scan, "-j2"],
        }
        seen = collections.defaultdict(list)
        for n in range(runs + 1):
            for kind, command in kinds.items():
                used = timed(command, path, PLAIN)
                if n > 0:
                    seen[kind].append(used)
        # Read by another program: what this one has in memory counts in what it starts.
        read = "import json, sys; print(json.load(open(sys.argv[1]))['coverage']['blobs'])"
        blobs = int(subprocess.check_output([sys.executable, "-c", read, report]))
    least = {kind: [min(figure) for figure in zip(*used)] for kind, used in seen.items()}
    peak = max(figure[2] for figure in seen["blurt"])
    ratio, threads = least["blurt"][0] / least["git"][0], least["one"][1] / least["two"][1]
    room = pack_bytes(path) + 300e6
    print(f"{path}: {blobs:,} blobs")
    print(f"  blurt {least['blurt'][0]:.2f} s CPU, {least['blurt'][1]:.2f} s; "
          f"git {least['git'][0]:.2f} s CPU, {least['git'][1]:.2f} s; "
          f"ratio {ratio:.2f}{goal(ratio <= (0.75 if blobs >= 150_000 else 1.0))}")
    print(f"  one thread {least['one'][1]:.2f} s, two {least['two'][1]:.2f} s: "
          f"{threads:.2f} times as fast{goal(threads >= 1.6)}")
    print(f"  peak {peak / 1e6:.0f} MB of {room / 1e6:.0f} MB{goal(peak <= room)}", flush=True)


# Sameness


def scan(blurt, path, *more):
    command = [blurt, *HISTORY, "--min-confidence", "low", *more]
    answer = subprocess.run(
        command, cwd=path, env=PLAIN, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if answer.returncode not in (0, 1):
        sys.exit(f"{path}: blurt ended with {answer.returncode}")
    return answer.stdout


def sameness(blurt, path):
    """The report, and whether all ways to make it agree."""
    report, same = scan(blurt, path, "-j2"), True
    parsed = json.loads(report)
    known = {finding["fingerprint"]: finding for finding in parsed["findings"]}
    for name, more in [("-j1", ["-j1"]), ("--history-full", ["-j2", "--history-full"])]:
        other = scan(blurt, path, *more)
        if other == report:
            continue
        same = False
        other = {finding["fingerprint"]: finding for finding in json.loads(other)["findings"]}
        differing = sorted(f for f in known.keys() | other.keys() if known.get(f) != other.get(f))
        print(f"  {name} gives another report; {len(differing)} findings differ: "
              f"{' '.join(differing[:10])}")
    digest = hashlib.sha256(report).hexdigest()[:16]
    print(f"  -j1, -j2 and --history-full: {'equal' if same else 'NOT EQUAL'}; "
          f"{len(known)} findings, {len(report):,} bytes, SHA-256 {digest}…", flush=True)
    return parsed, same


# Attribution


def in_file(place):
    """Whether a place is one in a file of a commit, as it is written there."""
    path = place["path"] or "\n"
    return place["commit"] and not place["via"] and "\n" not in path and "\ufffd" not in path


def cut(text, place):
    """What stands at a place of a text."""
    lines = text.removeprefix(BOM).decode(errors="surrogateescape").split("\n")
    first, last = place["start_line"] - 1, place["end_line"] - 1
    if last >= len(lines):
        return b""
    lines = lines[first:last + 1]
    lines[-1] = lines[-1][:place["end_column"] - 1]
    lines[0] = lines[0][place["start_column"] - 1:]
    return "\n".join(lines).encode(errors="surrogateescape")


def spread(findings, checks, seed):
    """Some findings, of as many rules as there are."""
    by_rule, chance = collections.defaultdict(list), random.Random(seed)
    for finding in findings:
        if any(in_file(place) for place in finding["locations"]):
            by_rule[finding["rule"]].append(finding)
    rules = sorted(by_rule)
    chance.shuffle(rules)
    for rule in rules:
        chance.shuffle(by_rule[rule])
    chosen = []
    while len(chosen) < checks and any(by_rule.values()):
        chosen += [by_rule[rule].pop() for rule in rules if by_rule[rule]]
    return chosen[:checks]


def bits(mask):
    while mask:
        least = mask & -mask
        yield least.bit_length() - 1
        mask ^= least


def events(git, holding):
    """For each commit that brings a value in, those that take it out; given those that hold it."""
    brought, removed = [], []
    # For each commit, which were behind it: of those that brought it in, and that were removed.
    behind, gone = {}, {}
    for id in git.order:
        parents = git.parents[id]
        seen = lost = 0
        for parent in parents:
            seen |= behind[parent]
            lost |= gone[parent]
        if id in holding:
            if not any(parent in holding for parent in parents):
                seen |= 1 << len(brought)
                brought.append(id)
                removed.append(set())
        elif any(parent in holding for parent in parents):
            if not any(behind[parent] for parent in parents if parent not in holding):
                for n in bits(seen & ~lost):
                    removed[n].add(id)
                lost = seen
        behind[id], gone[id] = seen, lost
    return dict(zip(brought, removed))


class Check:
    """What the report says of some findings, against git."""

    def __init__(self, blurt, path, report, options):
        self.blurt, self.options = blurt, options
        self.git = Git(path)
        self.report = report
        self.known_versions = {}
        self.count = collections.Counter()
        self.authors = {}
        self.wrong = 0

    def say(self, finding, what, commit="", path=""):
        where = " ".join(filter(None, [commit, path]))
        print(f"  {finding['fingerprint']} {finding['rule']} {where}: {what}", flush=True)

    def fail(self, *what):
        self.wrong += 1
        self.say(*what)

    def alone(self, text, path):
        """The fingerprints and places that blurt finds in one file."""
        command = [self.blurt, "scan", "--stdin", "--path", path, "-f", "json",
                   "--min-confidence", "low", "--progress", "never"]
        with tempfile.TemporaryDirectory() as folder:
            answer = subprocess.run(
                command, input=text, cwd=folder, env=PLAIN, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return {
            finding["fingerprint"]: {(p["start_line"], p["start_column"]) for p in
                                     finding["locations"]}
            for finding in json.loads(answer.stdout)["findings"]
        }

    def all(self):
        self.names()
        for finding in self.report["findings"]:
            self.dates(finding)
        self.gone()
        self.commits_as_files()
        chosen = spread(self.report["findings"], self.options.checks, self.options.seed)
        self.authors_of(chosen)
        for finding in chosen:
            self.finding(finding)
        count, rules = self.count, len({finding["rule"] for finding in chosen})
        print(f"  {len(chosen)} findings of {rules} rules, {count['paths']} paths with "
              f"{count['versions']:,} versions: brought in by {count['brought']} commits "
              f"({count['brought by merge']} merges), taken out by {count['removed']} "
              f"({count['removed by merge']} merges); {count['other merges']} merges of a side with "
              f"it and one without that are neither")
        print(f"  paths that agree {count['agree']}, by rule {count['by rule']}, that disagree "
              f"{count['disagree']}; git log -S agrees {count['pickaxe']}, not asked "
              f"{count['no pickaxe']}; disagreements in all {self.wrong}", flush=True)
        return self.wrong == 0

    def names(self):
        """Paths are named from the root of the repository, as the scan was started there."""
        outside = 0
        for finding in self.report["findings"]:
            for place in finding["locations"]:
                if place["path"] and place["commit"] and place["path"].startswith("../"):
                    outside += 1
                    place["path"] = place["path"].removeprefix("../")
        if outside:
            self.wrong += 1
            print(f"  {outside} places have a path that begins with ../ (passed over below)")

    def dates(self, finding):
        first, last = (finding["exposure"][name] for name in ("first_seen", "last_seen"))
        dates = [place["date"] for place in finding["locations"] if place["date"]]
        if first != min(dates, default=None):
            self.fail(finding, f"first_seen is {first}, the least date {min(dates, default=None)}")
        if (last or "") < (first or ""):
            self.fail(finding, f"last_seen is {last}, before first_seen, {first}")

    def files(self, commit):
        """The fingerprints and paths that blurt finds in the files of a commit, as a folder."""
        entries = self.git.run("ls-tree", "-r", "-z", "--full-tree", commit).stdout.split(b"\0")
        entries = [entry.split(b"\t", 1) for entry in entries[:-1]]
        files = [(what.split()[2].decode(), path) for what, path in entries if what[:2] == b"10"]
        with tempfile.TemporaryDirectory() as folder:
            for (_, path), text in zip(files, self.git.read(id for id, _ in files)):
                file = os.path.join(folder.encode(), path)
                os.makedirs(os.path.dirname(file), exist_ok=True)
                with open(file, "wb") as written:
                    written.write(text or b"")
            command = [self.blurt, "scan", "--no-ignore", "-f", "json", "--min-confidence", "low",
                       "--progress", "never", "."]
            answer = subprocess.run(command, cwd=folder, env=PLAIN, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL)
        return {
            (finding["fingerprint"], place["path"]): finding
            for finding in json.loads(answer.stdout)["findings"]
            for place in finding["locations"] if place["path"] and not place["via"]
        }

    def gone(self):
        """What was brought in behind HEAD and is not in HEAD must have been taken out on the way."""
        if not self.git.head:
            return
        behind, gone, lost = self.git.history(self.git.head), 0, 0
        for finding in self.report["findings"]:
            for place in finding["locations"]:
                if not in_file(place) or place["commit"] not in behind or place["in_head"]:
                    continue
                gone += 1
                if not any(removed["commit"] in behind for removed in place["removed"]):
                    lost += 1
                    self.fail(finding, "gone from HEAD, and no commit behind HEAD took it out",
                              place["commit"], place["path"])
        print(f"  {gone} places are gone from HEAD, {lost} of them though no commit behind HEAD took "
              f"them out")

    def commits_as_files(self):
        """What stands in the files of a commit, as a folder, must be in the report."""
        git, in_head, brought = self.git, {}, collections.defaultdict(set)
        for finding in self.report["findings"]:
            for place in finding["locations"]:
                if place["path"] and place["commit"] and not place["via"]:
                    brought[finding["fingerprint"], place["path"]].add(place["commit"])
                    if place["in_head"]:
                        in_head[finding["fingerprint"], place["path"]] = finding
        others = [commit for commit in git.order if commit != git.head]
        count = min(self.options.trees, len(others))
        commits = random.Random(self.options.seed).sample(others, count)
        secrets = missing = 0
        for commit in filter(None, [git.head, *commits]):
            behind, found = git.history(commit), self.files(commit)
            secrets += len(found)
            for (fingerprint, path), finding in sorted(found.items(), key=lambda item: item[0]):
                if not brought[fingerprint, path] & behind:
                    missing += 1
                    self.fail(finding, "in the files, and no commit up to it brings it in", commit,
                              path)
            if commit != git.head:
                continue
            for key in sorted(found.keys() ^ in_head.keys()):
                if key in in_head:
                    self.fail(in_head[key], "in_head, not in the files", commit, key[1])
                elif brought[key] & behind:
                    self.fail(found[key], "in the files, not in_head", commit, key[1])
        print(f"  HEAD and {count} commits as files: {secrets} secrets in paths, of which the history "
              f"lacks {missing}", flush=True)

    def authors_of(self, chosen):
        commits = [(finding, commit) for finding in chosen for place in finding["locations"]
                   if in_file(place) for commit in [place, *place["removed"]]]
        self.authors = self.git.authors({commit["commit"] for _, commit in commits})
        told = set()
        for finding, commit in commits:
            says, id = (commit["author"], commit["date"]), commit["commit"]
            if says != self.authors.get(id) and id not in told:
                told.add(id)
                self.fail(finding, f"author and date {says}, git says {self.authors.get(id)}", id)

    def finding(self, finding):
        places = [place for place in finding["locations"] if in_file(place)]
        names = [f"{place['commit']}:{place['path']}".encode() for place in places]
        blobs = [what and what[0] for what in self.git.check(names)]
        texts = list(self.git.read(blob or "missing" for blob in blobs))
        value = cut(texts[0] or b"", places[0]) if texts else b""
        if not value:
            self.fail(finding, "nothing there", places[0]["commit"], places[0]["path"])
            return
        # Passwords show nothing of their end, but a remark behind it.
        tail = finding["secret"].rpartition("*")[2].encode() if "*" in finding["secret"] else b""
        if not tail.startswith(b" ") and not value.endswith(tail):
            self.fail(finding, "the value does not end as the masked one", places[0]["commit"])
        for place, text in zip(places, texts):
            if cut(text or b"", place) != value:
                self.fail(finding, "another value there", place["commit"], place["path"])
        first = places[0]
        alone = self.alone(texts[0], first["path"]).get(finding["fingerprint"], set())
        if (first["start_line"], first["start_column"]) not in alone:
            self.fail(finding, "not found in the file alone", first["commit"], first["path"])
        paths = sorted({place["path"] for place in places})
        random.Random(self.options.seed).shuffle(paths)
        for path in paths[:self.options.paths]:
            self.path(finding, value, path, [p for p in places if p["path"] == path])

    def path(self, finding, value, path, places):
        git, count = self.git, self.count
        if path not in self.known_versions:
            self.known_versions[path] = git.versions(path.encode())
        versions = self.known_versions[path]
        blobs = sorted(set(versions.values()))
        often = {blob: (text or b"").count(value) for blob, text in zip(blobs, git.read(blobs))}
        count["paths"] += 1
        count["versions"] += len(blobs)
        says = collections.defaultdict(set)
        for place in places:
            says[place["commit"]].add(frozenset(r["commit"] for r in place["removed"]))
        for commit, removed in says.items():
            if len(removed) > 1:
                self.fail(finding, "two places with other removals", commit, path)
        says = {commit: set(removed.pop()) for commit, removed in says.items()}
        holding = {commit for commit, blob in versions.items() if often[blob]}
        expected, how = events(git, holding), "agree"
        if says != expected:
            by_text, how = expected, "by rule"
            with_value = [blob for blob in blobs if often[blob]]
            texts = zip(with_value, git.read(with_value))
            found = {blob for blob, text in texts
                     if finding["fingerprint"] in self.alone(text, path)}
            holding = {commit for commit, blob in versions.items() if blob in found}
            expected = events(git, holding)
            if says == expected:
                self.say(finding, f"by rule: {len(found)} of {len(with_value)} versions with the "
                         f"value; by the value alone {sum(by_text.get(c) != r for c, r in says.items())}"
                         f" of {len(says)} commits and {len(by_text.keys() - says)} more", "", path)
        if says != expected:
            how = "disagree"
            for commit in sorted(says.keys() | expected.keys()):
                ours, theirs = says.get(commit), expected.get(commit)
                if ours != theirs:
                    self.fail(finding, f"blurt: {removals(ours)}; git: {removals(theirs)}", commit,
                              path)
        count[how] += 1
        self.merges(says, holding)
        if git.head and any(place["in_head"] != (git.head in holding) for place in places):
            self.fail(finding, f"in_head, git says {git.head in holding}", git.head, path)
        self.last_seen(finding, path, holding)
        if not self.options.no_pickaxe:
            self.pickaxe(finding, value, path, versions, often)

    def merges(self, says, holding):
        git, count = self.git, self.count
        merge = {id for id, parents in git.parents.items() if len(parents) > 1}
        removed = set().union(*says.values())
        count["brought"] += len(says)
        count["brought by merge"] += len(merge & says.keys())
        count["removed"] += len(removed)
        count["removed by merge"] += len(merge & removed)
        mixed = {id for id in merge if len({parent in holding for parent in git.parents[id]}) > 1}
        count["other merges"] += len(mixed - says.keys() - removed)

    def last_seen(self, finding, path, holding):
        """Of a finding with one path: it is the date of the newest commit that holds it."""
        if {place["path"] for place in finding["locations"]} != {path} or not holding:
            return
        if any(place["via"] or not place["commit"] for place in finding["locations"]):
            return
        newest = max(self.git.committed[id] for id in holding)
        newest = [id for id in holding if self.git.committed[id] == newest]
        dates = {date for _, date in self.git.authors(newest).values()}
        self.count["last_seen"] += 1
        last = finding["exposure"]["last_seen"]
        if last not in dates:
            self.fail(finding, f"last_seen is {last}, git says {dates}", newest[0], path)

    def pickaxe(self, finding, value, path, versions, often):
        git = self.git
        answer = None if b"\0" in value or len(value) > 100_000 else git.pickaxe(value, path)
        if answer is None:
            self.count["no pickaxe"] += 1
            return
        expected = set()
        for id in git.reachable:
            befores = [versions.get(parent) for parent in git.parents[id]] or [None]
            now = often.get(versions.get(id), 0)
            if any(often.get(before, 0) != now for before in befores):
                expected.add(id)
        if answer == expected:
            self.count["pickaxe"] += 1
        for id in sorted(answer ^ expected)[:5]:
            who = "only git log -S" if id in answer else "only the versions"
            self.fail(finding, f"{who} has it as a change", id, path)


def removals(commits):
    if commits is None:
        return "does not bring it in"
    return f"brings it in, removed by {' '.join(sorted(commits)) or 'none'}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repos", nargs="+", metavar="REPO")
    parser.add_argument("--runs", type=int, default=5, help="rounds of the figures; 0 for none")
    parser.add_argument("--checks", type=int, default=20, help="findings to ask git about")
    parser.add_argument("--paths", type=int, default=3, help="at most so many paths of each")
    parser.add_argument("--trees", type=int, default=5, help="commits to scan as files besides HEAD")
    parser.add_argument("--seed", default="blurt")
    parser.add_argument("--no-pickaxe", action="store_true", help="do without git log -S")
    parser.add_argument("--blurt", type=pathlib.Path, default=BLURT, help="the program to look at")
    options = parser.parse_args()
    blurt, right = options.blurt.resolve(), True
    # First for all: memory that the checks take would count in the peak of what they start.
    for path in options.repos if options.runs else []:
        figures(blurt, path, options.runs)
    for path in options.repos:
        print(path)
        report, same = sameness(blurt, path)
        right &= Check(blurt, path, report, options).all() and same
    sys.exit(not right)


if __name__ == "__main__":
    main()
