"""Cancelled runs end, in whatever they wait."""

import time

from harness import Background, Reply, Worker, check, contains, equal, serving, wait_until
from registry import add, case

KINDS = (
    "sleep", "lock", "queue", "socket", "subprocess", "regex", "loop", "coroutine",
    "event", "join", "select", "own_loop",
)  # fmt: skip

SYNCHRONOUS = tuple(kind for kind in KINDS if kind != "coroutine")

#: Limits in seconds until a cancelled run is over, for a class without and with a method of its own.
AT_ONCE, AFTER_ASKING = 1.0, 2.5


def latency(worker, kind, run_id="run", **options):
    """The time from a cancel to the end of its run."""
    run = worker.begin(run_id, kind, **options)
    began = time.monotonic()
    equal(worker.cancel(run_id).json, {"status": "cancelled"})
    reply = run.wait()
    seconds = run.ended_at - began
    equal(reply.status, 409, f"{kind}: {reply!r}")
    report = worker.report(run_id)
    equal((report["state"], report["reason"]), ("cancelled", "cancel"), kind)
    return seconds


def every_kind(class_name, limit, *arguments, kinds=KINDS):
    latencies = []
    with Worker("waits", class_name, *arguments) as worker:
        for number, kind in enumerate(kinds):
            for turn in range(2):
                seconds = latency(worker, kind, f"run{number}-{turn}")
                equal(worker.execute().status, 200, f"the run after {kind}")
                wait_until(lambda: worker.get("/ready").status == 200, "ready")
                latencies.append((seconds, kind))
                check(seconds < limit, f"{kind} took {seconds:.2f} s")
    slowest, kind = max(latencies)
    return f"max {slowest * 1000:.1f} ms, {kind}"


add("cancel: every kind of wait", lambda: every_kind("Waits", AT_ONCE), alone=True)
add(
    "cancel: every kind of wait beside idle lanes", lambda: every_kind("Waits", AT_ONCE, "--concurrency", "3")
)
add("cancel: a class with the empty cancel of the base", lambda: every_kind("Inherited", AT_ONCE))
add(
    "cancel: a class that catches every Exception",
    lambda: every_kind("CatchesExceptions", AT_ONCE, kinds=SYNCHRONOUS),
)


@case
def the_first_cancel_of_a_process_hits_a_regex():
    """It holds the interpreter lock, so that nothing on the way of the cancel may wait for it."""
    with Worker("waits", "Waits") as worker:
        seconds = latency(worker, "regex")
        check(seconds < AT_ONCE, f"{seconds:.2f} s")
        wait_until(lambda: not worker.report("run")["lane_held"], "the lane", 2)


@case
def a_class_with_a_flag_stops_by_itself():
    with Worker("waits", "Flag") as worker:
        seconds = latency(worker, "flag")
        check(seconds < AT_ONCE, f"{seconds:.2f} s")
        equal(worker.execute().ok(), 1)
        return f"{seconds * 1000:.1f} ms"


@case
def a_flag_that_is_not_looked_at_is_followed_by_an_interrupt():
    with Worker("waits", "Flag") as worker:
        seconds = latency(worker, "sleep")
        check(seconds < AFTER_ASKING, f"{seconds:.2f} s")
        equal(worker.execute().ok(), 1)
        return f"{seconds * 1000:.1f} ms"


def cancel_method(class_name):
    with Worker("waits", class_name, "--cancel-grace", "10") as worker:
        seconds = latency(worker, "sleep")
        check(seconds < AFTER_ASKING + 1.5, f"{seconds:.2f} s")
        equal(worker.execute().ok(), 1)
        return f"{seconds * 1000:.0f} ms"


add("cancel: a cancel method that blocks", lambda: cancel_method("BlockingCancel"))
add("cancel: a cancel method that raises", lambda: cancel_method("RaisingCancel"))


@case
def a_late_flag_does_not_touch_the_next_run():
    with Worker("waits", "Flag") as worker:
        for number in range(20):
            run = worker.begin(f"run{number}", "flag")
            worker.cancel(f"run{number}")
            following = Background(worker.execute, "sleep", 0.01)
            run.wait()
            equal(following.wait().status, 200)


@case
def releases_in_finally_are_not_interrupted_twice():
    with Worker("waits", "SlowRelease") as worker:
        latency(worker, "sleep")
        equal(worker.execute().ok(), 1)


@case
def each_of_three_runs_is_cancelled_alone():
    with Worker("waits", "Waits", "--concurrency", "3") as worker:
        # Not among them: waits in C code on a thread that signals do not reach.
        for kind in ("loop", "coroutine"):
            runs = {name: worker.begin(kind + name, kind) for name in "abc"}
            for name in "bac":
                began = time.monotonic()
                worker.cancel(kind + name)
                equal(runs.pop(name).wait().status, 409)
                check(time.monotonic() - began < AT_ONCE, f"{kind}: {time.monotonic() - began:.2f} s")
                for other, run in runs.items():
                    check(run.is_alive(), f"{kind}: the cancel of {name} ended {other}: {run.result!r}")
                    equal(worker.report(kind + other)["state"], "running")
            equal(worker.execute().ok(), 0)


@case
def cancelling_all_ends_all():
    with Worker("waits", "Waits", "--concurrency", "3") as worker:
        runs = [worker.begin(name, "loop") for name in "abc"]
        equal(worker.post("/cancel").json, {"status": "cancelled"})
        equal([run.wait().status for run in runs], [409] * 3)


