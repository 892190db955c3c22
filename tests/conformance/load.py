"""Connections that hold a server up, and what its health route answers meanwhile."""

import contextlib
import os
import resource
import socket
import time

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
PROBE_TIMEOUT = 2.0


def raise_file_limit(files):
    """The limit of open files of this process: `files`, or what is allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files


def sockets_of(pid):
    """The number of open sockets of a process."""
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
    return count


class Crowd:
    """Many connections of one kind."""

    def __init__(self, port, count, opening):
        self.connections = []
        for _ in range(count):
            connection = socket.socket()
            # Small, so that answers that are not read soon fill it.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(PROBE_TIMEOUT)
            connection.connect(("127.0.0.1", port))
            connection.setblocking(False)
            # A server without room for it does not take it.
            with contextlib.suppress(OSError):
                connection.send(opening)
            self.connections.append(connection)

    def close(self):
        for connection in self.connections:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Health:
    """The times of `/health` on new connections, in milliseconds."""

    def __init__(self, port, seconds):
        self.times, self.failures = [], 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            if probe(port):
                self.times.append((time.monotonic() - begin) * 1000)
            else:
                self.failures += 1
            time.sleep(0.002)
        self.times.sort()

    def percentile(self, part):
        if not self.times:
            return float("inf")
        return self.times[min(len(self.times) - 1, int(len(self.times) * part))]

    def __str__(self):
        if not self.times:
            return "`/health` unanswered"
        text = f"`/health` p50 {self.percentile(0.5):.1f}, p99 {self.percentile(0.99):.1f}, max {self.times[-1]:.1f} ms"
        return text + (f", {self.failures} unanswered" if self.failures else "")


def probe(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PROBE_TIMEOUT) as connection:
            connection.sendall(HEAD)
            return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
