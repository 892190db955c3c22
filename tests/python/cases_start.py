"""SIGTERM at any moment of the start."""

import json
import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import PLUGINS, Process, Settings, check, contains, equal
from registry import case

#: As documented: an orderly stop, or the signal itself before the worker has taken it over.
CODES = (0, -15, 143)

CONFIG = json.dumps({"cleanup": "import os; os.write(2, b'cleanup ran\\n')"})
OPTIONS = ("--module", "evaluate", "--class", "Evaluate", "--port", "0", "--config", CONFIG)


@case(alone=True)
def a_signal_at_any_moment_of_the_start():
    # The start's own time, with some more.
    began = time.monotonic()
    with Process(*OPTIONS) as process:
        process.announcement()
        whole = (time.monotonic() - began) * 1.3
        process.stop()
    count = 200 if Settings.thorough else 40
    moments = [whole * number / count for number in range(count)]
    random.Random(5).shuffle(moments)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(stopped_after, moments))
    codes = {code: found.count(code) for code in set(found)}
    return f"{whole * 1000:.0f} ms, codes {codes}"


def stopped_after(seconds):
    with Process(*OPTIONS) as process:
        time.sleep(seconds)
        process.send()
        code = process.wait(10)
        check(code in CODES, f"code {code} after {seconds * 1000:.1f} ms")
        cleanups = process.log().count("cleanup ran")
        initialized = b'"ready"' in process.rest_of_stdout() + process.stdout
        check(cleanups <= 1, f"{cleanups} cleanups after {seconds * 1000:.1f} ms")
        if initialized:
            equal((code, cleanups), (0, 1), f"after {seconds * 1000:.1f} ms")
        check("Traceback" not in process.log(), f"a traceback after {seconds * 1000:.1f} ms")
        return code


@case
def a_signal_during_a_slow_import():
    for source, within in (("import time; time.sleep(30)", 3), ("while True: pass", 3)):
        during_import(source, within, (0,))


@case
def a_signal_while_an_import_holds_the_interpreter():
    during_import("import waits; waits.hold_interpreter(30)", 5, (0, 4))


@case
def a_signal_while_an_import_catches_everything():
    source = "import time\nfor _ in range(300):\n  try:\n    time.sleep(0.1)\n  except BaseException: pass"
    during_import(source, 5, (0, 4))


def during_import(source, within, codes):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "slow.py").write_text(
            "import sys; sys.stderr.write('begun\\n'); sys.stderr.flush()\n" + source
        )
        with Process(
            "--module", "slow", "--class", "A", "--port", "0", cwd=folder, env={"PYTHONPATH": str(PLUGINS)}
        ) as process:
            process.wait_log("begun")
            began = time.monotonic()
            process.send()
            code = process.wait(within)
            check(code in codes, f"{source}: code {code}")
            return f"code {code} after {time.monotonic() - began:.2f} s"


@case
def a_signal_during_a_slow_initialize():
    for source in ("import time; time.sleep(30)", "while True: pass"):
        config = json.dumps({"source": "import os; os.write(2, b'begun\\n')\n" + source})
        with Process(
            "--module", "evaluate", "--class", "Evaluate", "--port", "0", "--config", config
        ) as process:
            process.wait_log("begun")
            process.send()
            equal(process.wait(3), 0, source)


@case
def an_initialize_after_a_swallowed_signal():
    source = """
import os, time
try:
    os.write(2, b"import begun\\n")
    time.sleep(10)
except BaseException:
    os.write(2, b"swallowed\\n")
class Slow:
    def initialize(self, config): time.sleep(30)
    def execute(self): pass
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "slow.py").write_text(source)
        with Process("--module", "slow", "--port", "0", "--config", "{}", cwd=folder) as process:
            process.wait_log("import begun")
            process.send()
            equal(process.wait(3), 0)
            contains(process.log(), "swallowed")
