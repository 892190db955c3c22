"""Memory of results that are kept: at most their bound more, however many runs there are."""

import re
import socket
import time

from table import Table

RUNS = 100_000
QUICK_RUNS = 10_000
# So that many are queued at once.
BATCH = 100
# The bound, in bytes. Runs before those that are measured fill it, and the arenas of the allocator.
ROOM = 64 << 20
QUICK_ROOM = 8 << 20
# Bytes of a result.
RESULT = 1000

# What may be held beside the bound, which is the room of the ids of dropped results; and what may be added once
# the bound is reached.
SLACK = 4 << 20
GROWTH = 4 << 20


def run(context):
    runs, room = (QUICK_RUNS, QUICK_ROOM) if context.quick else (RUNS, ROOM)
    options = ["--queue", str(2 * BATCH), "--keep-results", str(room)]
    with context.servers.ours(*options, cls="Parallel") as server:
        client = Client(server.port)
        client.plain(runs // 10)
        figures = [server.resident()]
        client.submit(2 * runs)
        figures.append(server.resident())
        start = time.monotonic()
        for _ in range(4):
            client.submit(runs // 4)
            figures.append(server.resident())
        seconds = time.monotonic() - start
        alive = server.is_alive()
    return [report(figures, runs, room, seconds, alive)]


def report(figures, runs, room, seconds, alive):
    before, full, last = figures[0], figures[1], figures[-1]
    note = f"{runs:,} runs whose results of {RESULT} bytes are kept within {room / 2**20:.0f} MiB, in {seconds:.0f} s."
    table = Table("Kept results", ["figure", "value"], note)
    mib = [f"{figure / 2**20:.1f} MiB" for figure in figures]
    table.row("memory before, after plain runs", mib[0])
    table.row(f"after {2 * runs:,} other runs that are kept", mib[1])
    table.row("after each quarter", ", ".join(mib[2:]))
    above = last - before - room
    table.row("above the bound", f"{above / 2**20:.1f} MiB", failure=above > SLACK and "more than the ids may hold")
    table.row("growth", f"{(last - full) / 2**20:.1f} MiB", failure=last - full > GROWTH and "not flat")
    table.row("the worker", "lives" if alive else "has ended", failure=None if alive else "it has ended")
    return table


class Client:
    """One connection, on which many requests are sent at once."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.reader = self.socket.makefile("rb")

    def plain(self, count):
        self.requests("/execute", 200, count)

    def submit(self, count):
        self.requests("/runs", 202, count)

    def requests(self, path, status, count):
        body = b'{"kwargs":{"op":"text","n":%d}}' % (RESULT - 2)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        request = head.encode() + body
        while count > 0:
            size = min(BATCH, count)
            self.socket.sendall(request * size)
            statuses = [self.response() for _ in range(size)]
            count -= statuses.count(status)

    def response(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.reader.readline()
            if not line:
                raise ConnectionError("the worker has closed the connection")
            head += line
        self.reader.read(int(re.search(rb"content-length: (\d+)", head, re.I)[1]))
        return int(head.split(b" ", 2)[1])
