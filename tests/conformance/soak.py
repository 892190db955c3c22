"""Mixed load for minutes: memory, file descriptors and threads are afterwards what they were after the warm-up.

Clients ask for health, run calls and streams, leave at random, are stopped by SIGSTOP, cancel, and let the plugin
fail and panic; bursts of connections take all file descriptors of the worker.
"""

import contextlib
import csv
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter

from load import probe, raise_file_limit
from table import Table

# Few, so that a burst of connections takes them all.
FILES = 200
BURST = 300

# The part of the time after which the figures are compared with those at the end.
WARM_UP = 0.2
# Time without load before figures are taken.
REST = 3

# What may be added.
MEMORY_SLACK = 2 << 20
MEMORY_FACTOR = 1.05

# A client that takes a stream slowly, to be stopped.
READER = """
import socket, sys
body = b'{"kwargs":{"n":2000,"pad":200}}'
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"POST /execute_stream HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
while s.recv(1000): pass
"""


def run(context):
    raise_file_limit(8_000)
    seconds = 10 if context.quick else context.minutes * 60
    options = ["--queue", "16", "--cancel-grace", "1"]
    with context.servers.ours(*options, cls="Parallel", files=FILES) as server:
        soak = Soak(server)
        sampler = Sampler(server, soak)
        before = soak.load(seconds * WARM_UP)
        after = soak.load(seconds * (1 - WARM_UP))
        sampler.stop()
        alive = server.is_alive()
    save(context, sampler.samples)
    return [report(soak, sampler, before, after, alive, seconds)]


def report(soak, sampler, before, after, alive, seconds):
    requests = sum(soak.statuses.values())
    note = f"{seconds / 60:.1f} minutes of mixed load, {requests:,} requests: before and after, each without load."
    table = Table("Soak", ["figure", "after the warm-up", "at the end"], note)
    limit = max(before.memory * MEMORY_FACTOR, before.memory + MEMORY_SLACK)
    grown = f"grew above {limit / 2**20:.1f} MiB"
    table.row("memory", f"{before.memory / 2**20:.1f} MiB", f"{after.memory / 2**20:.1f} MiB", failure=after.memory > limit and grown)
    for name in ("files", "threads"):
        first, last = getattr(before, name), getattr(after, name)
        table.row(f"open {name}" if name == "files" else name, first, last, failure=last > first and "more than before")
    slowest = [sample["health_ms"] for sample in sampler.samples if sample["health_ms"] is not None]
    median = statistics.median(slowest) if slowest else float("inf")
    unanswered = sum(sample["health_ms"] is None for sample in sampler.samples)
    told = f"median {median:.1f} ms, slowest {max(slowest, default=0):.1f} ms, {unanswered} unanswered"
    table.row("`/health` during the load", "", told)
    wrong = {status: count for status, count in soak.statuses.items() if status not in soak.EXPECTED}
    table.row("answers", "", ", ".join(f"{count:,} × {status}" for status, count in sorted(soak.statuses.items(), key=str)), failure=wrong and f"unexpected: {wrong}")
    table.row("the worker", "", "lives" if alive else "has ended", failure=None if alive else "it has ended")
    return table


class Figures:
    def __init__(self, pid):
        status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
        self.memory = int(status["VmRSS"].split()[0]) * 1024
        self.threads = int(status["Threads"])
        self.files = len(os.listdir(f"/proc/{pid}/fd"))


