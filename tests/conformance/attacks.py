"""Connections that do nothing, half of something, or all of it slowly: whether the others are served meanwhile."""

import pathlib
import re
import shutil
import subprocess
import threading
import time

from load import HEAD, Crowd, Health, raise_file_limit, sockets_of
from table import Table

# Wanted: milliseconds of /health during any attack, and bytes of an idle connection.
HEALTH_P99 = 10
IDLE_BYTES = 16 << 10

# Short, so that what times out is seen within the window.
TIMEOUTS = ["--header-timeout", "3", "--body-timeout", "3", "--write-timeout", "3"]
WINDOW = 14

SETTLE = 1.5

SLOW = {
    "slow heads (slowhttptest -H)": (["-H", "-i", "10", "-t", "GET"], "/health"),
    "slow bodies (slowhttptest -B)": (["-B", "-i", "10", "-s", "8192", "-t", "POST"], "/execute"),
    "slow readers (slowhttptest -X)": (
        ["-X", "-w", "64", "-y", "128", "-n", "10", "-z", "8", "-k", "10"],
        "/stats",
    ),
}

POST = b"POST /execute HTTP/1.1\r\nHost: localhost\r\n"
CROWDS = {
    "silent": b"",
    "idle after a request": HEAD,
    "half a head": b"GET /health HTTP/1.1\r\nHost: local",
    "half a body": POST + b'Content-Length: 100\r\n\r\n{"kwargs',
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n64\r\n{",
    "readers that read nothing": HEAD.replace(b"/health", b"/stats") * 300,
}


def run(context):
    raise_file_limit(16_000)
    tables = [slow(context), crowded(context), idle(context)]
    if shutil.which("wrk"):
        tables.append(throughput(context))
    else:
        print("skipped wrk: it is not installed")
    return tables


def slow(context):
    names = context.servers.names()
    count = 50 if context.quick else 200
    note = (
        f"Of {count} connections, those that the server closed within {WINDOW} s (this worker with timeouts "
        "of 3 s), and `/health` meanwhile."
    )
    table = Table("Slow connections", ["attack", *names], note)
    if not shutil.which("slowhttptest"):
        print("skipped slowhttptest: it is not installed")
        return table
    for name, (options, path) in SLOW.items():
        cells, failure = [], None
        for server in context.servers.columns(*TIMEOUTS):
            closed, health = slow_attack(server, options, path, count)
            cells.append(f"{closed} of {count} closed; {health}")
            if server.name == names[0]:
                failure = too_slow(health) or (closed < count and cells[0])
        table.row(name, *cells, failure=failure)
    return table


def slow_attack(server, options, path, count):
    """How many connections the server closed, and its health meanwhile."""
    url = f"http://127.0.0.1:{server.port}{path}"
    command = ["slowhttptest", *options, "-c", str(count), "-r", str(count), "-l", str(WINDOW + 10), "-u", url, "-p", "3"]
    before = sockets_of(server.pid)
    attack = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        peak = Peak(server.pid)
        health = Health(server.port, WINDOW)
        left = sockets_of(server.pid) - before
    finally:
        attack.kill()
        attack.wait()
    if peak.stop() - before < count / 2:
        return 0, health
    # The probe may have a connection of its own.
    return min(count, count - left + (1 if left == 1 else 0)), health


class Peak(threading.Thread):
    """Watches the most sockets that a process has."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.goes_on = pid, 0, True
        self.start()

    def run(self):
        while self.goes_on:
            self.most = max(self.most, sockets_of(self.pid))
            time.sleep(0.05)

    def stop(self):
        self.goes_on = False
        self.join()
        return self.most


def too_slow(health):
    if health.failures or health.percentile(0.99) >= HEALTH_P99:
        return str(health)
    return None


def crowded(context):
    names = context.servers.names()
    seconds = 2 if context.quick else 5
    note = "600 connections of a kind, which is more than this worker's `--max-connections` (512), and `/health` on new ones."
    table = Table("Crowds", ["connections", *names], note)
    for name, opening in CROWDS.items():
        cells, failure = [], None
        for server in context.servers.columns():
            health = crowd(server, opening, seconds)
            if server.name == names[0] and too_slow(health):
                # Another program may have had the CPU.
                health = crowd(server, opening, seconds)
                failure = too_slow(health)
            cells.append(str(health))
        table.row(f"600 {name}", *cells, failure=failure)
    return table


def crowd(server, opening, seconds):
    with Crowd(server.port, 600, opening):
        # What they sent is answered first.
        time.sleep(SETTLE)
        return Health(server.port, seconds)


def idle(context):
    count = 1_000 if context.quick else 10_000
    names = context.servers.names()
    note = "Connections that stay open after a request: the memory of each, and `/health` meanwhile."
    table = Table("Idle connections", ["connections", *names], note)
    options = ["--max-connections", str(count + 2_000), "--header-timeout", "600"]
    cells, failure = [], None
    for server in context.servers.columns(*options, files=16_000):
        before = server.resident()
        with Crowd(server.port, count, HEAD):
            time.sleep(1)
            open_now = sockets_of(server.pid)
            each = (server.resident() - before) / count
            health = Health(server.port, 3)
        cells.append(f"{each / 1024:.1f} KiB each; {health}")
        if server.name == names[0]:
            failure = too_slow(health) or (each >= IDLE_BYTES and cells[0])
            failure = failure or (open_now < count and f"only {open_now} are open")
    table.row(f"{count:,} idle", *cells, failure=failure)
    return table


def throughput(context):
    names = context.servers.names()
    seconds = 2 if context.quick else 5
    note = "`wrk` with 32 connections: requests each second, and the time that 99 % take at most."
    table = Table("Throughput", ["request", *names], note)
    for title, path, script in (("GET /health", "/health", None), ("POST /execute, 200 bytes", "/execute", "post.lua")):
        cells, failure = [], None
        for server in context.servers.columns("--queue", "64"):
            cells.append(wrk(server, path, script, seconds))
            if server.name == names[0] and "errors" in cells[0]:
                failure = cells[0]
        table.row(title, *cells, failure=failure)
    return table


def wrk(server, path, script, seconds):
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency"]
    if script:
        command += ["-s", pathlib.Path(__file__).parent / script]
    said = subprocess.run([*command, f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+(\S+)", said)
    slowest = re.search(r"99%\s+(\S+)", said)
    errors = re.search(r"(Non-2xx or 3xx responses: \d+|Socket errors.*)", said)
    text = f"{float(rate[1]):,.0f}/s, p99 {slowest[1]}"
    return text + (f", errors: {errors[1]}" if errors else "")
