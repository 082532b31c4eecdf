#!/usr/bin/env python3
"""Runs the steps of action.yml as GitHub's runner does, on pull requests and pushes that it plants.

    tests/action.py [PROGRAM]

PROGRAM is the blurt to run; without it, cargo builds one. Needs git, bash and PyYAML. The actions that
action.yml uses are not run: what they are given is looked at, and the cache is one of this file.
"""

import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
# Git as the person of this machine set it up must not matter.
CLEAN = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": f"ann{at}" for who in ("AUTHOR", "COMMITTER")
       for what, at in (("NAME", ""), ("EMAIL", "@example.org"))},
}
BLURT = None


def secret(seed):
    """An access key ID that nobody ever had."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "AKIA" + "".join(random.Random(seed).choices(letters, k=16))


class Expression:
    """An expression of GitHub's, as far as action.yml uses them:
    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions"""

    TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(&&|\|\||==|!=|!|\(|\))|([A-Za-z_][\w.-]*))")
    WORDS = {"&&": "and", "||": "or", "!": "not"}

    def __init__(self, text):
        self.names, words, at = [], [], 0
        text = text.strip()
        while at < len(text):
            token = self.TOKEN.match(text, at)
            assert token, text[at:]
            string, operator, name = token.groups()
            at = token.end()
            if string:
                words.append(repr(string[1:-1].replace("''", "'")))
            elif operator:
                words.append(self.WORDS.get(operator, operator))
            elif text[at:at + 2] == "()":
                words.append(f"status[{name!r}]")
                at += 2
            else:
                words.append(f"value[{len(self.names)}]")
                self.names.append(name)
        self.code = " ".join(words)

    def evaluate(self, contexts, status):
        values = []
        for name in self.names:
            value = contexts
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            values.append("" if value is None else value)
        return eval(self.code, {"value": values, "status": status})  # noqa: S307 (it is made above)


def fill(text, contexts):
    """Puts the values of expressions into a text."""
    def value(match):
        return str(Expression(match[1]).evaluate(contexts, {}))
    return re.sub(r"\$\{\{(.*?)\}\}", value, str(text))


class Run:
    """A run of the action in a workspace."""

    def __init__(self, world, workspace, event_name, event, inputs=None, cache=None):
        self.workspace, self.cache, self.log = workspace, {} if cache is None else cache, ""
        self.temp = Path(tempfile.mkdtemp(prefix="temp ", dir=world))
        self.used, self.outputs, self.failed, self.conclusions = [], {}, False, {}
        given = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
        given.update({"blurt": str(BLURT)} if inputs is None else inputs)
        files = {f"GITHUB_{name}": self.temp / f"_{name.lower()}"
                 for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")}
        payload = self.temp / "_event.json"
        payload.write_text(json.dumps(event))
        self.files = files
        self.environment = {
            **CLEAN, **{name: str(path) for name, path in files.items()},
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(payload), "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "HOME": str(self.temp),
        }
        self.contexts = {
            "inputs": given, "steps": {},
            "github": {"event_name": event_name, "event": event, "repository": "acme/shop"},
        }

    def go(self, environment=None):
        self.environment.update(environment or {})
        for step in ACTION["runs"]["steps"]:
            status = {"success": not self.failed, "failure": self.failed, "always": True, "cancelled": False}
            condition = step.get("if", "success()").strip().removeprefix("${{").removesuffix("}}")
            if not any(f"{name}()" in condition for name in status):
                condition = f"success() && ({condition})"
            if not Expression(condition).evaluate(self.contexts, status):
                continue
            outputs = self.use(step) if "uses" in step else self.script(step)
            self.contexts["steps"][step.get("id", step["name"])] = {"outputs": outputs}
        for name, spec in ACTION["outputs"].items():
            self.outputs[name] = fill(spec["value"], self.contexts)
        return self

    def use(self, step):
        assert PINNED.fullmatch(step["uses"]), step["uses"]
        given = {name: fill(value, self.contexts) for name, value in step["with"].items()}
        action = step["uses"].split("@")[0]
        self.used.append((action, given))
        if action == "actions/cache/restore":
            if given["key"] in self.cache:
                shutil.copytree(self.cache[given["key"]], given["path"])
                return {"cache-hit": "true"}
        elif action == "actions/cache/save":
            self.cache[given["key"]] = given["path"]
        return {}

    def script(self, step):
        assert step["shell"] == "bash" and "${{" not in step["run"], step["name"]
        script = self.temp / "_step.sh"
        script.write_text(step["run"])
        self.files["GITHUB_OUTPUT"].write_text("")
        given = {name: fill(value, self.contexts) for name, value in step.get("env", {}).items()}
        folder = self.workspace / fill(step.get("working-directory", "."), self.contexts)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)], cwd=folder, text=True,
            env={**self.environment, **given}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.log += done.stdout
        self.conclusions[step["name"]] = done.returncode
        self.failed |= done.returncode != 0
        lines = self.files["GITHUB_OUTPUT"].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self):
        path = self.files["GITHUB_STEP_SUMMARY"]
        return path.read_text() if path.exists() else ""

    @property
    def annotations(self):
        return [line for line in self.log.splitlines() if re.match(r"::(error|warning|notice) ", line)]

    @property
    def results(self):
        return json.loads(Path(self.outputs["sarif"]).read_text())["runs"][0]["results"]

    def uploads(self):
        return [given for action, given in self.used if action.endswith("upload-sarif")]


class Repository:
    """A repository on a server, and a clone of it to write in."""

    def __init__(self, world):
        self.world, self.server, self.clone = world, world / "shop.git", world / "clone"
        self.git(world, "init", "--quiet", "--bare", "--initial-branch=main", self.server)
        self.git(world, "clone", "--quiet", self.server, self.clone)
        self.git(self.clone, "switch", "--quiet", "--create", "main")
        for day in range(3):
            self.commit(f"day {day}", {"README.md": f"A shop, as of day {day}.\n", "src/a.txt": "a\n"})
        self.push("main")

    def git(self, folder, *arguments):
        command = ["git", "-c", "protocol.file.allow=always", *map(str, arguments)]
        done = subprocess.run(command, cwd=folder, env=CLEAN, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message, files):
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git(self.clone, "add", "--all")
        self.git(self.clone, "commit", "--quiet", f"--message={message}")
        return self.head()

    def head(self, revision="HEAD"):
        return self.git(self.clone, "rev-parse", revision)

    def push(self, *refs):
        self.git(self.clone, "push", "--quiet", "--force", "origin", *refs)

    def pull_request(self, *commits, fork=False):
        """Plants a pull request, and answers with the ref to check out and the event. The branch of a
        fork is no branch of the server."""
        base = self.head("main")
        self.git(self.clone, "switch", "--quiet", "--create", "change")
        for files in commits:
            self.commit("change", files)
        head = self.head()
        self.git(self.clone, "switch", "--quiet", "--detach", "main")
        self.git(self.clone, "merge", "--quiet", "--no-ff", "--message=merge", "change")
        self.push("HEAD:refs/pull/1/merge", "change:refs/pull/1/head")
        if not fork:
            self.push("change")
        self.git(self.clone, "switch", "--quiet", "main")
        ours, theirs = {"id": 1, "full_name": "acme/shop"}, {"id": 2, "full_name": "jane/shop"}
        event = {
            "repository": {"default_branch": "main"},
            "before": "f" * 40,
            "pull_request": {
                "number": 1, "merged_at": None,
                "base": {"ref": "main", "sha": base, "repo": ours},
                "head": {"ref": "change", "sha": head, "repo": theirs if fork else ours},
            },
        }
        return "refs/pull/1/merge", event

    def checkout(self, ref, depth):
        """A checkout as actions/checkout makes it, without credentials:
        https://github.com/actions/checkout/blob/main/src/ref-helper.ts"""
        workspace = Path(tempfile.mkdtemp(prefix="work space ", dir=self.world))
        commit = self.git(self.server, "rev-parse", ref)
        self.git(workspace, "init", "--quiet")
        self.git(workspace, "remote", "add", "origin", f"file://{self.server}")
        self.git(workspace, "config", "--local", "gc.auto", "0")
        tracking = ref.replace("refs/heads/", "refs/remotes/origin/").replace("refs/pull/", "refs/remotes/pull/")
        refs = [f"+{commit}:{tracking}"]
        if depth == 0:
            refs = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", *refs[ref.startswith("refs/heads/"):]]
        limit = [f"--depth={depth}"] if depth else []
        self.git(workspace, "fetch", "--quiet", "--no-tags", "--prune", *limit, "origin", *refs)
        self.git(workspace, "checkout", "--quiet", "--force", tracking)
        return workspace


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="blurt action ")
        self.addCleanup(folder.cleanup)
        self.world = Path(folder.name)
        self.repository = Repository(self.world)

    def run_action(self, ref, event, depth=1, name="pull_request", inputs=None, cache=None, environment=None):
        workspace = self.repository.checkout(ref, depth)
        if inputs is not None and "blurt" not in inputs and "version" not in inputs:
            inputs = {"blurt": str(BLURT), **inputs}
        return Run(self.world, workspace, name, event, inputs, cache).go(environment)

    def finds(self, run, path, key):
        """Asserts that the run has found `key`, at `path` and nothing else, and shows it to nobody."""
        self.assertEqual((run.outputs["status"], run.failed), ("1", True), run.log)
        places = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run.results]
        self.assertEqual(places, [path], run.log)
        self.assertEqual(len(run.annotations), 1, run.log)
        self.assertIn(path, run.annotations[0])
        self.assertIn(path, run.summary)
        for text in (run.log, run.summary, Path(run.outputs["sarif"]).read_text()):
            self.assertNotIn(key, text)


