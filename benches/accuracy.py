#!/usr/bin/env python3
"""Measures what blurt finds, misses and reports wrongly on labelled development data.

    cargo build --release && python3 benches/accuracy.py --data DIR --clean TREE [TREE ...]

DIR (or BLURT_ACCURACY_DATA) holds any of

- `labelled*.tar.xz`, or what it holds: `data/`, files of public repositories, and `meta/`, a CSV file
  a repository with one labelled place a row, as Samsung's CredData has them;
- `examples*.jsonl` or `examples*.jsonl.xz`: short texts that a scanner should find something in
  (`"expect": "find"`), or should not (`"clean"`), one a line.

docs/accuracy.md says what is counted, and how. blurt scans each once, at `--min-confidence low`; what
the default reports is what of it has at least medium confidence. The report goes to standard output,
and between the marks of a document with `--document`. Python alone is needed.
"""
import argparse
import collections
import csv
import dataclasses
import datetime
import functools
import json
import lzma
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
# Identifiers and public values: CredData labels them, and they are no secrets.
NO_SECRETS = {"UUID", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID", "Nonce",
              "Salt"}
LEVELS = ["low", "medium", "high"]
# The operating points: name, and the least confidence that they report.
POINTS = {"default": "medium", "low": "low"}
LAYERS = ["structured", "named", "generic", "password"]
WORST = 10


def at_least(point):
    return lambda thing: LEVELS.index(thing.confidence) >= LEVELS.index(POINTS[point])


def stop(message):
    sys.exit(f"accuracy.py: {message}")


# --- blurt ---------------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Place:
    """One place of a finding. Its confidence is that of the finding: it decides what is reported."""
    path: str
    line: int
    end: int
    rule: str
    confidence: str
    fingerprint: str
    secret: str