class Soak:
    # 0 is a connection that the worker's limits ended.
    EXPECTED = {200, 404, 409, 500, 503, 0}

    def __init__(self, server):
        self.server = server
        self.statuses = Counter()
        self.goes_on = False

    def load(self, seconds):
        """Runs the load, and returns the figures after it."""
        self.goes_on = True
        tasks = [self.health, self.calls, self.calls, self.streams, self.failures, self.cancels, self.leaves, self.stops, self.bursts]
        threads = [threading.Thread(target=self.repeat, args=(task, index)) for index, task in enumerate(tasks)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.goes_on = False
        for thread in threads:
            thread.join()
        time.sleep(REST)
        return Figures(self.server.pid)

    def repeat(self, task, seed):
        chance = random.Random(seed)
        while self.goes_on and self.server.is_alive():
            try:
                task(chance)
            except (OSError, http.client.HTTPException):
                self.statuses[0] += 1
                time.sleep(0.01)

    def post(self, path, kwargs, headers=None):
        body = json.dumps({"kwargs": kwargs})
        status, _ = self.server.request(path, body, headers=headers, timeout=10)
        self.statuses[status] += 1

    def health(self, _):
        for path in ("/health", "/ready", "/stats", "/runs", "/progress"):
            status, _ = self.server.request(path, timeout=10)
            self.statuses[status] += 1
        time.sleep(0.01)

    def calls(self, chance):
        self.post("/execute", {"a": "x" * chance.choice([1, 100, 10_000, 1_000_000])})
        self.post("/execute", {"op": "sleep", "secs": chance.random() * 0.05})
        self.post("/execute", {"op": "text", "n": chance.choice([1, 1000, 1_000_000])})

    def streams(self, chance):
        self.post("/execute_stream", {"n": chance.randrange(100), "pad": chance.choice([0, 1000])})
        self.post("/execute_stream", {"n": 5, "delay": 0.01})

    def failures(self, chance):
        self.post("/execute", {"op": "panic", "message": "soak"})
        self.post("/execute", {"op": "fail", "message": "x" * chance.randrange(10_000)})
        self.post("/execute_stream", {"n": 3, "panic_at": 1})
        self.post("/execute", {"op": "log", "message": "x" * 1000})
        time.sleep(0.05)

    def cancels(self, chance):
        name = f"soak-{chance.randrange(1 << 32)}"
        args = ("/execute", {"op": "sleep", "secs": 5}, {"X-Run-Id": name})
        run = threading.Thread(target=self.guarded_post, args=args)
        run.start()
        time.sleep(chance.random() * 0.05)
        status, _ = self.server.request(f"/runs/{name}/cancel", "", timeout=10)
        while status == 404 and run.is_alive():
            # The run has not arrived, or was not admitted.
            time.sleep(0.01)
            status, _ = self.server.request(f"/runs/{name}/cancel", "", timeout=10)
        self.statuses[status] += 1
        run.join()

    def guarded_post(self, *args):
        try:
            self.post(*args)
        except (OSError, http.client.HTTPException):
            self.statuses[0] += 1

    def leaves(self, chance):
        """Clients that leave before they have an answer, some in the middle of their request."""
        kwargs = chance.choice([{"op": "sleep", "secs": 5}, {"n": 100_000}])
        body = json.dumps({"kwargs": kwargs}).encode()
        path = "/execute" if "op" in kwargs else "/execute_stream"
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        data = head.encode() + body
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(data[: chance.choice([len(data), len(data), chance.randrange(len(data))])])
            time.sleep(chance.random() * 0.05)

    def stops(self, chance):
        """Clients that are stopped while they read, and then go on or are killed."""
        command = [sys.executable, "-S", "-c", READER, str(self.server.port)]
        client = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.05 + chance.random() * 0.1)
        client.send_signal(signal.SIGSTOP)
        time.sleep(chance.random())
        client.send_signal(chance.choice([signal.SIGCONT, signal.SIGKILL]))
        with contextlib.suppress(subprocess.TimeoutExpired):
            client.wait(5)
        client.kill()
        client.wait()

    def bursts(self, _):
        """More connections than the worker has file descriptors."""
        connections = []
        try:
            for _ in range(BURST):
                connections.append(socket.create_connection(("127.0.0.1", self.server.port), timeout=2))
        finally:
            time.sleep(0.2)
            for connection in connections:
                connection.close()
        for _ in range(20):
            if self.goes_on:
                time.sleep(0.1)


class Sampler(threading.Thread):
    """Takes the figures each second."""

    def __init__(self, server, soak):
        super().__init__(daemon=True)
        self.server, self.soak = server, soak
        self.samples = []
        self.goes_on = True
        self.begin = time.monotonic()
        self.start()

    def run(self):
        while self.goes_on and self.server.is_alive():
            with contextlib.suppress(OSError):
                self.samples.append(self.sample())
            time.sleep(1)

    def sample(self):
        figures = Figures(self.server.pid)
        begin = time.monotonic()
        answered = probe(self.server.port)
        return {
            "seconds": round(begin - self.begin, 1),
            "memory_mib": round(figures.memory / 2**20, 2),
            "files": figures.files,
            "threads": figures.threads,
            "requests": sum(self.soak.statuses.values()),
            "health_ms": round((time.monotonic() - begin) * 1000, 2) if answered else None,
        }

    def stop(self):
        self.goes_on = False
        self.join()


def save(context, samples):
    path = context.work / "soak.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, samples[0].keys())
        writer.writeheader()
        writer.writerows(samples)
    print(f"samples: {path}")
    if context.docs:
        plot(samples, context.docs / "soak.svg")


def plot(samples, path):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # The same samples give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "soak"
    minutes = [sample["seconds"] / 60 for sample in samples]
    figure, axes = pyplot.subplots(3, 1, sharex=True, figsize=(8, 6))
    for axis, key, title in zip(axes, ("memory_mib", "files", "threads"), ("memory (MiB)", "open files", "threads"), strict=True):
        axis.plot(minutes, [sample[key] for sample in samples], linewidth=0.8)
        axis.set_ylabel(title)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("minutes")
    axes[0].set_title("A worker under mixed load")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
