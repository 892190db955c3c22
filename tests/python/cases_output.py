"""What the plugin prints and logs."""

import json

from harness import Background, Worker, check, contains, equal, wait_until
from registry import add, case

#: Code, and what the log has then in one line with the id of the run.
PRINTED = {
    "print": ("print('said', 1)", "said 1"),
    "print of text beyond ASCII": ("print('é☃😀')", "é☃😀"),
    "print of an unpaired surrogate": ("print('a\\ud800b')", "a\\ud800b"),
    "write without a newline and flush": ("import sys; sys.stdout.write('part'); sys.stdout.flush()", "part"),
    "writelines": ("import sys; sys.stdout.writelines(['one ', 'two\\n'])", "one two"),
    "bytes of the buffer": ("import sys; sys.stdout.buffer.write(b'bytes\\n'); sys.stdout.flush()", "bytes"),
    "print after close": ("import sys; sys.stdout.close(); print('not closed')", "not closed"),
    "print in a thread": ("import threading as t; x = t.Thread(target=print, args=['in a thread']); x.start(); x.join()", "in a thread"),
    "warning of logging": ("import logging; logging.getLogger('my.part').warning('watch %s', 'out')", "WARN  my.part run={run}: watch out"),
    "error of logging": ("import logging; logging.error('it failed')", "ERROR root run={run}: it failed"),
    "info of logging": ("import logging; logging.getLogger('x').info('just so')", "INFO  x run={run}: just so"),
    "logging in a thread": (
        "import logging, threading as t; x = t.Thread(target=logging.warning, args=['from a thread']); x.start(); x.join()",
        "WARN  root run={run}: from a thread",
    ),
    "logging.exception": ("import logging\ntry: 1/0\nexcept Exception: logging.exception('it broke')", "ERROR root run={run}: it broke"),
    "basicConfig": ("import logging; logging.basicConfig(level=10); logging.warning('once only')", "WARN  root run={run}: once only"),
    "logging with an unpaired surrogate": ("import logging; logging.warning('c\\ud800d')", "c"),
    "logging of a null byte": ("import logging; logging.warning('e\\x00f')", "e"),
}  # fmt: skip

#: Code, and text that is in the log then, in whatever line.
WRITTEN = {
    "os.write": ("import os; os.write(1, b'raw bytes\\n')", "raw bytes"),
    "output of a child": ("import subprocess; subprocess.run(['echo', 'of a child'])", "of a child"),
    "output of os.system": ("import os; os.system('echo of system')", "of system"),
    "print in C": ("import ctypes; c = ctypes.CDLL(None); c.puts(b'of C'); c.fflush(None)", "of C"),
    "sys.__stdout__": ("import sys; print('the first stdout', file=sys.__stdout__, flush=True)", "the first stdout"),
    "stderr": ("import sys; print('on stderr', file=sys.stderr)", "on stderr"),
    "basicConfig with force": (
        "import logging; logging.basicConfig(force=True); logging.warning('by force')", "by force",
    ),
    "a record that cannot be formatted": ("import logging; logging.warning('%d', 'x')", "Logging error"),
    "warnings": ("import warnings; warnings.warn('look here')", "look here"),
}  # fmt: skip


def lines_of_runs():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for number, (name, (source, wanted)) in enumerate(PRINTED.items()):
            run = f"run{number}"
            reply = worker.execute(source, headers={"X-Run-Id": run})
            wanted = wanted.format(run=run)
            if reply.status != 200:
                failures.append(f"{name}: {reply!r}")
            try:
                wait_until(
                    lambda: any(
                        f"run={run}" in line and wanted in line for line in worker.log().splitlines()
                    ),
                    wanted,
                    3,
                )
            except AssertionError:
                lines = [line for line in worker.log().splitlines() if wanted in line or run in line]
                failures.append(f"{name}: {wanted!r} is in no line of {run}: {lines}")
        worker.wait_log("ZeroDivisionError")
        equal(worker.log().count("once only"), 1)
        equal(worker.stop(), 0)
        equal(worker.rest_of_stdout(), b"")
    check(not failures, "\n  ".join(failures))
    return f"{len(PRINTED)} lines"


def lines_of_others():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, (source, wanted) in WRITTEN.items():
            reply = worker.execute(source)
            if reply.status != 200:
                failures.append(f"{name}: {reply!r}")
            try:
                worker.wait_log(wanted, 3)
            except AssertionError:
                failures.append(f"{name}: {wanted!r} is not in the log")
        equal(worker.stop(), 0)
        equal(worker.rest_of_stdout(), b"")
    check(not failures, "\n  ".join(failures))
    return f"{len(WRITTEN)} texts"


add("output: lines with the id of their run", lines_of_runs)
add("output: everything ends in the log", lines_of_others)


