"""Installs the peers into a folder of their own. What cannot be installed is named and left out."""
import shutil
import subprocess
import sys

PYPI, CRATES = "PyPI", "crates.io"


def step(command, cwd, limit):
    """Why a command failed, in a line; nothing when it did not."""
    try:
        done = subprocess.run(command, cwd=cwd, timeout=limit, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return f"there is no {command[0]} here"
    except subprocess.TimeoutExpired:
        return f"not done after {limit} s"
    if done.returncode == 0:
        return None
    said = [line.strip() for line in (done.stderr or done.stdout).splitlines()]
    errors = [line for line in said if line.lower().startswith("error")]
    return (errors or said or [f"ended with {done.returncode}"])[0]


def from_pypi(folder, origin):
    python = folder / "venv/bin/python"
    if not python.exists():
        failed = step([sys.executable, "-m", "venv", "venv"], folder, 300)
        if failed:
            return failed
    return step([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                 "--only-binary", ":all:", f"{origin.package}=={origin.version}"], folder, 900)


def from_crates(folder, package, version=None):
    wanted = ["--version", version] if version else []
    return step(["cargo", "install", "--quiet", "--locked", "--root", str(folder / "cargo"),
                 package, *wanted], folder, 1800)


def stamp(folder, origin):
    return folder / "installed" / f"{origin.package}-{origin.version}"


def install(folder, tools):
    """Installs what is not there yet, and says of each tool that could not be why."""
    (folder / "installed").mkdir(parents=True, exist_ok=True)
    failures = {}
    for origin in dict.fromkeys(tool.origin for tool in tools):
        if stamp(folder, origin).exists() and any(folder.glob(origin.program)):
            continue
        print(f"installing {origin}", flush=True)
        if origin.registry == PYPI:
            failed = from_pypi(folder, origin)
        else:
            failed = from_crates(folder, origin.package, origin.version)
        if not failed and not any(folder.glob(origin.program)):
            failed = "the package has no program for this kind of machine"
        if failed:
            failures[origin] = failed
        else:
            stamp(folder, origin).touch()
    return {tool.name: f"{tool.origin}: {failures[tool.origin]}"
            for tool in tools if tool.origin in failures}


def ripgrep(folder):
    """The one on the PATH, or else one installed beside the peers; nothing if there is neither."""
    found = shutil.which("rg") or shutil.which("rg", path=str(folder / "cargo/bin"))
    if found:
        return found
    print("installing ripgrep from crates.io", flush=True)
    from_crates(folder, "ripgrep")
    return shutil.which("rg", path=str(folder / "cargo/bin"))
