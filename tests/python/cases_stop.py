"""The stop of a worker."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from cases_processes import members
from harness import Background, Worker, check, contains, equal, serving, wait_until
from registry import add, case

ATEXIT = "import atexit, os; atexit.register(os.write, 2, b'atexit ran\\n')"


def config(source="pass"):
    return (
        "--config",
        json.dumps({"source": source, "cleanup": "import os; os.write(2, b'cleanup ran\\n')"}),
    )


def stopped(worker, number=signal.SIGTERM, within=3, code=0):
    began = time.monotonic()
    worker.send(number)
    equal(worker.wait(within), code, "exit code")
    equal(worker.rest_of_stdout(), b"", "stdout")
    return f"{(time.monotonic() - began) * 1000:.0f} ms"


def idle(number):
    with Worker("evaluate", "Evaluate", *config(ATEXIT)) as worker:
        took = stopped(worker, number)
        equal(worker.log().count("cleanup ran"), 1)
        equal(worker.log().count("atexit ran"), 1)
        check(
            worker.log().index("cleanup ran") < worker.log().index("atexit ran"), "atexit handlers come last"
        )
        return took


def recycled():
    with Worker("evaluate", "Evaluate", *config(ATEXIT), "--max-runs", "2") as worker:
        for number in range(2):
            equal(worker.do(f"result = {number}"), number)
        equal(worker.wait(3), 0, "exit code")
        equal(worker.log().count("cleanup ran"), 1)
        contains(worker.log().splitlines()[-1], "stopped: recycled: 2 runs (--max-runs 2)")


add("stop: after --max-runs", recycled)

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    add(f"stop: idle, {number.name}", lambda number=number: idle(number))


def busy(kind, class_name, code, within):
    with Worker("waits", class_name, "--config", "{}") as worker:
        worker.begin("busy-run", kind)
        took = stopped(worker, within=within, code=code)
        if code == 0:
            equal(worker.log().count("cleanup "), 1, "cleanups")
        else:
            contains(worker.log().splitlines()[-1] + worker.log(), "busy-run")
        return took


for kind in ("sleep", "loop", "lock", "subprocess", "coroutine", "regex"):
    add(f"stop: during {kind}", lambda kind=kind: busy(kind, "Waits", 0, 2.5))
add("stop: a class with a flag that is not looked at", lambda: busy("sleep", "Flag", 0, 2.5))
add("stop: a cancel method that blocks", lambda: busy("sleep", "BlockingCancel", 0, 3))
add("stop: while native code holds the interpreter", lambda: busy("native", "Waits", 4, 3.5))
add("stop: a class that catches everything", lambda: busy("sleep", "CatchesAll", 4, 3.5))
add("stop: a class that catches every Exception", lambda: busy("sleep", "CatchesExceptions", 0, 2.5))


@case
def several_runs_and_queued_ones():
    with Worker("waits", "Waits", "--concurrency", "2", "--config", "{}") as worker:
        running = [worker.begin(name, "loop") for name in "ab"]
        queued = [Background(worker.execute, "sleep") for _ in range(3)]
        wait_until(lambda: worker.get("/stats").json["runs"]["queued"] == 3, "three queued runs")
        stopped(worker)
        for run in running + queued:
            check(run.wait().status in (409, 503), run.result)
        equal(worker.log().count("cleanup "), 1)


@case
def a_cleanup_before_the_stop_is_not_repeated():
    with Worker("evaluate", "Evaluate", *config()) as worker:
        equal(worker.post("/cleanup").json, {"status": "cleaned"})
        equal(worker.log().count("cleanup ran"), 1)
        stopped(worker)
        equal(worker.log().count("cleanup ran"), 1)


@case
def without_initialize_and_runs_there_is_one_cleanup():
    with Worker("waits", "Waits") as worker:
        stopped(worker)
        equal(worker.log().count("cleanup "), 1)


@case
def a_cleanup_that_raises_is_logged():
    with Worker(
        "evaluate", "Evaluate", "--config", json.dumps({"cleanup": "raise ValueError('cannot release')"})
    ) as worker:
        stopped(worker)
        contains(worker.log(), "cannot release")


@case
def a_cleanup_that_hangs_is_abandoned():
    with Worker(
        "evaluate", "Evaluate", "--config", json.dumps({"cleanup": "import time; time.sleep(30)"})
    ) as worker:
        return stopped(worker, within=4, code=4)


@case
def a_cleanup_that_exits_does_not_decide_the_code():
    with Worker(
        "evaluate", "Evaluate", "--config", json.dumps({"cleanup": "import sys; sys.exit(9)"})
    ) as worker:
        stopped(worker)


#: Exit handlers that misbehave: the code stays 0, unless the stop has to be forced.
HANDLERS = {
    "one that raises": ("1/0", "ZeroDivisionError", 0),
    "one that prints": ("print('printed at exit')", "printed at exit", 0),
    "one that logs": ("import logging; logging.warning('logged at exit')", "logged at exit", 0),
    "one that exits": ("import sys; sys.exit(5)", "", 0),
    "one that hangs": ("import time; time.sleep(30)", "", 4),
}


def exit_handler(source, text, code):
    register = f"import atexit\natexit.register(exec, {source!r}, {{}})"
    with Worker("evaluate", "Evaluate", *config(register)) as worker:
        stopped(worker, within=4, code=code)
        contains(worker.log(), text)


for title, row in HANDLERS.items():
    add(f"stop: exit handlers, {title}", lambda row=row: exit_handler(*row))


@case
def threads_of_the_plugin_do_not_delay_the_stop():
    for daemon in (True, False):
        source = f"import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon={daemon}).start()"
        with Worker("evaluate", "Evaluate", *config(source)) as worker:
            stopped(worker, within=2.5)
    source = "from concurrent.futures import ThreadPoolExecutor as P\nimport time\nplugin.p = P(2)\nplugin.p.submit(time.sleep, 60)"
    with Worker("evaluate", "Evaluate", *config(source)) as worker:
        stopped(worker, within=3.5)


#: What the class does when its host is killed, the class, and the exit code.
ORPHANED = (
    ("", "Waits", 0),
    ("sleep", "Waits", 0),
    ("loop", "Waits", 0),
    ("event", "Waits", 0),
    ("native", "Waits", 4),
    ("sleep", "CatchesAll", 4),
)


def orphaned(kind, class_name, code):
    host = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with Worker("waits", class_name, "--config", "{}", "--ppid", str(host.pid)) as worker:
        if kind:
            worker.begin("run", kind)
        began = time.monotonic()
        host.kill()
        host.wait()
        equal(worker.wait(4), code)
        equal(worker.log().count("cleanup "), 1 if code == 0 else 0, "cleanups")
        return f"{(time.monotonic() - began) * 1000:.0f} ms"


for kind, class_name, code in ORPHANED:
    title = f"stop: the host is killed during {kind or 'nothing'}, {class_name}"
    add(title, lambda row=(kind, class_name, code): orphaned(*row))


@case
def after_a_stop_the_session_is_empty():
    source = "import multiprocessing as m, subprocess\nplugin.q = m.Queue()\nplugin.p = subprocess.Popen(['sleep', '60'])"
    with Worker("evaluate", "Evaluate", *config(source)) as worker:
        stopped(worker)
        wait_until(lambda: not members(worker.pid), "the end of the session")


@case
def during_the_import_of_a_run():
    source = """
class Plugin:
    def execute(self):
        import slow
"""
    with serving(source) as worker:
        slow = "import os, time\nos.write(2, b'import begun\\n')\ntime.sleep(30)\n"
        Path(worker.cwd, "slow.py").write_text(slow)
        Background(worker.execute)
        worker.wait_log("import begun")
        return stopped(worker, within=2.5)
