"""What the tools scan: a tree of packages, histories, and a repository with staged changes.

All of it is made once, below the folder of the peers, and is the same on every machine: packages
have pinned versions, and repositories are written from a fixed seed.
"""
import dataclasses
import os
import pathlib
import random
import shutil
import string
import subprocess
import tarfile
import tempfile
import zipfile

from tools import HISTORY, STAGED, TREE

PYPI = [
    "ansible-core==2.18.1",
    "django==5.1.4",
    "requests==2.32.3",
    "sqlalchemy==2.0.36",
    "twisted==24.11.0",
    "werkzeug==3.1.3",
]
NPM = [
    "express@4.21.2",
    "lodash@4.17.21",
    "react-dom@18.3.1",
    "typescript@5.7.2",
    "webpack@5.97.1",
]
# What tells one scanner or another to leave files out: the tree is the same for all without.
IGNORES = {".gitignore", ".ignore", ".rgignore", ".secretsignore", ".gitleaksignore",
           ".gitleaks.toml", ".betterleaks.toml", ".betterleaksignore", ".blurt.toml"}
COMMITS, FILES = 4000, 5000
SEED = 20240229


@dataclasses.dataclass(frozen=True)
class Corpus:
    mode: str
    name: str
    path: pathlib.Path
    about: str


class Unavailable(Exception):
    """A corpus that cannot be made, with the reason."""


def named(argument):
    """The name and the path in `NAME=PATH`, or in a path alone."""
    name, equals, path = argument.partition("=")
    path = pathlib.Path(path if equals else argument).resolve()
    if not path.is_dir():
        raise Unavailable(f"{path} is not a folder")
    return (name if equals else path.name.removesuffix(".git")), path


def ran(command, cwd=None, stdin=None):
    try:
        done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True,
                              env={**os.environ, "GIT_NO_LAZY_FETCH": "1"})
    except FileNotFoundError:
        raise Unavailable(f"there is no {command[0]} here") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise Unavailable(f"{' '.join(map(str, command[:3]))}: {said[-1]}")
    return done.stdout


def git(repository, *words, stdin=None):
    return ran(["git", "-C", str(repository), *words], stdin=stdin)


# --- trees ---------------------------------------------------------------------------------------

def size(tree):
    """Files and bytes in a tree."""
    files = total = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                files += 1
                total += os.path.getsize(path)
    return files, total


def about_tree(tree):
    files, total = size(tree)
    return f"{files:,} files, {total / 1e6:,.0f} MB"


def packages(folder):
    """Wheels and tarballs of the fixed list, unpacked. Nothing of them is built or run."""
    tree, made = folder / "tree", folder / "tree.made"
    content = "\n".join([*PYPI, *NPM])
    if made.exists() and made.read_text() == content:
        return tree
    shutil.rmtree(tree, ignore_errors=True)
    python = folder.parent / "venv/bin/python"
    with tempfile.TemporaryDirectory(dir=folder) as archives:
        print("fetching packages for the tree", flush=True)
        ran([str(python), "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
             "--no-deps", "--only-binary", ":all:", "--implementation", "py", "--abi", "none",
             "--platform", "any", "--python-version", "3.12", "--dest", archives, *PYPI])
        ran(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", archives, *NPM],
            cwd=archives)
        for archive in sorted(pathlib.Path(archives).iterdir()):
            unpack(archive, tree)
    made.write_text(content)
    return tree


def unpack(archive, tree):
    target = tree / archive.name.removesuffix(".tgz").removesuffix("-py3-none-any.whl")
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(target)
    else:
        with tarfile.open(archive) as opened:
            opened.extractall(target, filter="data")
    for path in list(target.rglob(".*")):
        if path.name in IGNORES and path.is_file():
            path.unlink()


def trees(folder, argument):
    if argument:
        name, path = named(argument)
    else:
        name, path = "packages", packages(folder)
    return [Corpus(TREE, name, path, about_tree(path))]


# --- repositories by script ----------------------------------------------------------------------

class Writer:
    """Text that looks like source, and tokens that look like secrets, from a fixed seed."""
    WORDS = ("account address buffer cache channel client column config count default device entry "
             "event field filter format handle header index input item label length limit list "
             "message method model name node number object offset option order output packet page "
             "parent path pattern point policy query queue range record request result route row "
             "schema scope server session signal source state status stream string table target "
             "task text timeout token tree type update user value version view widget").split()

    def __init__(self, seed):
        self.random = random.Random(seed)

    def word(self):
        return self.random.choice(self.WORDS)

    def line(self):
        a, b, c, d = (self.word() for _ in range(4))
        return self.random.choice((
            f"def {a}_{b}({c}, {d}=None):",
            f"    {a} = {b}.{c}({self.random.randrange(1000)})",
            f"    if {a} and not {b}.{c}:",
            f"        return {{'{a}': {b}, '{c}': {d}}}",
            f"    # The {a} of a {b} is the {c} of its {d}.",
            f"    log.info('{a} of {b}: %s', {c})",
            f"{a.upper()}_{b.upper()} = '{c}-{d}'",
            "",
        ))

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def secret(self):
        def some(alphabet, length):
            return "".join(self.random.choices(alphabet, k=length))
        alphanumeric = string.ascii_letters + string.digits
        return self.random.choice((
            f"{self.word()}_token = '{'gh' + 'p_'}{some(alphanumeric, 36)}'",
            f"AWS_ACCESS_KEY_ID = '{'AK' + 'IA'}{some('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}'",
            f"SLACK = '{'xo' + 'xb'}-{some(string.digits, 12)}-{some(string.digits, 12)}-"
            f"{some(alphanumeric, 24)}'",
        ))


