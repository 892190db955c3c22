"""Control routes answer while the plugin computes."""

import time

from harness import Background, Worker, check, equal
from registry import add

ROUTES = ("/health", "/ready", "/stats", "/progress", "/runs", "/config", "/config_schema")

#: The limit in seconds, below the time of a run; on an idle machine it is a few milliseconds.
LIMIT = 1.2


def answers_during(kind, seconds):
    slowest = (0, "")
    with Worker("waits", "Waits") as worker:
        for path in ROUTES:
            worker.get(path)
        end = time.monotonic() + seconds
        run = worker.begin("run", kind, seconds)
        asked = 0
        while time.monotonic() < end - 0.2:
            for path in ROUTES:
                reply = worker.get(path)
                check(reply.status in (200, 503), f"{path}: {reply!r}")
                slowest = max(slowest, (reply.seconds, path))
                asked += 1
        equal(worker.report("run")["state"], "running")
        equal(run.wait().status, 200)
    check(slowest[0] < LIMIT, f"{slowest[1]} took {slowest[0] * 1000:.0f} ms")
    return f"{asked} requests, slowest {slowest[0] * 1000:.1f} ms, {slowest[1]}"


def cancel_is_answered_during(kind):
    with Worker("waits", "Waits") as worker:
        run = worker.begin("run", kind, 1.5)
        reply = worker.cancel("run")
        check(reply.seconds < LIMIT, f"{reply.seconds * 1000:.0f} ms")
        equal(reply.status, 200)
        run.wait()
        equal(worker.execute().status, 200)


def queued_run_is_cancelled_during_native_code():
    with Worker("waits", "Waits") as worker:
        run = worker.begin("first", "native", 1.5)
        second = Background(worker.execute, "sleep", headers={"X-Run-Id": "second"})
        while worker.get("/runs/second").status != 200:
            time.sleep(0.005)
        began = time.monotonic()
        equal(worker.cancel("second").status, 200)
        equal(second.wait().status, 409)
        check(time.monotonic() - began < LIMIT, "the queued run waited for the first one")
        equal(run.wait().status, 200)


for kind, title in (
    ("native", "native code holds the interpreter"),
    ("loop", "Python computes"),
    ("sleep", "it sleeps"),
):
    add(f"control: routes answer while {title}", lambda kind=kind: answers_during(kind, 1.5), alone=True)
    add(f"control: cancel is answered while {title}", lambda kind=kind: cancel_is_answered_during(kind))
add(
    "control: a queued run is cancelled while native code holds the interpreter",
    queued_run_is_cancelled_during_native_code,
)