class Blurt:
    def __init__(self, program):
        self.program = pathlib.Path(program).resolve()
        if not self.program.is_file():
            stop(f"there is no {program}: run `cargo build --release`, or name one with --blurt")

    def run(self, *words, folder=None, statuses=(0,)):
        done = subprocess.run([self.program, *words], cwd=folder, capture_output=True)
        if done.returncode not in statuses or not done.stdout:
            stop(f"blurt {' '.join(map(str, words))} ended with {done.returncode}: "
                 f"{done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    @functools.cached_property
    def version(self):
        return self.run("--version").decode().split()[-1]

    @functools.cached_property
    def layers(self):
        """The layer of each rule."""
        rules = json.loads(self.run("rules", "list", "-f", "json"))
        return {rule["id"]: rule["layer"] for rule in rules}

    def scan(self, folder, path="."):
        """All places, in order, and the bytes that were read. Stops if blurt could not look
        everywhere: figures of a part would be mistaken for those of the whole."""
        # No configuration that lies around the data may change what is found in it.
        report = json.loads(self.run(
            "scan", path, "-f", "json", "--min-confidence", "low", "--no-ignore", "--progress",
            "never", "--config", os.devnull, folder=folder, statuses=(0, 1, 2)))
        for skip in report["coverage"]["skipped"]:
            stop(f"blurt could not look at {folder}/{skip['path']}: it {skip['reason']}")
        places = [place(finding, location) for finding in report["findings"]
                  for location in finding["locations"]]
        return sorted(places, key=lambda p: (p.path, p.line, p.end, p.rule, p.fingerprint)), \
            report["coverage"]["bytes"]


def place(finding, location):
    start, end = location["start_line"], location["end_line"]
    # A finding ends before its last column.
    end = max(start, end - 1 if location["end_column"] == 1 else end)
    return Place(location["path"], start, end, finding["rule"], finding["confidence"],
                 finding["fingerprint"], finding["secret"])


# --- the data ------------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Row:
    """A labelled place of a real file."""
    id: str
    path: str
    line: int
    end: int
    secret: bool
    categories: tuple


class Data:
    """The development data below a folder; what has to be written for a scan goes to `work`."""

    def __init__(self, folder, work):
        self.folder, self.work = pathlib.Path(folder), pathlib.Path(work).resolve()
        if not self.folder.is_dir():
            stop(f"{folder} is no folder")

    @functools.cached_property
    def labelled(self):
        """The folder with `data` and `meta`, if there is one."""
        for folder in [self.folder, self.work]:
            if (folder / "data").is_dir() and (folder / "meta").is_dir():
                return folder
        archives = sorted(self.folder.glob("labelled*.tar.xz"))
        if not archives:
            return None
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            with tarfile.open(archives[0]) as archive:
                archive.extractall(folder, filter="data")
            for name in ["data", "meta"]:
                shutil.move(os.path.join(folder, name), self.work / name)
        return self.work

    @functools.cached_property
    def rows(self):
        rows = []
        for path in sorted((self.labelled / "meta").glob("*.csv")):
            with open(path, newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    rows.append(Row(row["Id"], row["FilePath"], int(row["LineStart"]),
                                    int(row["LineEnd"]), row["GroundTruth"] == "T",
                                    tuple(row["Category"].split(":"))))
        return rows

    @functools.cached_property
    def examples(self):
        for path in sorted(self.folder.glob("examples*.jsonl*")):
            opened = lzma.open if path.suffix == ".xz" else open
            with opened(path, "rt", encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.strip()]
        return []

    def write_examples(self):
        """One file an example, in a folder with its number."""
        folder = self.work / "accuracy-examples"
        shutil.rmtree(folder, ignore_errors=True)
        for n, example in enumerate(self.examples):
            name = (example.get("filename") or "sample.txt").lstrip("/")
            path = folder / f"{n:05}" / name
            if ".." in path.parts:
                stop(f"example {example['id']} leaves its folder: {name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            text = example["text"]
            text = text if text.endswith("\n") else text + "\n"
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return folder


def lines(folder, row):
    """The text of a labelled place, for a developer."""
    try:
        text = (folder / row.path).read_bytes().decode("utf-8", "replace").split("\n")
    except OSError as error:
        return f"({error.strerror})"
    return "\n".join(text[row.line - 1:row.end])[:1000]


# --- labelled lines ------------------------------------------------------------------------------

@dataclasses.dataclass
class Score:
    """What places hit: rows that are secrets, rows that are none, and no row at all. A row counts
    once. A place on a secret's line is right, whatever else is labelled there."""
    found: set
    wrong: set
    unlabelled: set

    def of(self, rows):
        """Found, missed and wrong among some rows."""
        secrets = {row.id for row in rows if row.secret}
        others = {row.id for row in rows if not row.secret}
        return Figures(len(self.found & secrets), len(secrets - self.found),
                       len(self.wrong & others))


@dataclasses.dataclass(frozen=True)
class Figures:
    found: int
    missed: int
    wrong: int

    @property
    def precision(self):
        return share(self.found, self.found + self.wrong)

    @property
    def recall(self):
        return share(self.found, self.found + self.missed)

    @property
    def f1(self):
        return share(2 * self.found, 2 * self.found + self.wrong + self.missed)

    def json(self):
        return {**dataclasses.asdict(self), "precision": self.precision, "recall": self.recall,
                "f1": self.f1}


def share(part, whole):
    return round(part / whole, 4) if whole else None


class Labelled:
    """The rows, and which of them places hit."""

    def __init__(self, rows):
        self.by_path = collections.defaultdict(list)
        for row in rows:
            self.by_path[row.path].append(row)
        self.ignored = {row.id for row in rows if set(row.categories) <= NO_SECRETS}
        self.rows = [row for row in rows if row.id not in self.ignored]

    def touched(self, place):
        return [row for row in self.by_path.get(place.path, ())
                if row.line <= place.end and place.line <= row.end]

    def score(self, places):
        score = Score(set(), set(), set())
        for place in places:
            name = place.path.rpartition("/")[2].upper()
            if name.startswith(("LICENSE", "COPYING")):
                continue
            touched = self.touched(place)
            right = [row for row in touched if row.secret]
            if not touched:
                score.unlabelled.add((place.path, place.line, place.end))
            hit = score.found if right else score.wrong
            hit.update(row.id for row in right or touched if row.id not in self.ignored)
        return score


def lines_measured(labelled, places, layers):
    """Figures of the labelled lines at one operating point."""
    score = labelled.score(places)

    def part(key, of):
        own = [place for place in places if key(place) == of]
        own_score = labelled.score(own)
        return {**own_score.of(labelled.rows).json(), "unlabelled": len(own_score.unlabelled)}

    categories = sorted({category for row in labelled.rows for category in row.categories})
    rules = sorted({place.rule for place in places})
    return {
        "overall": {**score.of(labelled.rows).json(), "unlabelled": len(score.unlabelled)},
        "categories": {category: score.of([row for row in labelled.rows
                                           if category in row.categories]).json()
                       for category in categories},
        "layers": {layer: part(lambda place: layers.get(place.rule), layer) for layer in LAYERS},
        "rules": {rule: part(lambda place: place.rule, rule) for rule in rules},
    }, score


# --- examples ------------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Judged:
    """An example, and what was found in it at one operating point."""
    example: dict
    places: tuple

    @property
    def hit(self):
        """Whether the secret was found (a line beside it is good enough), or there was an alarm."""
        expected = self.expected()
        if expected is None:
            return bool(self.places)
        return any(place.line - 1 <= last and first <= place.end + 1
                   for place in self.places for first, last in expected)

    def expected(self):
        """The lines of the secret, if they are known."""
        secret, text = self.example.get("secret"), self.example["text"]
        if self.example["expect"] != "find" or not secret:
            return None
        found, at = [], text.find(secret)
        while at >= 0:
            first = text.count("\n", 0, at) + 1
            found.append((first, first + secret.count("\n")))
            at = text.find(secret, at + 1)
        return found or None


def judged(examples, places):
    by_number = collections.defaultdict(list)
    for place in places:
        by_number[int(place.path.split("/")[0])].append(place)
    return [Judged(example, tuple(by_number[n])) for n, example in enumerate(examples)]


def is_core(one):
    return one.example["expect"] == "find" and one.example["tier"] == "core"


def is_clean(tier):
    return lambda one: one.example["expect"] == "clean" and one.example["tier"] == tier


def hits(chosen):
    chosen = list(chosen)
    count = sum(one.hit for one in chosen)
    return {"hit": count, "of": len(chosen), "share": share(count, len(chosen))}


def examples_measured(all_judged):
    """Figures of the examples at one operating point."""
    core = [one for one in all_judged if is_core(one)]

    def by(key):
        names = sorted({one.example.get(key) or "" for one in core})
        return {name: hits(one for one in core if (one.example.get(key) or "") == name)
                for name in names}

    return {
        "core": hits(core),
        "clean": hits(filter(is_clean("clean"), all_judged)),
        "soft": hits(filter(is_clean("soft"), all_judged)),
        "sources": by("source"),
        "providers": by("provider"),
    }


# --- clean trees ---------------------------------------------------------------------------------

@dataclasses.dataclass
class Tree:
    """A tree in which no live secret stands, and what was reported in it."""
    name: str
    places: list
    bytes: int


def trees_measured(trees, point):
    def figures(chosen, size):
        kept = [place for place in chosen if at_least(point)(place)]
        values = {place.fingerprint for place in kept}
        return {"places": len(kept), "values": len(values), "bytes": size,
                "places_per_mb": round(len(kept) / size * 1e6, 2) if size else None,
                "values_per_mb": round(len(values) / size * 1e6, 2) if size else None}

    measured = {tree.name: figures(tree.places, tree.bytes) for tree in trees}
    everything = [place for tree in trees for place in tree.places]
    measured["all"] = figures(everything, sum(tree.bytes for tree in trees))
    return measured


# --- the measure ---------------------------------------------------------------------------------

class Measure:
    """Everything that was found, and the figures of it."""

    def __init__(self, blurt, data, clean):
        self.data, self.layers = data, blurt.layers
        self.labelled = self.lines = None
        if data.labelled:
            self.labelled = Labelled(data.rows)
            self.lines, _ = blurt.scan(data.labelled, "data")
        self.found = blurt.scan(data.write_examples())[0] if data.examples else None
        if not (self.labelled or self.found is not None):
            stop(f"{data.folder} has neither labelled files nor examples; --help says what they are")
        if len({tree.name for tree in clean} - {"all"}) < len(clean):
            stop("clean trees need names of their own, and none may be called `all`")
        self.trees = [Tree(tree.name, *blurt.scan(tree)) for tree in clean]
        self.at = {point: self.point(point) for point in POINTS}
        self.results = {"blurt": blurt.version, "rules": len(blurt.layers),
                        "date": datetime.date.today().isoformat(), **self.figures()}

    def point(self, point):
        """Figures, score of lines and judged examples at one operating point."""
        keep = at_least(point)
        figures, score, examples = {}, None, []
        if self.labelled:
            kept = list(filter(keep, self.lines))
            figures["lines"], score = lines_measured(self.labelled, kept, self.layers)
        if self.found is not None:
            examples = judged(self.data.examples, filter(keep, self.found))
            figures["examples"] = examples_measured(examples)
        if self.trees:
            figures["clean"] = trees_measured(self.trees, point)
        return figures, score, examples

    def figures(self):
        """Both points, and by id what each of them hit, for a comparison."""
        return {"points": {point: figures for point, (figures, _, _) in self.at.items()},
                "hit": {point: self.hit(point) for point in POINTS}}

    def hit(self, point):
        """By id, with a word to each for the reader."""
        _, score, examples = self.at[point]
        hit = {}
        if score:
            rows = {row.id: f"{row.path}:{row.line} ({':'.join(row.categories)})"
                    for row in self.labelled.rows}
            hit["secrets found"] = {id: rows[id] for id in sorted(score.found)}
            hit["lines reported wrongly"] = {id: rows[id] for id in sorted(score.wrong)}
        if self.found is not None:
            hit["core examples found"] = {one.example["id"]: one.example.get("provider") or ""
                                          for one in examples if is_core(one) and one.hit}
            hit["alarms on examples"] = {one.example["id"]: one.example["tier"] for one in examples
                                         if one.example["expect"] == "clean" and one.hit}
        if self.trees:
            hit["places in clean trees"] = {
                f"{tree.name}/{place.path}:{place.line} {place.rule}": place.secret
                for tree in self.trees for place in tree.places if at_least(point)(place)}
        return hit

    def misses(self):
        """What should be found and is not by default, with its text."""
        _, low, examples_low = self.at["low"]
        _, score, examples = self.at["default"]
        if score:
            for row in self.labelled.rows:
                if row.secret and row.id not in score.found:
                    yield {"what": "line", **dataclasses.asdict(row), "found_at_low":
                           row.id in low.found, "text": lines(self.data.labelled, row)}
        for one, at_low in zip(examples, examples_low):
            if is_core(one) and not one.hit:
                yield {"what": "example", **one.example, "found_at_low": at_low.hit}

    def alarms(self):
        """What should not be found and is at low confidence, with its text, rules and confidences."""
        _, score, examples = self.at["low"]
        said = lambda places: sorted({f"{place.rule} {place.confidence}" for place in places})
        if score:
            touching = collections.defaultdict(list)
            for place in self.lines:
                for row in self.labelled.touched(place):
                    touching[row.id].append(place)
            for row in self.labelled.rows:
                if row.id in score.wrong:
                    yield {"what": "line", **dataclasses.asdict(row), "rules":
                           said(touching[row.id]), "text": lines(self.data.labelled, row)}
        for one in examples:
            if one.example["expect"] == "clean" and one.hit:
                yield {"what": "example", **one.example, "rules": said(one.places)}
        for tree in self.trees:
            for place in tree.places:
                yield {"what": "clean tree", "tree": tree.name, **dataclasses.asdict(place)}


# --- the report ----------------------------------------------------------------------------------

def table(head, rows, names=1):
    """A table in Markdown; all but some first columns are figures."""
    marks = ["---" if n < names else "---:" for n in range(len(head))]
    return "\n".join("| " + " | ".join(cell(word) for word in line) + " |"
                     for line in [head, marks, *rows])


def cell(word):
    return "-" if word is None else str(word).replace("|", "\\|").replace("<", "&lt;")


def percent(share):
    return "-" if share is None else f"{share * 100:.1f} %"


def quality(figures):
    return [percent(figures[name]) for name in ["precision", "recall", "f1"]]


def counted(figures):
    return [f"{figures['hit']:,} of {figures['of']:,}", percent(figures["share"])]


BOTH = list(POINTS)


def twice(*words):
    """Columns of the default, and the same of low confidence."""
    return [*words, *(f"low: {word}" for word in words)]


def report(measure, all_places):
    results = measure.results
    points = results["points"]
    parts = [f"Measured on {results['date']}: blurt {results['blurt']} with {results['rules']:,} rules."]
    if measure.labelled:
        parts += lines_report({point: points[point]["lines"] for point in BOTH}, measure)
    if measure.found is not None:
        parts += examples_report({point: points[point]["examples"] for point in BOTH})
    if measure.trees:
        parts += clean_report({point: points[point]["clean"] for point in BOTH})
        if all_places:
            parts += places_report(measure.trees)
    return "\n\n".join(parts)


def lines_report(points, measure):
    rows = measure.labelled.rows
    files, secrets = len({row.path for row in rows}), sum(row.secret for row in rows)
    overall = [[point, *(f"{one[name]:,}" for name in ["found", "missed", "wrong"]), *quality(one),
                f"{one['unlabelled']:,}"]
               for point, one in ((point, points[point]["overall"]) for point in BOTH)]
    default, low = points["default"], points["low"]
    order = sorted(low["categories"], key=lambda name: (-in_all(default, name), name))
    categories = [[name, in_all(default, name), *kinds(default, name), *kinds(low, name)]
                  for name in order if in_all(low, name) or low["categories"][name]["wrong"]]
    layers = [[layer, *parts_of(default["layers"][layer]), *parts_of(low["layers"][layer])]
              for layer in LAYERS]
    worst = sorted(low["rules"], key=lambda rule: (-low["rules"][rule]["wrong"], rule))
    nothing = {"found": 0, "wrong": 0, "unlabelled": 0, "precision": None}
    rules = [[f"`{rule}`", measure.layers.get(rule, ""),
              *parts_of(default["rules"].get(rule, nothing)), *parts_of(low["rules"][rule])]
             for rule in worst[:2 * WORST] if low["rules"][rule]["wrong"]]
    both = twice("found", "wrong", "unlabelled", "precision")
    return [
        "### Labelled lines",
        f"{files:,} files, {len(rows):,} labelled places, {secrets:,} of them secrets.",
        table(["threshold", "found", "missed", "wrong", "precision", "recall", "F1",
               "on unlabelled lines"], overall),
        "#### By category",
        table(["category", "secrets", *twice("found", "wrong", "precision", "recall", "F1")],
              categories),
        "#### By layer of the rule",
        "What the rules of one layer find by themselves.",
        table(["layer", *both], layers),
        "#### By rule, the worst by wrong places",
        table(["rule", "layer", *both], rules, names=2),
    ]


def in_all(point, category):
    return point["categories"][category]["found"] + point["categories"][category]["missed"]


def kinds(point, category):
    one = point["categories"][category]
    return [one["found"], one["wrong"], *quality(one)]


def parts_of(one):
    return [one["found"], one["wrong"], one["unlabelled"], percent(one["precision"])]


def examples_report(points):
    default, low = points["default"], points["low"]
    titles = {"core": "core examples found", "clean": "alarms on clean examples",
              "soft": "alarms on near-misses"}
    overall = [[title, *counted(default[key]), *counted(low[key])]
               for key, title in titles.items()]
    sources = [[name, *counted(default["sources"][name]), *counted(low["sources"][name])]
               for name in sorted(low["sources"], key=lambda name: (-low["sources"][name]["of"], name))]
    missed = lambda name: default["providers"][name]["of"] - default["providers"][name]["hit"]
    worst = sorted(default["providers"], key=lambda name: (-missed(name), name))[:WORST]
    providers = [[name or "(none)", missed(name), *counted(default["providers"][name]),
                  *counted(low["providers"][name])] for name in worst if missed(name)]
    head = twice("found", "share")
    return [
        "### Examples",
        table(["", *twice("hit", "share")], overall),
        "#### By source of the core examples",
        table(["source", *head], sources),
        f"#### By provider, the worst {WORST} by misses",
        table(["provider", "missed", *head], providers),
    ]


def clean_report(points):
    rows = []
    for name in points["default"]:
        default, low = points["default"][name], points["low"][name]
        rows.append([name, f"{default['bytes'] / 1e6:.1f}",
                     *(one[key] for one in [default, low]
                       for key in ["places", "places_per_mb", "values", "values_per_mb"])])
    head = twice("places", "a MB", "values", "values a MB")
    return ["### Clean trees", table(["tree", "MB", *head], rows)]


def places_report(trees):
    """Each value once, with its first place, for reading by hand."""
    rows = []
    for tree in trees:
        values = collections.defaultdict(list)
        for place in tree.places:
            values[place.fingerprint].append(place)
        for first, *more in values.values():
            rows.append([f"{tree.name}/{first.path}:{first.line}", f"`{first.rule}`",
                         first.confidence, f"`{first.secret}`", len(more) or ""])
    order = {level: n for n, level in enumerate(reversed(LEVELS))}
    rows.sort(key=lambda row: (order[row[2]], row[0], row[1]))
    return ["#### Places in clean trees",
            table(["first place", "rule", "confidence", "value, masked", "more places"], rows, 4)]


def differences(before, after):
    """The figures of two runs side by side, and by id what is hit now and was not, or no longer."""
    parts = [f"# From blurt {before['blurt']} of {before['date']} ({before['rules']} rules) "
             f"to {after['blurt']} of {after['date']} ({after['rules']} rules)",
             table(["", "before", "now"], list(side_by_side(before["points"], after["points"])))]
    for point in BOTH:
        for what, now in after["hit"][point].items():
            was = before["hit"][point].get(what)
            if was is None:
                parts.append(f"## {point}: {what}\n\nNot measured before.")
                continue
            gained, lost = sorted(now.keys() - was.keys()), sorted(was.keys() - now.keys())
            if gained or lost:
                told = [f"+ {id}  {now[id]}" for id in gained] + [f"- {id}  {was[id]}" for id in lost]
                parts.append(f"## {point}: {what}\n\n{len(was):,} before, {len(now):,} now: "
                             f"{len(gained):,} more, {len(lost):,} no longer\n\n" + "\n".join(told))
    return "\n\n".join(parts)


def side_by_side(before, after):
    """The main figures that both runs have."""
    main = [("lines", "overall", key, percent) for key in ["precision", "recall", "f1"]]
    main += [("examples", key, "share", percent) for key in ["core", "clean", "soft"]]
    main += [("clean", "all", key, str) for key in ["places_per_mb", "values_per_mb"]]
    for point in BOTH:
        for part, group, key, shown in main:
            try:
                was, now = (run[point][part][group][key] for run in [before, after])
            except KeyError:
                continue
            yield [f"{point}: {part}, {group}, {key}", shown(was), shown(now)]


# --- files ---------------------------------------------------------------------------------------

def write_json(path, results):
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_lines(path, records):
    with open(path, "w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_corpus(data, folder):
    """The labelled files as `blurt rules test --corpus` takes them. Files are linked where they can
    be, and copied where not."""
    def link(source, target):
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)

    if not data.labelled:
        stop(f"{data.folder} has no labelled files to make a corpus of")
    if folder.exists():
        stop(f"{folder} exists already")
    shutil.copytree(data.labelled / "data", folder / "data", copy_function=link)
    write_lines(folder / "labels.jsonl",
                ({"path": row.path, "start_line": row.line, "end_line": row.end,
                  "secret": row.secret} for row in Labelled(data.rows).rows))


def check(document):
    """Stops when there is no place for the report, before anything is measured."""
    text = document.read_text(encoding="utf-8") if document.is_file() else ""
    if END not in text.partition(BEGIN)[2]:
        stop(f"{document} has no {BEGIN} and {END} to put the figures between")


def replace(document, text):
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    document.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    path = pathlib.Path
    parser.add_argument("--data", type=path, default=os.environ.get("BLURT_ACCURACY_DATA"),
                        help="the development data (BLURT_ACCURACY_DATA)")
    parser.add_argument("--blurt", type=path, default=ROOT / "target/release/blurt",
                        help="the program to measure (target/release/blurt)")
    parser.add_argument("--clean", type=path, nargs="+", default=[], metavar="TREE",
                        help="trees without a live secret")
    parser.add_argument("--places", action="store_true",
                        help="list each value that is reported in them, masked")
    parser.add_argument("--work", type=path,
                        help="where data is unpacked, to be kept for the next run (a temporary folder)")
    parser.add_argument("--document", type=path, help="put the report between the marks of this file")
    parser.add_argument("--json", type=path, metavar="FILE", help="write the results, to compare with")
    parser.add_argument("--against", type=path, metavar="FILE",
                        help="print what differs from these results instead of the report")
    parser.add_argument("--misses", type=path, metavar="FILE",
                        help="write what is missed, with its text, as JSON Lines")
    parser.add_argument("--alarms", type=path, metavar="FILE",
                        help="write what is wrong, with its text, as JSON Lines")
    parser.add_argument("--corpus", type=path, metavar="OUT",
                        help="only write the labelled files as a corpus for `blurt rules test --corpus`")
    chosen = parser.parse_args()
    if not chosen.data:
        parser.error("--data DIR or BLURT_ACCURACY_DATA says where the development data is")
    if chosen.document:
        check(chosen.document)
    return chosen


def run(chosen, work):
    data = Data(chosen.data, work)
    if chosen.corpus:
        return write_corpus(data, chosen.corpus)
    before = json.loads(chosen.against.read_text(encoding="utf-8")) if chosen.against else None
    measure = Measure(Blurt(chosen.blurt), data, [tree.resolve() for tree in chosen.clean])
    text = report(measure, chosen.places)
    print(differences(before, measure.results) if before else text)
    if chosen.document:
        replace(chosen.document, text)
    if chosen.json:
        write_json(chosen.json, measure.results)
    if chosen.misses:
        write_lines(chosen.misses, measure.misses())
    if chosen.alarms:
        write_lines(chosen.alarms, measure.alarms())


def main():
    chosen = arguments()
    if chosen.work:
        chosen.work.mkdir(parents=True, exist_ok=True)
        return run(chosen, chosen.work)
    with tempfile.TemporaryDirectory() as work:
        run(chosen, work)


if __name__ == "__main__":
    main()