def blob(path, lines):
    data = "\n".join([*lines, ""]).encode()
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)


def commit(number, changes):
    """One commit for `git fast-import`."""
    message = b"Change %d" % number
    when = 1_600_000_000 + number * 3600
    return b"commit refs/heads/main\ncommitter A <a@example.com> %d +0000\ndata %d\n%s\n%s\n" % (
        when, len(message), message, b"".join(changes))


def fresh(repository, *options):
    shutil.rmtree(repository, ignore_errors=True)
    ran(["git", "init", "--quiet", "--initial-branch=main", *options, str(repository)])


def synthetic_history(folder):
    """Some thousand commits, each a few lines in a few files, with a secret now and then."""
    repository, made = folder / "synthetic.git", folder / "synthetic.made"
    content = f"{COMMITS} {SEED} 1"
    if made.exists() and made.read_text() == content:
        return repository
    fresh(repository, "--bare")
    writer = Writer(SEED)
    files = {f"src/{writer.word()}/{writer.word()}_{n}.py": writer.lines(200) for n in range(400)}
    stream = [commit(0, [blob(path, lines) for path, lines in files.items()])]
    paths = list(files)
    for number in range(1, COMMITS):
        changes = []
        for path in writer.random.sample(paths, writer.random.randint(1, 4)):
            lines = files[path]
            at = writer.random.randrange(len(lines))
            lines[at:at + writer.random.randint(0, 6)] = writer.lines(writer.random.randint(1, 8))
            if writer.random.random() < 0.01:
                lines.insert(at, writer.secret())
            changes.append(blob(path, lines))
        stream.append(commit(number, changes))
    git(repository, "fast-import", "--quiet", stdin=b"".join(stream))
    git(repository, "repack", "-a", "-d", "-q")
    made.write_text(content)
    return repository


def staged(folder):
    """5,000 files, five of them changed and staged; two of the five got a secret."""
    repository, made = folder / "staged", folder / "staged.made"
    content = f"{FILES} {SEED} 1"
    if not (made.exists() and made.read_text() == content):
        fresh(repository)
        writer = Writer(SEED)
        files = {f"src/{n % 100:02}/{writer.word()}_{n}.py": writer.lines(60) for n in range(FILES)}
        first = commit(0, [blob(path, lines) for path, lines in files.items()])
        git(repository, "fast-import", "--quiet", stdin=first)
        git(repository, "reset", "--hard", "--quiet")
        for number, path in enumerate(list(files)[::FILES // 5]):
            added = writer.lines(10) + ([writer.secret()] if number < 2 else [])
            (repository / path).write_text("\n".join([*files[path], *added, ""]))
        git(repository, "add", "--all")
        made.write_text(content)
    return [Corpus(STAGED, "synthetic", repository, f"{FILES:,} files, 5 of them staged")]


# --- histories -----------------------------------------------------------------------------------

def about_history(repository):
    commits = int(git(repository, "rev-list", "--all", "--count"))
    counts = dict(line.split(": ") for line in
                  git(repository, "count-objects", "-v").decode().splitlines() if ": " in line)
    objects = int(counts["count"]) + int(counts["in-pack"])
    kilobytes = int(counts["size"]) + int(counts["size-pack"])
    about = f"{commits:,} commits, {objects:,} objects, {kilobytes * 1.024e-3:,.0f} MB packed"
    absent = missing(repository)
    if absent:
        about += (f"; {absent:,} of the objects it should have are missing, which fails those that "
                  "read every commit as a patch")
    return about


def missing(repository):
    """How many objects the repository should have and has not: a partial copy lacks some."""
    listed = git(repository, "rev-list", "--all", "--objects", "--missing=print")
    return sum(line.startswith(b"?") for line in listed.splitlines())


def bare(repository, name, folder):
    """The repository itself when it is bare, else a bare copy, as there is no work tree to scan."""
    if git(repository, "rev-parse", "--is-bare-repository").strip() == b"true":
        return repository
    copy = folder / f"{name}.git"
    shutil.rmtree(copy, ignore_errors=True)
    ran(["git", "clone", "--quiet", "--mirror", str(repository), str(copy)])
    return copy


def histories(folder, arguments):
    if not arguments:
        repository = synthetic_history(folder)
        return [Corpus(HISTORY, "synthetic", repository, about_history(repository))]
    found = []
    for argument in arguments:
        name, path = named(argument)
        if any(name == corpus.name for corpus in found):
            raise Unavailable(f"two repositories are called {name}: say NAME={path}")
        repository = bare(path, name, folder / "clones")
        found.append(Corpus(HISTORY, name, repository, about_history(repository)))
    return found
