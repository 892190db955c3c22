"""A client that sends any bytes, and says exactly what came back."""

import json
import select
import socket
import time
from dataclasses import dataclass, field

# A server is taken to keep a connection that it has not closed for so long after its last byte.
QUIET = 0.25
# The most time for an answer.
PATIENCE = 3.0


@dataclass
class Response:
    status: int
    headers: list
    body: bytes

    def header(self, name):
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    def detail(self):
        """The `detail` of a JSON error; none if it is not one."""
        try:
            detail = json.loads(self.body).get("detail")
        except (ValueError, AttributeError):
            return None
        is_json = self.header("content-type") == "application/json"
        return detail if is_json and isinstance(detail, str) and detail else None


@dataclass
class Exchange:
    """What came back on a connection."""

    responses: list = field(default_factory=list)
    interim: list = field(default_factory=list)
    closed: bool = False
    was_reset: bool = False
    # Bytes that are no response.
    garbage: bytes = b""

    def statuses(self):
        return [response.status for response in self.responses]

    def __str__(self):
        parts = [str(status) for status in self.interim + self.statuses()]
        if self.garbage:
            parts.append("?")
        end = " reset" if self.was_reset else " closed" if self.closed else ""
        return (" ".join(parts) or "no answer") + end


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.closed = self.was_reset = False

    def send(self, data, patience=PATIENCE):
        """Sends all of it, and reads meanwhile, so that nobody waits for the other."""
        self.socket.setblocking(False)
        end = time.monotonic() + patience
        while data and not self.closed and time.monotonic() < end:
            readable, writable, _ = select.select([self.socket], [self.socket], [], PATIENCE)
            if readable:
                self._receive()
            if writable:
                try:
                    data = data[self.socket.send(data[: 1 << 16]) :]
                except BlockingIOError:
                    pass
                except OSError:
                    self.was_reset = True
                    self._drain()
                    return

    def finish(self):
        """Closes the sending side."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.was_reset = True

    def read(self, wait):
        """Reads until the end, or until nothing came for `wait` seconds; whether a byte came."""
        before = len(self.data)
        while not self.closed:
            if not select.select([self.socket], [], [], wait)[0]:
                break
            self._receive()
        return len(self.data) > before

    def _drain(self):
        while not self.closed and select.select([self.socket], [], [], 0)[0]:
            self._receive()
        self.closed = True

    def _receive(self):
        try:
            part = self.socket.recv(1 << 16)
        except ConnectionError:
            self.was_reset, part = True, b""
        self.data += part
        self.closed |= not part

    def close(self):
        self.socket.close()


def exchange(port, parts, methods, *, fin=False, patience=PATIENCE):
    """Sends `parts`, each after what the one before was answered with, and reads all answers.

    `methods` are those of the requests, since a response to HEAD has no body.
    """
    connection = Connection(port)
    try:
        for index, part in enumerate(parts):
            if index:
                connection.read(QUIET)
            connection.send(part, patience)
        if fin:
            connection.finish()
        first = time.monotonic()
        while not connection.closed and time.monotonic() < first + patience:
            came = connection.read(QUIET)
            if not came and parse(connection.data, methods).responses:
                break
        result = parse(connection.data, methods)
        result.closed, result.was_reset = connection.closed, connection.was_reset
        return result
    finally:
        connection.close()


def parse(data, methods=()):
    result = Exchange()
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        words = lines[0].split(b" ", 2)
        if not separator or not words[0].startswith(b"HTTP/1.") or not words[1:]:
            result.garbage = data
            break
        headers = [tuple(part.strip() for part in line.decode("latin-1").split(":", 1)) for line in lines[1:]]
        response = Response(int(words[1]), headers, b"")
        if response.status < 200 and response.status != 101:
            result.interim.append(response.status)
            data = rest
            continue
        number = len(result.responses)
        method = methods[min(number, len(methods) - 1)] if methods else "GET"
        body, data = _body(response, method, rest)
        if body is None:
            result.garbage = rest
            break
        response.body = body
        result.responses.append(response)
    return result


def _body(response, method, rest):
    """The body, and what follows it; no body if it is incomplete."""
    if method == "HEAD" or response.status in (204, 304):
        return b"", rest
    if "chunked" in response.header("transfer-encoding"):
        return _chunks(rest)
    length = response.header("content-length")
    if not length:
        return rest, b""
    length = int(length)
    return (rest[:length], rest[length:]) if len(rest) >= length else (None, b"")


def _chunks(rest):
    body = b""
    while True:
        line, separator, rest = rest.partition(b"\r\n")
        if not separator:
            return None, b""
        size = int(line.split(b";")[0], 16)
        if size == 0:
            # No trailers are sent.
            return body, rest.removeprefix(b"\r\n")
        if len(rest) < size + 2:
            return None, b""
        body, rest = body + rest[:size], rest[size + 2 :]