@case
def two_runs_at_once_have_lines_of_their_own():
    source = "import time, logging\nfor i in range(5):\n  print(word)\n  logging.warning('logs ' + word)\n  time.sleep(0.02)"
    with Worker("evaluate", "Evaluate", "--concurrency", "2") as worker:
        runs = [
            Background(worker.execute, source, word=word, headers={"X-Run-Id": "run" + word})
            for word in ("one", "two")
        ]
        for run in runs:
            run.wait().ok()
        wait_until(
            lambda: worker.log().count("logs two") == 5 and worker.log().count("logs one") == 5, "the lines"
        )
        for line in worker.log().splitlines():
            for word in ("one", "two"):
                if line.endswith(f" {word}"):
                    contains(line, f"run=run{word}")


@case
def the_level_of_the_log_holds_for_logging():
    source = "import logging; l = logging.getLogger('x'); l.debug('at debug'); l.info('at info'); l.warning('at warn'); result = l.getEffectiveLevel()"
    for level, number, shown in (("warn", 30, {"warn"}), ("debug", 10, {"debug", "info", "warn"})):
        with Worker("evaluate", "Evaluate", "--log-level", level) as worker:
            equal(worker.do(source), number)
            worker.wait_log("at warn")
            found = {word for word in ("debug", "info", "warn") if f"at {word}" in worker.log()}
            equal(found, shown)


@case
def logging_that_is_imported_first_has_the_handler():
    """The module of the plugin imports it, or the first run does."""
    for config in ("{}", '{"source": "import logging; logging.warning(\'at the start\')"}'):
        with Worker("evaluate", "Evaluate", "--config", config) as worker:
            worker.do("import logging; logging.getLogger('a.b').warning('later')")
            worker.wait_log("WARN  a.b run=")
            if "source" in config:
                worker.wait_log("WARN  root: at the start")
            equal(worker.log().count("later"), 1)


@case
def a_flood_of_lines_blocks_nothing():
    """At most 1000 lines are written in a second; the rest is counted."""
    with Worker("evaluate", "Evaluate") as worker:
        reply = worker.execute("for i in range(20000): print('line', i)")
        equal(reply.status, 200)
        check(reply.seconds < 10, f"{reply.seconds:.1f} s")
        worker.wait_log("line 100")
        check(worker.log().count("line ") <= 20000, "lines are repeated")
        wait_until(lambda: worker.get("/health").status == 200, "health")
        return f"{reply.seconds:.2f} s"


@case
def a_very_long_line():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.execute("print('x' * 3_000_000 + 'end')").status, 200)
        equal(worker.do("print('next'); result = 1"), 1)
        worker.wait_log("next")


@case
def the_log_as_json():
    with Worker("evaluate", "Evaluate", "--log", "json") as worker:
        worker.execute(
            "import logging; logging.getLogger('a').warning('é\\n2'); print('p')", headers={"X-Run-Id": "r"}
        )
        worker.execute("raise ValueError('v')")
        worker.wait_log('"p"')
        equal(worker.stop(), 0)
        parsed = [json.loads(line) for line in worker.log().splitlines()]
        check(any(line.get("message") == "é\n2" for line in parsed), parsed)


def replaced_stdout(value):
    """A plugin that leaves something else in sys.stdout fails no later run."""
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.execute(f"import sys; sys.stdout = {value}").status, 200)
        equal(worker.do("result = 1"), 1)
        equal(worker.execute("raise ValueError('v')").detail, "v")
        equal(worker.stream("result = [1]").text, "1\n")
        equal(worker.stop(), 0)


for title, value in (("None", "None"), ("closed", "open('/dev/null', 'w'); sys.stdout.close()")):
    add(f"output: sys.stdout that is {title}", lambda value=value: replaced_stdout(value))


@case
def a_connection_does_not_get_the_number_of_a_closed_stderr():
    with Worker("evaluate", "Evaluate") as worker:
        worker.execute("import os; os.close(2)").ok()
        worker.execute("import contextlib, os\nwith contextlib.suppress(OSError): os.write(2, b'not HTTP')").ok()
        equal(worker.stop(), 0)


@case
def with_json_every_line_is_json():
    source = """
import logging, os, subprocess, sys, threading
print("by print")
print("by stderr", file=sys.stderr)
os.write(2, b"by the number\\n")
subprocess.run(["sh", "-c", "echo by a child; echo by stderr of a child >&2"])
logging.warning("by logging")
def fail(): raise ValueError("by a thread")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
"""
    with Worker("evaluate", "Evaluate", "--log", "json") as worker:
        worker.execute(source).ok()
        equal(worker.stop(), 0)
        records = [json.loads(line) for line in worker.log().splitlines()]
        found = {(record["target"], record["message"]) for record in records}
        for expected in (
            ("stdout", "by print"),
            ("stderr", "by stderr"),
            ("stderr", "by the number"),
            ("stdout", "by a child"),
            ("stderr", "by stderr of a child"),
            ("root", "by logging"),
            ("stderr", "ValueError: by a thread"),
        ):
            check(expected in found, f"{expected} is not in {sorted(found)}")
