"""The published Python host, unchanged, drives this worker, or with --original the original one.

One line a step, then `N passed, N failed`; the exit code is 1 when a step failed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

# The host's HTTP client would send even 127.0.0.1 through a proxy of the environment.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"

import httpx
from cjm_plugin_system.core.config import CJMConfig, set_config
from cjm_plugin_system.core.proxy import RemotePluginProxy

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
RECORDING = REPOSITORY / "crates/samples/voice-activity/audio/librivox-0870.wav"

# What the original worker does not have.
OURS = [
    "speech",
    "submitted_run",
    "repeated_submission",
    "preferred_submission",
    "lines_of_a_submitted_stream",
    "beside_submitted_runs",
    "live",
    "drain",
]

# Time limit in seconds for what should happen at once.
PATIENCE = 10


class Recording:
    """What the host calls a FileBackedDTO: it saves itself and travels as a path."""

    def __init__(self, source):
        self.source = source

    def to_temp_file(self):
        handle, path = tempfile.mkstemp(suffix=self.source.suffix)
        os.close(handle)
        return shutil.copyfile(self.source, path)


class Run(threading.Thread):
    """An `execute` on a separate thread, concurrent with other calls of the host."""

    def __init__(self, proxy, **kwargs):
        super().__init__(daemon=True)
        self.proxy, self.kwargs = proxy, kwargs
        self.result = self.error = None
        self.start()

    def run(self):
        try:
            self.result = self.proxy.execute(**self.kwargs)
        except Exception as error:
            self.error = error


class Steps:
    """The steps in order, on one worker that serves the conformance plugin."""

    def __init__(self, manifests):
        self.manifests = manifests
        self.proxy = None
        self.client = httpx.Client(timeout=2 * PATIENCE)

    def start(self):
        self.proxy = start(self.manifests["conformance"])
        health = httpx.get(f"{self.proxy.base_url}/health").json()
        expect(health["status"], "running")
        expect((health["name"], health["version"]), ("conformance", "1.2.3"))
        expect(health["pid"], self.proxy.process.pid)
        expect(self.proxy.is_alive(), True)

    def initialize(self):
        self.proxy.initialize({"language": "fr"})

    def refused_initialize(self):
        expect_error("bad config: x", lambda: self.proxy.initialize({"bad": "x"}))

    def config(self):
        expect(self.proxy.get_current_config(), {"language": "fr"})

    def schema(self):
        expect(self.proxy.get_config_schema()["type"], "object")

    def execute(self):
        echo = {"args": [1, "two", None], "kwargs": {"text": "héllo ☃ 😀", "big": 2**80}}
        expect(self.proxy.execute(*echo["args"], **echo["kwargs"]), echo)
        expect(asyncio.run(self.proxy.execute_async(*echo["args"], **echo["kwargs"])), echo)
        expect(self.proxy.execute(op="none"), None)
        expect_error("no such model", lambda: self.proxy.execute(op="fail", message="no such model"))

    def file_backed_arguments(self):
        answer = self.proxy.execute(Recording(RECORDING), original=RECORDING)
        expect(answer["kwargs"]["original"], str(RECORDING))
        expect(Path(answer["args"][0]).read_bytes() == RECORDING.read_bytes(), True)

    def stream(self):
        chunks = [{"i": i, "text": "é"} for i in range(3)]
        arrivals = stream(self.proxy, n=3, delay=0.2)
        expect([chunk for chunk, _ in arrivals], chunks)
        between = arrivals[-1][1] - arrivals[0][1]
        expect(between > 0.2, True, f"the chunks came within {between:.3f} s of each other")
        expect(stream(self.proxy, n=0), [])

    def failing_stream(self):
        chunks = [chunk for chunk, _ in stream(self.proxy, n=3, fail_at=1)]
        expect(len(chunks), 2)
        expect(chunks[0], {"i": 0, "text": "é"})
        expect(chunks[1]["error"], "stream boom")

    def progress_while_running(self):
        run = Run(self.proxy, op="sleep", secs=1.5)
        try:
            first = progress_above(0, self.proxy, run)
            expect(first["message"], "sleeping")
            progress_above(first["progress"], self.proxy, run)
        finally:
            run.join()
        expect(run.result, "slept")

    def cancel_while_running(self):
        run = Run(self.proxy, op="sleep", secs=4)
        try:
            progress_above(0, self.proxy, run)
            expect(self.proxy.cancel(), True)
        finally:
            run.join()
        expect("cancel" in str(run.error), True, f"the run ended with {run.error or run.result!r}")
        expect(self.proxy.execute(1), {"args": [1], "kwargs": {}})

    def stats(self):
        stats = self.proxy.get_stats()
        expect(stats["pid"], self.proxy.process.pid)
        expect(stats["memory_rss_mb"] > 0, True)
        expect(stats["cpu_percent"] >= 0, True)

    def speech(self):
        with start(self.manifests["voice-activity"]) as proxy:
            found = proxy.execute(Recording(RECORDING))
            streamed = [chunk for chunk, _ in stream(proxy, audio=Recording(RECORDING))]
        expect(len(found["segments"]) > 0, True)
        expect(streamed, found["segments"])

    def submitted_run(self):
        """A client that submits a run, leaves, and reads its result later."""
        submitted = self._send("POST", "/runs", kwargs={"op": "sleep", "secs": 1})
        expect(submitted.status_code, 202)
        run = submitted.headers["Location"]
        expect(run, f"/runs/{submitted.json()['id']}")
        pending = self._send("GET", f"{run}/result")
        expect((pending.status_code, pending.json()["result"]), (202, {"state": "pending"}))
        for _ in range(2):
            result = self._send("GET", f"{run}/result?wait={PATIENCE}")
            expect((result.status_code, result.json()), (200, "slept"))
        expect([self._send("DELETE", run).status_code for _ in range(2)], [204, 410])
        dropped = self._send("GET", f"{run}/result")
        expect((dropped.status_code, dropped.json()["reason"]), (410, "deleted"))

    def repeated_submission(self):
        before = self.proxy.get_stats()["runs"]["finished"]
        statuses = [self._send("PUT", "/runs/once", kwargs={"x": 1}).status_code for _ in range(3)]
        expect(statuses, [202, 200, 200])
        result = self._send("GET", f"/runs/once/result?wait={PATIENCE}")
        expect(result.json(), {"args": [], "kwargs": {"x": 1}})
        expect(self._send("PUT", "/runs/once", kwargs={"x": 2}).json()["code"], "id_taken")
        expect(self.proxy.get_stats()["runs"]["finished"], before + 1)

    def preferred_submission(self):
        sent = self._send("POST", "/execute", {"Prefer": "respond-async"}, kwargs={"x": 1})
        expect((sent.status_code, sent.headers["Preference-Applied"]), (202, "respond-async"))
        result = self._send("GET", f"{sent.headers['Location']}/result?wait={PATIENCE}")
        expect(result.json(), {"args": [], "kwargs": {"x": 1}})

    def lines_of_a_submitted_stream(self):
        """A reader that leaves after two lines, and comes again for the rest."""
        run = self._send("POST", "/runs?kind=stream", kwargs={"n": 5, "delay": 0.05}).headers["Location"]
        with self.client.stream("GET", f"{self.proxy.base_url}{run}/lines") as response:
            lines = response.iter_lines()
            seen = [next(lines), next(lines)]
        seen += self._send("GET", f"{run}/lines?from={len(seen)}").text.splitlines()
        expect([json.loads(line)["i"] for line in seen], [0, 1, 2, 3, 4])
        expect(self._send("GET", f"{run}/lines?from=6").status_code, 416)

    def beside_submitted_runs(self):
        """What the host calls is as before; its cancel, which names no run, means these as well."""
        self._send("PUT", "/runs/before", kwargs={"op": "sleep", "secs": 0.3})
        expect(self.proxy.execute(1), {"args": [1], "kwargs": {}})
        expect(len(stream(self.proxy, n=3)), 3)
        self._send("PUT", "/runs/cancelled", kwargs={"op": "sleep", "secs": 60})
        expect(self.proxy.get_progress()["run_id"], "cancelled")
        expect(self.proxy.cancel(), True)
        cancelled = self._send("GET", f"/runs/cancelled/result?wait={PATIENCE}")
        expect((cancelled.status_code, cancelled.json()["code"]), (409, "cancelled"))
        expect(self._send("GET", "/runs/before/result").json(), "slept")
        expect(self.proxy.execute(2), {"args": [2], "kwargs": {}})

    def live(self):
        run = Run(self.proxy, op="sleep", secs=0.3)
        expect(self._send("GET", "/live").json(), {"status": "alive"})
        run.join()

    def drain(self):
        proxy = start(self.manifests["conformance"])
        self._send("PUT", "/runs/last", proxy=proxy, kwargs={"op": "sleep", "secs": 0.3})
        expect(self._send("POST", "/drain", proxy=proxy).json(), {"status": "draining"})
        expect(self._send("GET", "/health", proxy=proxy).json()["status"], "draining")
        expect(self._send("GET", "/ready", proxy=proxy).json()["status"], "draining")
        expect(self._send("POST", "/execute", proxy=proxy).json()["code"], "shutdown")
        result = self._send("GET", f"/runs/last/result?wait={PATIENCE}", proxy=proxy)
        expect(result.json(), "slept")
        expect(proxy.process.wait(PATIENCE), 0)
        expect(proxy.is_alive(), False)
        proxy.cleanup()

    def _send(self, method, path, headers=None, proxy=None, **body):
        url = (proxy or self.proxy).base_url + path
        return self.client.request(method, url, headers=headers, json=body or None)

    def cleanup(self):
        self.process = self.proxy.process
        self.proxy.cleanup()
        expect(self.process.returncode != -signal.SIGKILL, True, "it had to be killed")

    def process_gone(self):
        expect(is_gone(self.process.pid), True)
        expect(self.proxy.is_alive(), False)
        expect(self.proxy.cancel(), False)

    def host_gone(self):
        """A host that is killed cannot clean up: the worker has to detect that."""
        reader, writer = os.pipe()
        host = os.fork()
        if host == 0:
            try:
                os.write(writer, str(start(self.manifests["conformance"]).process.pid).encode())
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.close(writer)
        os.waitpid(host, 0)
        worker = int(os.read(reader, 20))
        deadline = time.monotonic() + PATIENCE
        while not is_gone(worker):
            expect(time.monotonic() < deadline, True, f"worker {worker} outlived its host by {PATIENCE} s")
            time.sleep(0.02)


def start(manifest):
    """A proxy and its worker; the output of the host goes to stderr."""
    with contextlib.redirect_stdout(sys.stderr):
        return RemotePluginProxy(manifest)


def stream(proxy, **kwargs):
    """The chunks of a stream, each with the time of its arrival."""

    async def collect():
        return [(chunk, time.monotonic()) async for chunk in proxy.execute_stream(**kwargs)]

    return asyncio.run(collect())


def progress_above(known, proxy, run):
    """The first progress above `known` that is reported during the run.

    Until the run starts, the host reports the last progress of the former one, which is near 1.
    """
    while True:
        progress = proxy.get_progress()
        expect(run.is_alive(), True, f"no progress above {known} until the run had ended")
        if known < progress["progress"] < 0.9:
            return progress
        time.sleep(0.02)


def is_gone(pid):
    """Whether a process has ended; a zombie counts as ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    state = stat.rpartition(")")[2].split()[0]
    return state in "ZX"


