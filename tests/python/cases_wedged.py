"""Runs that cannot be stopped: wedged, with the stack of Python."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from harness import Worker, check, contains, equal, wait_until
from registry import case


@case
def a_class_that_catches_everything_is_wedged_with_its_stack():
    with Worker("waits", "CatchesAll", "--cancel-grace", "0.5") as worker:
        run = worker.begin("run", "sleep", 4)
        worker.cancel("run")
        equal(run.wait().status, 409)
        wait_until(lambda: worker.report("run")["phase"] == "wedged", "wedged")
        equal(worker.get("/ready").status, 503)
        equal(worker.get("/health").json["status"], "running")
        wait_until(lambda: worker.report("run").get("stack"), "the stack")
        stack = worker.report("run")["stack"]
        contains(stack, "waits.py")
        contains(stack, "in deaf")
        worker.wait_log("in deaf")
        wait_until(lambda: worker.get("/ready").status == 200, "the end of the run")
        equal(worker.execute().status, 200)


@case
def a_class_in_a_folder_named_like_the_package_has_a_stack():
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "universal_worker", "waits.py")
        copy.parent.mkdir()
        shutil.copy(Path(__file__).with_name("plugins") / "waits.py", copy)
        with Worker(str(copy), "Waits", "--cancel-grace", "0.3") as worker:
            run = worker.begin("run", "native", 2)
            worker.cancel("run")
            equal(run.wait().status, 409)
            wait_until(lambda: worker.report("run").get("stack"), "the stack", 2.5)
            contains(worker.report("run")["stack"], str(copy))
            check("bridge.py" not in worker.report("run")["stack"], "has frames of the worker")


@case
def native_code_is_wedged_with_its_stack():
    """Python's stack is written by a signal handler, which needs no interpreter lock."""
    with Worker("waits", "Waits", "--cancel-grace", "0.3") as worker:
        run = worker.begin("run", "native", 3)
        worker.cancel("run")
        equal(run.wait().status, 409)
        wait_until(lambda: worker.report("run").get("stack"), "the stack", 2.5)
        contains(worker.report("run")["stack"], "hold_interpreter")
        wait_until(lambda: worker.get("/ready").status == 200, "the end of the run")
        equal(worker.execute().status, 200)


@case
def a_wedged_run_of_another_lane():
    with Worker("waits", "CatchesAll", "--cancel-grace", "0.3", "--concurrency", "2") as worker:
        runs = [worker.begin(name, "sleep", 3) for name in "ab"]
        worker.cancel("b")
        equal(runs[1].wait().status, 409)
        wait_until(lambda: worker.report("b").get("stack"), "the stack", 2.5)
        contains(worker.report("b")["stack"], "in deaf")
        equal(worker.report("a")["state"], "running")
        equal(runs[0].wait().status, 200)


@case
def exit_when_wedged():
    with Worker("waits", "CatchesAll", "--cancel-grace", "0.3", "--exit-when-wedged") as worker:
        worker.begin("run", "sleep")
        began = time.monotonic()
        worker.cancel("run")
        equal(worker.wait(), 4)
        contains(worker.log(), "run")
        return f"{time.monotonic() - began:.1f} s"


@case
def native_code_of_another_lane_costs_no_threads():
    """Each attempt to interrupt it would wait for the interpreter lock."""
    with Worker("waits", "Waits", "--concurrency", "2") as worker:
        worker.begin("home", "sleep")
        worker.begin("lane", "native", 4)
        worker.cancel("lane")
        time.sleep(0.5)
        before = threads(worker)
        time.sleep(2.7)
        check(threads(worker) <= before, f"{before} threads became {threads(worker)}")


def threads(worker):
    return len(os.listdir(f"/proc/{worker.pid}/task"))
