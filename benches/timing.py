"""What one run of a command uses."""
import os
import subprocess
import sys
import time


def timed(command, folder=None, env=None):
    """CPU seconds, wall seconds and peak resident bytes of one run, which may end with 0 or 1."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - begin, used.ru_maxrss * 1024


def minimum(runs):
    """The least of each figure."""
    return [min(figure) for figure in zip(*runs)]
