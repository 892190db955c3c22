"""The servers that are compared: this worker, a plain axum server, and the original worker."""

import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent

START_TIMEOUT = 20


class Server:
    """A running server; `name` is its column in the tables."""

    def __init__(self, command, *, port=None, cwd=None, files=None):
        def limit():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if port is None else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            preexec_fn=limit,
        )
        self.pid = self.process.pid
        self.port = port if port is not None else self._announced()

    def _announced(self):
        line = self.process.stdout.readline()
        announcement = json.loads(line) if line.strip() else {}
        if not announcement.get("url"):
            self.stop()
            raise RuntimeError(f"{self.name} did not start: {announcement.get('message')}")
        return int(announcement["url"].rsplit(":", 1)[1])

    def request(self, path, body=None, *, headers=None, timeout=20, method=None):
        """Returns status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            method = method or ("GET" if body is None else "POST")
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def json(self, path, body=None):
        return json.loads(self.request(path, body)[1])

    def runs(self):
        """The number of calls of the plugin so far."""
        counts = self.json("/stats")["runs"]
        states = ("running", "queued", "finished", "failed", "cancelled", "timed_out")
        return sum(counts.get(state, 0) for state in states)

    def is_alive(self):
        return self.process.poll() is None

    def resident(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def stop(self):
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Ours(Server):
    name = "this worker"

    def __init__(self, dist, *options, plugin="conformance", cls="Conformance", files=None):
        library = os.path.join(dist, f"plugins/lib{plugin}.so")
        command = [os.path.join(dist, "universal-worker"), "--module", library]
        if cls:
            command += ["--class", cls]
        command += ["--log-level", "error", "--ppid", str(os.getpid()), *options]
        super().__init__(command, files=files)


class Axum(Server):
    name = "axum"

    def __init__(self, program, *options, files=None):
        super().__init__([program, *options], files=files)


class Original(Server):
    name = "original"

    def __init__(self, python, *, files=None):
        port = free_port()
        worker = [python, "-m", "cjm_plugin_system.core.worker"]
        plugin = ["--module", "counted", "--class", "Counted"]
        super().__init__(
            [*worker, *plugin, "--port", str(port), "--ppid", str(os.getpid())],
            port=port,
            cwd=HERE,
            files=files,
        )
        self._await()

    def _await(self):
        end = time.monotonic() + START_TIMEOUT
        while True:
            try:
                self.request("/health", timeout=2)
                return
            except OSError:
                if time.monotonic() > end or not self.is_alive():
                    raise RuntimeError("the original worker did not start") from None
                time.sleep(0.02)

    def runs(self):
        return self.json("/config")["calls"]


class Servers:
    """Starts servers; those to compare with may be missing."""

    def __init__(self, dist, axum, original):
        self._dist = os.path.abspath(dist)
        self._axum = os.path.abspath(axum) if axum else None
        # A link in an environment must not be resolved.
        self._original = os.path.abspath(original) if original else None

    def ours(self, *options, **more):
        return Ours(self._dist, *options, **more)

    def axum(self, *options, **more):
        return Axum(self._axum, *options, **more)

    def original(self, **more):
        return Original(self._original, **more)

    def starts(self, *options, files=None, axum=()):
        """What starts each server, ours first; `options` are for this worker."""
        found = [lambda: self.ours(*options, files=files)]
        if self._axum:
            found.append(lambda: self.axum(*axum, files=files))
        if self._original:
            found.append(lambda: self.original(files=files))
        return found

    def columns(self, *options, **more):
        """Each server in turn."""
        for start in self.starts(*options, **more):
            with start() as server:
                yield server

    def names(self):
        others = [(self._axum, Axum.name), (self._original, Original.name)]
        return [Ours.name, *(name for program, name in others if program)]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
