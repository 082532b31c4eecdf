#!/usr/bin/env python3
"""Runs one command and prints what it used, as one line of JSON.

    python3 measure.py LIMIT STDOUT STDERR COMMAND [ARGUMENT ...]

LIMIT is in seconds: when it is over, the command is ended with all it started, as it is when this
program is told to end. The figures come from `wait4`, so they count the children that the command
waited for; the peak is that of its largest process. A program of its own, and a small one, because
Linux starts the peak of a child at the peak of its parent: started from one that has read large
reports, every tool would look large.
"""
import json
import os
import signal
import subprocess
import sys
import time


def measure(limit, stdout, stderr, command):
    """Wall seconds, CPU seconds, peak bytes, exit status, and whether the time was over."""
    expired = False
    with open(stdout, "wb") as output, open(stderr, "wb") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                   start_new_session=True)

        def end(*_):
            nonlocal expired
            expired = True
            os.killpg(process.pid, signal.SIGKILL)

        for reason in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
            signal.signal(reason, end)
        signal.setitimer(signal.ITIMER_REAL, limit)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        signal.setitimer(signal.ITIMER_REAL, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * unit,
        "status": os.waitstatus_to_exitcode(status),
        "expired": expired,
    }


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])))
