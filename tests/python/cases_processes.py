"""Processes that the plugin starts."""

import glob
import signal
import subprocess
import sys

from harness import Background, Worker, check, contains, equal, is_gone, serving, wait_until
from registry import add, case

METHODS = ("fork", "spawn", "forkserver")


def children(method):
    with Worker("processes", "Processes") as worker:
        equal(worker.execute("work", method).ok(), [[1, 4, 9], 7])
        equal(worker.execute("terminate", method).ok(), -15)
        equal(worker.execute("output", method).ok(), 0)
        worker.wait_log(f"printed in a child of {method}")
        worker.wait_log(f"logged in a child of {method}")
        equal(worker.execute("pool", method).ok(), list(range(20)))
        equal(worker.stop(), 0)
        equal(worker.rest_of_stdout(), b"")


def cancelled_children(method):
    with Worker("processes", "Processes") as worker:
        run = worker.begin("run", "join", method)
        worker.cancel("run")
        equal(run.wait(5).status, 409)
        equal(worker.execute("work", method).ok(), [[1, 4, 9], 7])


def left_children(method):
    """Children that run when the worker stops do not outlive it."""
    with Worker("processes", "Processes") as worker:
        pids = worker.execute("leave", method).ok()
        check(not any(map(is_gone, pids)), "the children run")
        equal(worker.stop(), 0)
        wait_until(lambda: all(map(is_gone, pids)), f"the end of {pids}")
        wait_until(lambda: not members(worker.pid), "the end of the session")


def shared_memory():
    before = set(glob.glob("/dev/shm/*"))
    with Worker("processes", "Processes") as worker:
        name = worker.execute("share").ok()
        check(glob.glob(f"/dev/shm/*{name}*"), f"{name} is in /dev/shm")
        equal(worker.stop(), 0)
        wait_until(lambda: not glob.glob(f"/dev/shm/*{name}*"), f"the end of {name}")
        wait_until(lambda: not members(worker.pid), "the end of the session")
    check(set(glob.glob("/dev/shm/*")) - before == set(), "something is left in /dev/shm")


def members(session):
    """The processes of a session that have not ended, as command lines."""
    found = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as file:
                fields = file.read().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                with open(stat.replace("stat", "cmdline")) as file:
                    found.append(file.read().replace("\0", " "))
        except OSError:
            continue
    return found


for method in METHODS:
    add(f"processes: children by {method}", lambda method=method: children(method))
    add(
        f"processes: a run that waits for a child by {method} is cancelled",
        lambda method=method: cancelled_children(method),
    )
    add(
        f"processes: children by {method} do not outlive the worker",
        lambda method=method: left_children(method),
    )
add("processes: shared memory is gone after the stop", shared_memory)


@case
def stats_count_the_children():
    with Worker("processes", "Processes") as worker:
        pids = worker.execute("leave", "spawn").ok()
        wait_until(
            lambda: set(pids) <= set(worker.get("/stats").json["subtree_pids"]), "the children in /stats"
        )
        equal(worker.get("/stats").json["subtree_pids"][:1], [worker.pid], "the worker itself comes first")


@case
def a_host_that_is_killed_takes_worker_and_children_along():
    host = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with Worker("processes", "Processes", "--ppid", str(host.pid)) as worker:
        pids = worker.execute("leave", "fork").ok()
        host.kill()
        host.wait()
        worker.wait(5)
        wait_until(lambda: all(map(is_gone, pids)), "the end of the children")


@case
def children_of_a_cancel_method_have_no_blocked_signals():
    source = """
import subprocess, time
class Plugin:
    blocked = None
    def execute(self, seconds):
        self._status_message = "waiting"
        time.sleep(seconds)
        return self.blocked
    def cancel(self):
        self.blocked = subprocess.check_output(["grep", "SigBlk", "/proc/self/status"], text=True)
"""
    with serving(source) as worker:
        run = worker.begin("run", 20)
        worker.cancel("run")
        run.wait()
        equal(worker.execute(0).ok(), "SigBlk:\t" + "0" * 16 + "\n")


#: What a forked child does in `execute`, its exit code, and what stands in the log.
FORKED = {
    "prints by the old sys.stdout": ("print('by the old one', file=old, flush=True); os._exit(0)", 0, "by the old one"),
    "returns": ("print('before it returns', end='')", 0, "before it returns"),
    "raises": ("1/0", 1, "ZeroDivisionError"),
    "exits with a number": ("sys.exit(5)", 5, ""),
    "exits with a text": ("sys.exit('so it ends')", 1, "so it ends"),
    "exits without a code": ("sys.exit()", 0, ""),
}  # fmt: skip


def forked(child, code, text):
    source = f"""
import os, sys
old = sys.stdout
pid = os.fork()
if pid == 0:
    {child}
else:
    result = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""
    with Worker("evaluate", "Evaluate") as worker:
        equal(Background(worker.do, source).wait(10), code)
        equal(worker.do("result = 1"), 1)
        equal(worker.stop(), 0)
        contains(worker.log(), text)


for title, row in FORKED.items():
    add(f"processes: a forked child that {title}", lambda row=row: forked(*row))


@case
def a_forked_child_has_no_socket_of_the_worker():
    source = """
import os, time
if os.fork():
    plugin._status_message = "waiting"
time.sleep(20)
os._exit(0)
"""
    with Worker("evaluate", "Evaluate") as worker:
        run = worker.begin("run", source)
        worker.send(signal.SIGKILL)
        worker.wait()
        run.join(3)
        check(members(worker.pid), "the child lives")
        check(isinstance(run.error, OSError), f"the client saw no end: {run.result!r} {run.error!r}")
        try:
            worker.get("/health", seconds=3)
        except ConnectionRefusedError:
            return
        raise AssertionError("the port is still open")