class PullRequests(Case):
    def leak(self, key):
        """A secret that comes with one commit and goes with the next."""
        return {"src/key.env": f"AWS_ACCESS_KEY_ID={key}\n"}, {"src/key.env": "AWS_ACCESS_KEY_ID=\n"}

    def test_a_secret_of_a_commit_in_between_is_found_whatever_the_depth(self):
        ref, event = self.repository.pull_request(*self.leak(secret(1)))
        for depth in (0, 1, 2):
            with self.subTest(depth=depth):
                self.finds(self.run_action(ref, event, depth), "src/key.env", secret(1))

    def test_nothing_is_fetched_that_is_there(self):
        ref, event = self.repository.pull_request(*self.leak(secret(2)))
        workspace = self.repository.checkout(ref, 0)
        self.repository.git(workspace, "remote", "set-url", "origin", "file:///nowhere")
        run = Run(self.world, workspace, "pull_request", event).go()
        self.finds(run, "src/key.env", secret(2))
        self.assertNotIn("could not fetch", run.log)

    def test_the_commits_of_a_fork_are_fetched(self):
        ref, event = self.repository.pull_request(*self.leak(secret(3)), fork=True)
        self.finds(self.run_action(ref, event), "src/key.env", secret(3))

    def test_a_request_need_not_be_checked_out(self):
        _, event = self.repository.pull_request(*self.leak(secret(9)), fork=True)
        for depth in (0, 1):
            run = self.run_action("refs/heads/main", event, depth, "pull_request_target")
            self.finds(run, "src/key.env", secret(9))

    def test_without_a_secret_it_succeeds(self):
        ref, event = self.repository.pull_request({"src/a.txt": "b\n"})
        for depth in (0, 1):
            run = self.run_action(ref, event, depth)
            self.assertEqual((run.outputs["status"], run.failed), ("0", False), run.log)
            self.assertEqual((run.results, run.annotations), ([], []), run.log)

    def test_a_change_cannot_let_itself_pass(self):
        marked = {"src/key.env": f"KEY={secret(4)} # blurt:allow * -- trust me\n",
                  ".blurt.toml": '[scan]\nexclude = ["**"]\n'}
        ref, event = self.repository.pull_request(marked)
        self.finds(self.run_action(ref, event), "src/key.env", secret(4))

    def test_what_cannot_be_fetched_is_never_green(self):
        ref, event = self.repository.pull_request(*self.leak(secret(5)))
        for lenient in ("true", "false"):
            workspace = self.repository.checkout(ref, 1)
            self.repository.git(workspace, "remote", "set-url", "origin", "file:///nowhere")
            inputs = {"blurt": str(BLURT), "fail-on-findings": lenient}
            run = Run(self.world, workspace, "pull_request", event, inputs).go()
            self.assertEqual((run.outputs["status"], run.failed), ("2", True), run.log)
            self.assertEqual(run.conclusions["Fetch the history"], 0, run.log)
            self.assertIn("git fetch", run.log)

    def test_findings_need_not_fail(self):
        ref, event = self.repository.pull_request(*self.leak(secret(6)))
        run = self.run_action(ref, event, inputs={"fail-on-findings": "false"})
        self.assertEqual((run.outputs["status"], run.failed, len(run.results)), ("1", False, 1), run.log)

    def test_a_folder_and_a_file_can_be_named(self):
        ref, event = self.repository.pull_request(*self.leak(secret(7)))
        run = self.run_action(ref, event, inputs={"working-directory": "src", "sarif": "out report.sarif"})
        self.assertTrue(run.outputs["sarif"].startswith(str(run.workspace)), run.outputs)
        self.assertTrue(run.outputs["sarif"].endswith("/out report.sarif"), run.outputs)
        self.assertEqual((run.outputs["status"], len(run.results)), ("1", 1), run.log)

    def test_arguments_are_split_and_never_executed(self):
        ref, event = self.repository.pull_request(*self.leak(secret(8)))
        run = self.run_action(ref, event, inputs={"args": "--exclude **\n  --quiet\n"})
        self.assertEqual((run.outputs["status"], run.results), ("0", []), run.log)
        for hostile in ("$(touch pwned)", "`touch pwned`", "; touch pwned", "' ; touch pwned '", "*", "\\"):
            run = self.run_action(ref, event, inputs={"args": hostile})
            self.assertEqual((run.outputs["status"], run.failed), ("2", True), run.log)
            self.assertEqual([*run.workspace.rglob("pwned"), *run.temp.rglob("pwned")], [])

    def test_the_report_of_an_earlier_run_is_not_taken_for_that_of_this_one(self):
        ref, event = self.repository.pull_request({"src/a.txt": "b\n"})
        old = self.world / "old.sarif"
        old.write_text("{}")
        run = self.run_action(ref, event, inputs={"args": "--no-such-option", "sarif": str(old)})
        self.assertEqual((run.outputs, old.exists()), ({"status": "2", "sarif": ""}, False), run.log)