def expect(found, wanted, failure=None):
    if found != wanted:
        raise AssertionError(failure or f"expected {wanted!r}, found {found!r}")


def expect_error(message, call):
    try:
        result = call()
    except RuntimeError as error:
        expect(message in str(error), True, f"expected {message!r} in {str(error)!r}")
    else:
        raise AssertionError(f"expected an error, found {result!r}")


def manifests(dist):
    """The manifest of a plugin for the host: for the worker in `dist`, or without `dist` for the original worker."""
    if dist is None:
        reference = REPOSITORY / "tests/integration/reference"
        conformance = {"python_path": sys.executable, "module": "reference_plugin"}
        environment = {"PYTHONPATH": str(reference)}
    else:
        conformance = {"python_path": str(HERE / "python"), "module": str(dist / "plugins/libconformance.so")}
        environment = {"COMPAT_WORKER": str(dist / "universal-worker")}
    conformance |= {"name": "conformance", "class": "Conformance", "env_vars": environment}
    if dist is None:
        return {"conformance": conformance}
    library = {"module": str(dist / "plugins/libvoice_activity.so")}
    speech = conformance | library | {"name": "voice-activity", "class": "VoiceActivity"}
    return {"conformance": conformance, "voice-activity": speech}


def run(steps, names):
    """Runs the steps and returns the number of failures; without a worker, all remaining steps fail."""
    failed = 0
    for name in names:
        title = name.replace("_", " ")
        try:
            expect(name == "start" or steps.proxy is not None, True, "no worker")
            getattr(steps, name)()
            print(f"ok {title}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED {title}: {type(error).__name__}: {error}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--dist", type=Path, help="a folder with our worker and its plugins")
    which.add_argument("--original", action="store_true", help="the worker that comes with the host")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "target/compat", help="for logs and the like")
    options = parser.parse_args()

    dist, work = options.dist, options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    names = [name for name in vars(Steps) if not name.startswith("_")]
    if dist is None:
        names = [name for name in names if name not in OURS]
    set_config(CJMConfig(data_dir=work))
    with tempfile.TemporaryDirectory(dir=work) as tempfile.tempdir:
        failed = run(Steps(manifests(dist and dist.resolve())), names)
    if failed:
        print(f"the worker's own words are in {work / 'logs'}", file=sys.stderr)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
