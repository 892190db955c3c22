"""Memory, threads and file descriptors stay where they are."""

import http.client
import json
import os

from harness import Settings, Worker, check, equal, wait_until
from registry import add


class Figures:
    """What a worker uses."""

    def __init__(self, worker):
        with open(f"/proc/{worker.pid}/status") as lines:
            status = dict(line.split(":", 1) for line in lines)
        self.rss = int(status["VmRSS"].split()[0]) / 1024
        self.threads = int(status["Threads"])
        self.descriptors = len(os.listdir(f"/proc/{worker.pid}/fd"))
        with open(f"/proc/{worker.pid}/maps") as lines:
            self.mappings = sum(1 for _ in lines)


def times(count):
    return count * 10 if Settings.thorough else count


def repeat(worker, count, path, body, status, headers=None):
    """Sends the same request on one connection."""
    connection = http.client.HTTPConnection(worker.address, timeout=60)
    for _ in range(count):
        connection.request("POST", path, body, headers or {})
        response = connection.getresponse()
        response.read()
        equal(response.status, status)
    connection.close()


def stays_flat(class_name, arguments, count, act, growth):
    with Worker(
        "evaluate" if class_name == "Evaluate" else "waits", class_name, "--log-level", "error", *arguments
    ) as worker:
        act(worker, count // 5)
        settled(worker)
        before = Figures(worker)
        act(worker, count)
        settled(worker)
        # Lanes start when they are needed.
        threads = before.threads + 2 * ("--concurrency" in arguments)
        wait_until(lambda: Figures(worker).threads <= threads, "the threads", 5)
        wait_until(lambda: Figures(worker).descriptors <= before.descriptors, "the descriptors", 5)
        wait_until(lambda: Figures(worker).mappings <= before.mappings + 40, "the mappings of memory", 5)
        after = Figures(worker)
        check(after.rss - before.rss < growth, f"memory grew from {before.rss:.1f} to {after.rss:.1f} MiB")
        return f"{count} times, {after.rss - before.rss:+.1f} MiB, {after.threads} threads, {after.descriptors} descriptors"


def settled(worker):
    wait_until(lambda: worker.get("/ready").status == 200, "ready")
    worker.do("import gc; gc.collect()") if worker.get("/health").json[
        "name"
    ] == "evaluate" else worker.execute()


def raising(worker, count):
    repeat(worker, count, "/execute", json.dumps({"args": ["import m_i_s_s_i_n_g"]}), 500)


def succeeding(worker, count):
    repeat(worker, count, "/execute", json.dumps({"args": ["result = list(range(100))"]}), 200)


def streaming(worker, count):
    repeat(worker, count, "/execute_stream", json.dumps({"args": ["result = range(10)"]}), 200)


def initializing(worker, count):
    repeat(worker, count, "/initialize", json.dumps({"a": ["x"] * 100}), 200)


def timed_out(kind):
    def act(worker, count):
        repeat(worker, count, "/execute", json.dumps({"args": [kind]}), 504, {"X-Timeout-Ms": "1"})

    return act


CASES = {
    "raising runs": ("Evaluate", (), 1000, raising, 8),
    "runs that succeed": ("Evaluate", (), 1000, succeeding, 8),
    "streams": ("Evaluate", (), 500, streaming, 8),
    "initialize": ("Evaluate", (), 200, initializing, 8),
    "cancelled runs that sleep": ("Waits", (), 1000, timed_out("sleep"), 8),
    "cancelled runs that compute": ("Waits", (), 500, timed_out("loop"), 8),
    "cancelled coroutines": ("Waits", (), 500, timed_out("coroutine"), 8),
    "cancelled runs of a class with a flag": ("Flag", (), 500, timed_out("flag"), 8),
    "cancelled runs of three lanes": ("Waits", ("--concurrency", "3"), 500, timed_out("loop"), 8),
}

for title, (class_name, arguments, count, act, growth) in CASES.items():
    add(
        f"flat: {title}",
        lambda c=class_name, a=arguments, n=count, f=act, g=growth: stays_flat(c, a, times(n), f, g),
    )