class Pushes(Case):
    def push(self, before, after, **more):
        return {"ref": "refs/heads/main", "before": before, "after": after,
                "repository": {"default_branch": "main"}, **more}

    def test_each_commit_of_a_push_is_looked_at(self):
        before = self.repository.head()
        self.repository.commit("in", {"key.env": f"AWS_ACCESS_KEY_ID={secret(11)}\n"})
        after = self.repository.commit("out", {"key.env": "\n"})
        self.repository.push("main")
        for depth in (0, 1):
            run = self.run_action("refs/heads/main", self.push(before, after), depth, "push")
            self.finds(run, "key.env", secret(11))

    def test_a_secret_from_before_the_push_is_not_its_own(self):
        before = self.repository.commit("old", {"key.env": f"AWS_ACCESS_KEY_ID={secret(12)}\n"})
        after = self.repository.commit("new", {"src/a.txt": "b\n"})
        self.repository.push("main")
        run = self.run_action("refs/heads/main", self.push(before, after), name="push")
        self.assertEqual((run.outputs["status"], run.failed), ("0", False), run.log)

    def test_what_a_forced_push_threw_away_is_fetched_or_done_without(self):
        gone = self.repository.commit("gone", {"key.env": f"AWS_ACCESS_KEY_ID={secret(13)}\n"})
        self.repository.push("main")
        self.repository.git(self.repository.clone, "reset", "--quiet", "--hard", "HEAD~1")
        after = self.repository.commit("in", {"other.env": f"AWS_ACCESS_KEY_ID={secret(14)}\n"})
        self.repository.push("main")
        for before in (gone, "e" * 40):
            run = self.run_action("refs/heads/main", self.push(before, after, forced=True), name="push")
            self.finds(run, "other.env", secret(14))

    def test_a_new_branch_is_compared_with_the_default_branch(self):
        self.repository.git(self.repository.clone, "switch", "--quiet", "--create", "new")
        after = self.repository.commit("in", {"key.env": f"AWS_ACCESS_KEY_ID={secret(15)}\n"})
        self.repository.push("new")
        event = {**self.push("0" * 40, after), "ref": "refs/heads/new"}
        self.finds(self.run_action("refs/heads/new", event, name="push"), "key.env", secret(15))

    def test_a_scheduled_run_looks_at_everything(self):
        self.repository.commit("in", {"key.env": f"AWS_ACCESS_KEY_ID={secret(16)}\n"})
        self.repository.commit("out", {"key.env": "\n"})
        self.repository.push("main")
        event = {"schedule": "0 4 * * 1", "repository": {"default_branch": "main"}}
        self.finds(self.run_action("refs/heads/main", event, name="schedule"), "key.env", secret(16))