@case
def a_deadline_interrupts():
    with Worker("waits", "Waits") as worker:
        for kind in ("sleep", "loop", "coroutine"):
            reply = worker.execute(kind, headers={"X-Timeout-Ms": "200"})
            equal(reply.status, 504)
            check(reply.seconds < 0.2 + AT_ONCE, f"{kind}: {reply.seconds:.2f} s")
            equal(worker.execute().status, 200)


@case
def a_client_that_leaves_interrupts():
    with Worker("waits", "Waits") as worker:
        for path in ("/execute", "/execute_stream"):
            run_id = path.strip("/")
            connection = worker.connect()
            connection.request("POST", path, '{"args":["sleep"]}', {"X-Run-Id": run_id})
            wait_until(
                lambda: worker.get(f"/progress?run_id={run_id}").json.get("message") == "waiting", "the run"
            )
            began = time.monotonic()
            connection.sock.close()
            connection.close()
            wait_until(lambda: not worker.report(run_id)["lane_held"], "the lane")
            report = worker.report(run_id)
            equal((report["state"], report["reason"]), ("cancelled", "client_gone"))
            check(time.monotonic() - began < AT_ONCE, f"{time.monotonic() - began:.2f} s")
            equal(worker.execute().status, 200)


@case
def a_cancelled_stream_ends_with_an_error_line():
    with Worker("waits", "Waits") as worker:
        run = Background(worker.stream, "sleep", headers={"X-Run-Id": "run"})
        wait_until(lambda: worker.get("/progress?run_id=run").json.get("message") == "waiting", "the run")
        worker.cancel("run")
        lines = run.wait().text.splitlines()
        equal(lines[0], "1")
        contains(lines[-1], '"error"')


@case
def interrupts_can_be_turned_off():
    with Worker("waits", "Waits", "--interrupt", "never", "--cancel-grace", "0.3") as worker:
        run = worker.begin("run", "sleep", 1.5)
        worker.cancel("run")
        equal(run.wait().status, 409)
        wait_until(lambda: worker.report("run")["phase"] == "wedged", "wedged")
        wait_until(lambda: not worker.report("run")["lane_held"], "the end of its sleep")
        equal(worker.execute().status, 200)


@case
def a_cancel_right_after_a_run_never_hits_the_next():
    """A run that ends by itself at the moment of its cancel."""
    with Worker("waits", "Waits") as worker:
        for number in range(60):
            run = Background(worker.execute, "sleep", 0.02, headers={"X-Run-Id": f"run{number}"})
            time.sleep(0.02 + number % 10 * 0.001)
            worker.cancel(f"run{number}")
            following = worker.execute("loop", 0.005)
            equal(following.status, 200, following)
            check(run.wait().status in (200, 409), run.result)


@case
def the_cancelled_exception_is_seen_by_finally_but_not_by_except_exception():
    source = """
import time
plugin.kept["seen"] = []
plugin._status_message = "waiting"
plugin._progress = 0.1
try:
    time.sleep(30)
except Exception:
    plugin.kept["seen"].append("except")
finally:
    plugin.kept["seen"].append("finally")
"""
    with Worker("evaluate", "Evaluate") as worker:
        latency(worker, source)
        equal(worker.do("result = plugin.kept"), {"seen": ["finally"]})


@case
def the_coroutine_of_a_cancelled_run_does_not_run_in_the_next():
    with serving(STRAYS) as worker:
        worker.execute().ok()
        connection = worker.connect()
        for _ in range(40):
            for headers in ({"X-Timeout-Ms": "1"}, {}):
                connection.request("POST", "/execute", "{}", headers)
                reply = Reply(connection.getresponse(), 0)
                check(reply.status == 200 or headers, reply)
            equal(reply.json, [], "runs whose coroutine ran later")
        connection.close()


#: It takes a while to make a task, so that the interrupt comes then.
STRAYS = """
import asyncio, time
def make_task(loop, coroutine, **options):
    task = asyncio.Task(coroutine, loop=loop, **options)
    end = time.monotonic() + 0.003
    while time.monotonic() < end: pass
    return task
class Plugin:
    def __init__(self): self.run, self.strays = 0, []
    def execute(self):
        self.run += 1
        return self.work(self.run)
    async def work(self, run):
        asyncio.get_running_loop().set_task_factory(make_task)
        if run != self.run: self.strays.append(run)
        return self.strays
"""


def swallowed(*others):
    """A coroutine that goes on after the first cancel of its task."""
    sleep = "import time; plugin._status_message = 'waiting'; time.sleep(20)"
    source = """
import asyncio
async def f():
    plugin._status_message = "waiting"
    while True:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            pass
result = f()
"""
    with Worker("evaluate", "Evaluate", "--concurrency", "2", "--cancel-grace", "8") as worker:
        others = [worker.begin(other, sleep) for other in others]
        run = worker.begin("run", source)
        worker.cancel("run")
        equal(run.wait().status, 409)
        wait_until(lambda: not worker.report("run")["lane_held"], "the lane", 5)
        check(all(other.is_alive() for other in others), "another run ended")


add("cancel: a coroutine that swallows a cancel", swallowed)
add("cancel: a coroutine of another lane that swallows a cancel", lambda: swallowed("other"))
