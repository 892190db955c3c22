"""Tests the worker with Python classes, in the interpreter that runs this script.

One line per case, then `N passed, N failed`; the exit code is 1 if a case failed.
"""

import argparse
import fnmatch
import importlib
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import harness
from registry import CASES

MODULES = (
    "recorded", "values", "calls", "control", "cancel", "wedged", "threads", "processes", "load",
    "program", "start", "stop", "output", "bad", "streams", "later", "crash", "flat",
    "trace",
)  # fmt: skip

#: Cases that run at once; workers are mostly idle.
AT_ONCE = 4


class Results:
    """Prints results as they come, and counts them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {"ok": 0, "FAILED": 0, "skipped": 0}

    def add(self, word, name, note, seconds):
        with self.lock:
            self.counts[word] += 1
            note = f": {note}" if word != "ok" else f" ({note})" if note else ""
            slow = f" [{seconds:.1f} s]" if seconds > 3 else ""
            print(f"{word} {name}{note}{slow}", flush=True)

    def run(self, case):
        began = time.monotonic()
        try:
            word, note = "ok", case.function() or ""
        except harness.Skip as why:
            word, note = "skipped", str(why)
        except AssertionError as error:
            word, note = "FAILED", str(error)
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            word, note = "FAILED", f"{type(error).__name__}: {error} ({last.name}, line {last.lineno})"
        self.add(word, case.name, note, time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dist", type=Path, required=True, help="folder with the worker")
    parser.add_argument("--only", default="*", help="names of cases, or a pattern such as cancel*")
    parser.add_argument("--thorough", action="store_true", help="run the cases that take long, too")
    options = parser.parse_args()
    harness.Settings.dist = options.dist.resolve()
    harness.Settings.thorough = options.thorough

    for module in MODULES:
        importlib.import_module(f"cases_{module}")
    cases = [case for case in CASES if fnmatch.fnmatch(case.name, options.only)]
    cases = [case for case in cases if options.thorough or not case.thorough]
    results = Results()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(results.run, [case for case in cases if not case.alone]))
    for case in cases:
        if case.alone:
            results.run(case)
    return summarize(results.counts)


def summarize(counts):
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['ok']} passed, {counts['FAILED']} failed{skipped}")
    if not counts["ok"] and not counts["FAILED"]:
        print("no case ran", file=sys.stderr)
    return 0 if counts["ok"] and not counts["FAILED"] else 1


if __name__ == "__main__":
    sys.exit(main())