class Uploads(Case):
    def uploads(self, name="pull_request", fork=False, wanted="true"):
        ref, event = self.repository.pull_request({"key.env": f"AWS_ACCESS_KEY_ID={secret(21)}\n"}, fork=fork)
        if name != "pull_request":
            event = {"repository": event["repository"]}
            if name == "push":
                event |= {"ref": "refs/heads/main", "before": self.repository.head("main~1"),
                          "after": self.repository.head("main")}
            ref = "refs/heads/main"
        run = self.run_action(ref, event, 0, name, {"upload-sarif": wanted})
        self.assertNotEqual(run.outputs["sarif"], "", run.log)
        return run, run.uploads()

    def test_a_report_is_uploaded_though_the_scan_has_failed(self):
        run, uploads = self.uploads()
        self.assertEqual(uploads, [{"sarif_file": run.outputs["sarif"], "category": "blurt"}])
        self.assertTrue(run.failed)

    def test_a_report_is_uploaded_of_a_scheduled_run(self):
        self.assertEqual(len(self.uploads("schedule")[1]), 1)

    def test_nothing_is_uploaded_unless_it_is_wanted(self):
        self.assertEqual(self.uploads(wanted="false")[1], [])

    def test_nothing_is_uploaded_of_a_fork(self):
        self.assertEqual(self.uploads(fork=True)[1], [])

    def test_nothing_is_uploaded_of_a_push(self):
        self.assertEqual(self.uploads("push")[1], [])


