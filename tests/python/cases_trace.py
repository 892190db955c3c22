"""The trace of a run, in the plugin and in the OpenTelemetry of its environment."""

import importlib.util
import tempfile
from pathlib import Path

from harness import Background, Skip, Worker, contains, equal, serving
from registry import case

ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{ID}-b7ad6b7169203331-01"
HEADERS = {"traceparent": PARENT, "tracestate": "congo=t61rcWkgMzE"}
FOUND = [PARENT, "congo=t61rcWkgMzE"]

SHOWS = """
from universal_worker.trace import current_trace


def show():
    trace = current_trace.get()
    return trace and [trace.traceparent, trace.tracestate]


class Plugin:
    name = "shows"
    version = "1"

    def execute(self, seconds=0):
        return show()

    def execute_stream(self, count):
        for _ in range(count):
            yield show()

    def prefetch(self):
        print("prefetch:", show())

    def on_enable(self):
        print("on_enable:", show())
"""

COROUTINES = SHOWS.replace("    def ", "    async def ") + """
    async def execute(self, seconds=0):
        import asyncio

        await asyncio.sleep(seconds)
        return await asyncio.create_task(self.inner())

    async def inner(self):
        return show()
"""

#: As much of opentelemetry-api as the worker uses.
FAKE = {
    "context/__init__.py": """
from contextvars import ContextVar

current = ContextVar("current", default={})


def attach(context):
    return current.set(context)
""",
    "trace/__init__.py": "",
    "trace/propagation/__init__.py": "",
    "trace/propagation/tracecontext.py": """
class TraceContextTextMapPropagator:
    def extract(self, carrier):
        return dict(carrier)
""",
}


@case
def every_kind_of_run_sees_its_trace():
    for source in (SHOWS, COROUTINES):
        with serving(source) as worker:
            equal(worker.execute(headers=HEADERS).ok(), FOUND)
            equal(worker.execute().ok(), None)
            lines = worker.stream(2, headers=HEADERS).text.splitlines()
            equal(lines, ['["%s","%s"]' % tuple(FOUND)] * 2)
            equal(worker.stream(1).text, "null\n")
            for path, word in (("/prefetch", "prefetch"), ("/on_enable", "on_enable")):
                for headers, found in ((HEADERS, FOUND), ({}, None)):
                    equal(worker.post(path, "", headers=headers).status, 200)
                    worker.wait_log(f"{word}: {found}\n")
            alone = worker.execute(headers={"traceparent": PARENT}).ok()
            equal(alone, [PARENT, None])


@case
def runs_at_once_see_their_own_traces():
    with serving(COROUTINES, "--concurrency", "3") as worker:
        parents = [f"00-{ID}-{number:016x}-00" for number in (1, 2, 3)]
        runs = [
            Background(worker.execute, 0.2, headers={"traceparent": parent}) for parent in parents
        ]
        equal([run.wait().ok()[0] for run in runs], parents)


@case
def a_run_without_a_trace_begins_one_on_request():
    with serving(SHOWS, "--trace", "always") as worker:
        reply = worker.execute(headers={"X-Run-Id": "made"})
        parent, state = reply.ok()
        equal((len(parent), parent[:3], parent[-3:], state), (55, "00-", "-01", None))
        equal(worker.report("made")["traceparent"], parent)
        equal(worker.execute(headers=HEADERS).ok(), FOUND)


@case
def lines_of_the_log_have_label_and_trace():
    source = "import logging; print('printed'); logging.warning('logged')"
    headers = HEADERS | {"X-Run-Label": 'batch "7"', "X-Run-Id": "tagged"}
    with Worker("evaluate", "Evaluate") as worker:
        worker.do(source, headers=headers)
        tags = f'run=tagged traceparent={PARENT} tracestate="congo=t61rcWkgMzE" label="batch \\"7\\""'
        worker.wait_log(f"INFO  stdout {tags}: printed\n")
        worker.wait_log(f"WARN  root {tags}: logged\n")
        worker.do("print('plain')", headers={"X-Run-Id": "plain"})
        worker.wait_log("INFO  stdout run=plain: plain\n")


@case
def opentelemetry_continues_the_trace():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FAKE.items():
            file = Path(folder, "opentelemetry", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        with Worker("evaluate", "Evaluate", env={"PYTHONPATH": folder}) as worker:
            loaded = "import sys; result = 'opentelemetry.context' in sys.modules"
            equal(worker.do(loaded), False, "before the first trace")
            current = "from opentelemetry.context import current; result = current.get()"
            equal(worker.do(current, headers=HEADERS), HEADERS)
            equal(worker.do(current), {}, "of a run without a trace")


@case
def a_broken_opentelemetry_fails_no_run():
    for text, message in (
        ("raise RuntimeError('no such exporter')", "importing opentelemetry: no such exporter"),
        (FAKE["context/__init__.py"] + "\n\nattach = None", "opentelemetry: 'NoneType' object"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            for name, usual in FAKE.items():
                file = Path(folder, "opentelemetry", name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text if name.startswith("context") else usual)
            with Worker("evaluate", "Evaluate", env={"PYTHONPATH": folder}) as worker:
                for _ in range(2):
                    equal(worker.do("result = 1", headers=HEADERS), 1)
                worker.wait_log(message)
                equal(worker.log().count(message), 1)


@case
def spans_of_the_real_opentelemetry_are_children_of_the_callers_span():
    if importlib.util.find_spec("opentelemetry") is None:
        raise Skip("opentelemetry-api is not installed")
    source = """
from opentelemetry import trace
span = trace.get_current_span().get_span_context()
state = dict(span.trace_state)
result = ["%032x" % span.trace_id, "%016x" % span.span_id, span.is_remote, state]
"""
    with Worker("evaluate", "Evaluate") as worker:
        found = worker.do(source, headers=HEADERS)
        equal(found, [ID, "b7ad6b7169203331", True, {"congo": "t61rcWkgMzE"}])
        contains(worker.do(source), "0" * 32)
