"""Starts workers and talks to them."""

import contextlib
import http.client
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLUGINS = HERE / "plugins"
REFERENCE = HERE.parent / "integration/reference"

#: Time limit in seconds for what should happen at once, also on a busy machine.
PATIENCE = 20


class Skip(Exception):
    """A case that cannot run here."""


class Settings:
    """What the command line of the suite says."""

    dist = Path()
    thorough = False


def environment(**more):
    """The environment of a worker: that of the suite without options of workers."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UNIVERSAL_WORKER")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"} | more


class Reply:
    """The response to a request; `seconds` from its first to its last byte."""

    def __init__(self, response, began):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.seconds = time.monotonic() - began

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def detail(self):
        return self.json["detail"]

    def ok(self):
        """The result of a run that is to succeed."""
        if self.status != 200:
            raise AssertionError(f"{self.status}: {self.text[:2000]}")
        return self.json

    def __repr__(self):
        return f"{self.status} {self.text[:500]}"


class Background(threading.Thread):
    """A call in a thread of its own."""

    def __init__(self, call, *args, **kwargs):
        super().__init__(daemon=True)
        self.call = lambda: call(*args, **kwargs)
        self.result = self.error = None
        self.ended_at = None
        self.start()

    def run(self):
        try:
            self.result = self.call()
        except BaseException as error:
            self.error = error
        self.ended_at = time.monotonic()

    def wait(self, seconds=PATIENCE):
        self.join(seconds)
        check(not self.is_alive(), f"the call did not return within {seconds} s")
        if self.error is not None:
            raise self.error
        return self.result


class Process:
    """A worker's process with its output.

    It is one of the interpreter that runs the suite, unless `python` says otherwise.
    """

    def __init__(self, *arguments, python=("--python", sys.executable), cwd=None, env=None):
        self.folder = Path(tempfile.mkdtemp(prefix="worker-"))
        self.log_path = self.folder / "log"
        self.cwd = cwd or PLUGINS
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(Settings.dist / "universal-worker"), *python, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.cwd,
                env=environment(**(env or {})),
                start_new_session=True,
            )
        self.pid = self.process.pid
        self.stdout = b""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if error is not None and not isinstance(error, Skip):
            note = self.log()[-3000:]
            error.args = (f"{error.args[0] if error.args else ''}\n    log:\n{indent(note)}",)
        self.end()

    def end(self):
        """Kills what is left of the process and of its children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def announcement(self, seconds=PATIENCE):
        """The first line of stdout, parsed."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self.stdout:
            left = deadline - time.monotonic()
            check(left > 0, f"no announcement within {seconds} s")
            if select.select([self.process.stdout], [], [], left)[0]:
                read = os.read(self.process.stdout.fileno(), 65536)
                check(read, f"no announcement; exit code {self.process.poll()}")
                self.stdout += read
        return json.loads(self.stdout.partition(b"\n")[0])

    def send(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        """The exit code; minus the signal's number if one ended the process."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the worker runs {seconds} s later") from None

    def stop(self, number=signal.SIGTERM):
        self.send(number)
        return self.wait()

    def rest_of_stdout(self):
        """What followed the announcement; only after the end."""
        self.stdout += self.process.stdout.read()
        return self.stdout.partition(b"\n")[2]

    def log(self):
        return self.log_path.read_text(errors="backslashreplace")

    def wait_log(self, text, seconds=PATIENCE):
        wait_until(lambda: text in self.log(), f"'{text}' in the log", seconds)


class Worker(Process):
    """A worker that serves a class of `plugins/`."""

    def __init__(self, module, name=None, *arguments, **options):
        named = () if name is None else ("--class", name)
        super().__init__("--module", module, *named, "--port", "0", *arguments, **options)
        try:
            announced = self.announcement()
            check(announced["event"] == "ready", f"announced {announced}")
            self.address = announced["url"].removeprefix("http://")
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def connect(self, seconds=60):
        return http.client.HTTPConnection(self.address, timeout=seconds)

    def request(self, method, path, body=None, headers=None, seconds=60):
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode("utf-8", "surrogatepass")
        connection = self.connect(seconds)
        try:
            began = time.monotonic()
            connection.request(method, path, body, headers or {})
            return Reply(connection.getresponse(), began)
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, "" if body is None else body, **options)

    def execute(self, *args, headers=None, **kwargs):
        return self.post("/execute", {"args": args, "kwargs": kwargs}, headers=headers)

    def stream(self, *args, headers=None, **kwargs):
        return self.post("/execute_stream", {"args": args, "kwargs": kwargs}, headers=headers)

    def do(self, source, **options):
        """The result of code that `Evaluate` runs; it assigns to `result`."""
        return self.execute(source, **options).ok()

    def begin(self, run_id, *args, **kwargs):
        """Starts a run in the background, and waits until its plugin reports the message 'waiting'."""
        run = Background(self.execute, *args, headers={"X-Run-Id": run_id}, **kwargs)

        def waits():
            if not run.is_alive():
                raise AssertionError(f"the run ended early: {run.result or run.error!r}")
            reply = self.get(f"/progress?run_id={run_id}")
            return reply.status == 200 and reply.json["message"] == "waiting"

        wait_until(waits, f"run {run_id} to wait")
        return run

    def report(self, run_id):
        return self.get(f"/runs/{run_id}").json

    def cancel(self, run_id):
        return self.post(f"/runs/{run_id}/cancel")


def check(condition, failure):
    if not condition:
        raise AssertionError(failure)


def equal(found, wanted, what=""):
    check(found == wanted, f"{f'{what}: ' if what else ''}found {found!r}, expected {wanted!r}")


def contains(text, part):
    check(part in text, f"{part!r} is not in {text!r}")


def wait_until(condition, what, seconds=PATIENCE, interval=0.005):
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, f"waited {seconds} s for {what}")
        time.sleep(interval)


def is_gone(pid):
    """Whether a process has ended; a zombie counts as ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def indent(text):
    return "".join(f"      {line}\n" for line in text.splitlines())


@contextlib.contextmanager
def serving(source, *arguments, **options):
    """A worker with the class `Plugin` that this source defines."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "served.py").write_text(source)
        with Worker("served", "Plugin", *arguments, cwd=folder, **options) as worker:
            yield worker