class Builds(Case):
    """A cargo that notes how it is called, and installs the program that is tested."""

    def setUp(self):
        super().setUp()
        self.ref, self.event = self.repository.pull_request({"src/a.txt": "b\n"})
        self.bin, self.calls = self.world / "bin", self.world / "calls"
        self.bin.mkdir()
        cargo = self.bin / "cargo"
        cargo.write_text(
            '#!/usr/bin/env bash\nset -eu\necho "$PWD|${RUSTFLAGS-}|$*" >> "$CALLS"\n'
            'while [[ $1 != --root ]]; do shift; done\n'
            'mkdir -p "$2/bin"\ncp "$BUILT" "$2/bin/blurt"\n')
        cargo.chmod(cargo.stat().st_mode | stat.S_IXUSR)

    def build(self, inputs, cache=None, **environment):
        variables = {"PATH": f"{self.bin}:{CLEAN['PATH']}", "CALLS": str(self.calls), "BUILT": str(BLURT),
                     "RUSTFLAGS": "-D warnings", **environment}
        run = self.run_action(self.ref, self.event, 0, inputs={"blurt": "", **inputs}, cache=cache, environment=variables)
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return run, calls

    def test_the_sources_of_the_action_are_built_once(self):
        cache = {}
        run, calls = self.build({}, cache)
        self.assertEqual((run.outputs["status"], run.failed), ("0", False), run.log)
        [(folder, flags, arguments)] = [call.split("|") for call in calls]
        self.assertEqual((folder, flags), (str(run.temp), ""))
        self.assertEqual(arguments, f"install --locked --force --root {run.temp}/blurt --path {ROOT}")
        self.assertEqual(run.files["GITHUB_PATH"].read_text(), f"{run.temp}/blurt/bin\n")
        [key] = cache
        self.assertRegex(key, r"^blurt-Linux-X64--[0-9a-f]{40}$")
        again, calls = self.build({}, cache)
        self.assertEqual((again.outputs["status"], calls, list(cache)), ("0", [], [key]), again.log)

    def test_another_version_is_built_by_its_name(self):
        run, [call] = self.build({"version": "v9.9.9; touch pwned"})
        self.assertIn("--git https://github.com/blurt-scanner/blurt --rev v9.9.9; touch pwned blurt", call)
        self.assertEqual([*self.world.rglob("pwned")], [])
        self.assertEqual(run.outputs["status"], "0", run.log)

    def test_a_program_of_the_cache_that_does_not_run_is_built_anew(self):
        cache = {}
        run, _ = self.build({}, cache)
        [key] = cache
        (Path(cache[key]) / "bin/blurt").write_text("no program")
        again, calls = self.build({}, cache)
        self.assertEqual((again.outputs["status"], len(calls)), ("0", 1), again.log)

    def test_a_build_that_fails_fails(self):
        run, _ = self.build({}, BUILT="/nowhere")
        self.assertEqual((run.failed, run.outputs), (True, {"status": "", "sarif": ""}), run.log)

    def test_a_program_can_be_named_instead(self):
        shutil.copy(BLURT, self.bin / "blurt-of-ours")
        for name in ("blurt-of-ours", str(self.bin / "blurt-of-ours")):
            run, calls = self.build({"blurt": name})
            self.assertEqual((run.outputs["status"], calls, run.used), ("0", [], []), run.log)
        workspace = self.repository.checkout(self.ref, 0)
        shutil.copytree(self.bin, workspace / "our tools")
        inputs = {"blurt": "our tools/blurt-of-ours", "working-directory": "src"}
        run = Run(self.world, workspace, "pull_request", self.event, inputs).go()
        self.assertEqual((run.outputs["status"], run.used), ("0", []), run.log)
        run, _ = self.build({"blurt": "no-such-program"})
        self.assertTrue(run.failed)
        self.assertIn("::error title=blurt::", run.log)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if arguments and Path(arguments[0]).exists():
        BLURT = Path(arguments[0]).resolve()
        sys.argv.remove(arguments[0])
    else:
        subprocess.run(["cargo", "build", "--quiet", "--locked"], cwd=ROOT, check=True)
        BLURT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug/blurt"
    unittest.main()
