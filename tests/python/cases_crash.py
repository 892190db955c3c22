"""Crashes of the process: last words, then Python's own frames."""

import json
import signal
import tempfile
from pathlib import Path

from harness import Background, Process, Worker, check, contains, equal
from registry import add, case

#: Code that crashes, and the signal.
CRASHES = {
    "SIGSEGV": ("import ctypes; ctypes.string_at(0)", signal.SIGSEGV),
    "SIGABRT": ("import os; os.abort()", signal.SIGABRT),
    "SIGFPE": ("import os, signal; os.kill(os.getpid(), signal.SIGFPE)", signal.SIGFPE),
    "SIGBUS": ("import signal, threading; signal.pthread_kill(threading.get_ident(), signal.SIGBUS)", signal.SIGBUS),
    "SIGILL": ("import signal, threading; signal.pthread_kill(threading.get_ident(), signal.SIGILL)", signal.SIGILL),
    "SIGSEGV in a thread": (
        "import ctypes, threading; t = threading.Thread(target=ctypes.string_at, args=[0]); t.start(); t.join()", signal.SIGSEGV,
    ),
}  # fmt: skip


def crash(source, number):
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "crash.json")
        with Worker("evaluate", "Evaluate", "--crash-file", str(record)) as worker:
            Background(worker.execute, source, headers={"X-Run-Id": "crashing"})
            equal(worker.wait(), -number)
            log = worker.log()
            contains(log, number.name)
            contains(log, "crashing")
            lines = log.splitlines()
            ours = next(index for index, line in enumerate(lines) if number.name in line)
            frames = [
                index for index, line in enumerate(lines) if "evaluate.py" in line or "<string>" in line
            ]
            check(frames and ours < frames[0], "the worker's words come before Python's frames")
            found = json.loads(record.read_text())
            equal(found["signal"], number.name)
            equal(found["runs"], ["crashing"])
            contains(json.dumps(found), "evaluate")
            equal(worker.rest_of_stdout(), b"")


for title, row in CRASHES.items():
    add(f"crash: {title}", lambda row=row: crash(*row))


@case
def without_a_crash_file():
    with Worker("evaluate", "Evaluate") as worker:
        Background(worker.execute, "import ctypes; ctypes.string_at(0)")
        equal(worker.wait(), -signal.SIGSEGV)
        contains(worker.log(), 'evaluate.py", line')


@case
def a_crash_on_another_lane():
    with Worker("evaluate", "Evaluate", "--concurrency", "2") as worker:
        Background(worker.execute, "import time; time.sleep(20)", headers={"X-Run-Id": "sleeping"})
        Background(
            worker.execute,
            "import time; time.sleep(0.2); import ctypes; ctypes.string_at(0)",
            headers={"X-Run-Id": "crashing"},
        )
        equal(worker.wait(), -signal.SIGSEGV)
        contains(worker.log(), "crashing")
        contains(worker.log(), "sleeping")


@case
def a_stack_that_overflows():
    """Recursion in C that CPython does not count."""
    source = "import sys; sys.setrecursionlimit(10**7)\nclass A:\n  def __getattr__(self, n): return getattr(self, n + 'x')\nA().a"
    with Worker("evaluate", "Evaluate") as worker:
        run = Background(worker.execute, source, headers={"X-Run-Id": "deep"})
        run.join(20)
        code = worker.process.poll() if run.error is None else worker.wait()
        if code is None:
            # Later versions of Python count it.
            equal(run.result.status, 500)
            return "an error"
        equal(code, -signal.SIGSEGV)
        contains(worker.log(), "SIGSEGV")
        return "a crash"


@case
def a_crash_at_the_import():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bad.py").write_text("import ctypes\ndef load():\n    ctypes.string_at(0)\nload()\n")
        with Process("--module", "bad", "--class", "Bad", "--port", "0", cwd=folder) as process:
            equal(process.wait(), -signal.SIGSEGV)
            contains(process.log(), "SIGSEGV")
            contains(process.log(), 'bad.py", line 3 in load')


@case
def with_json_logs_the_frames_of_python_are_records():
    for source, number in (CRASHES["SIGSEGV"], CRASHES["SIGABRT"], CRASHES["SIGBUS"]):
        with Worker("evaluate", "Evaluate", "--log", "json") as worker:
            said = "import os; os.write(2, b'said before'); " + source
            Background(worker.execute, said, headers={"X-Run-Id": "crashing"})
            equal(worker.wait(), -number)
            messages = [json.loads(line)["message"] for line in worker.log().splitlines()]
            text = "\n".join(messages)
            contains(text, "said before")
            contains(text, f"FATAL: {number.name}")
            contains(text, 'evaluate.py", line')


@case
def an_exit_is_a_record_with_json_logs():
    with Worker("evaluate", "Evaluate", "--log", "json") as worker:
        Background(worker.execute, "import os; os.write(2, b'said before'); os._exit(3)")
        equal(worker.wait(), 3)
        messages = [json.loads(line)["message"] for line in worker.log().splitlines()]
        check("said before" in messages, worker.log())
        contains(messages[-1], "FATAL: the plugin ended the process: os._exit(3)")
