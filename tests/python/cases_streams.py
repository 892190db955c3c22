"""Streams: whatever `execute_stream` returns."""

import json
import time

from harness import Background, Worker, check, contains, equal, wait_until
from registry import add, case

#: Code that assigns to `result` what is iterated, and the lines.
RESULTS = {
    "a generator": ("result = (x for x in range(3))", "0\n1\n2\n"),
    "a list": ("result = [1, 'é', None]", '1\n"é"\nnull\n'),
    "nothing in it": ("result = iter(())", ""),
    "an iterator of a class": ("class A:\n  n = 0\n  def __iter__(s): return s\n  def __next__(s):\n    s.n += 1\n    if s.n > 2: raise StopIteration\n    return s.n\nresult = A()", "1\n2\n"),
    "an async generator": ("async def f():\n  import asyncio\n  for i in range(3):\n    await asyncio.sleep(0)\n    yield i\nresult = f()", "0\n1\n2\n"),
    "an async generator with a context variable": ("import contextvars\nv = contextvars.ContextVar('v')\nasync def f():\n  token = v.set(1)\n  yield v.get()\n  yield v.get()\n  v.reset(token)\nresult = f()", "1\n1\n"),
    "a coroutine that returns a list": ("async def f(): return [1, 2]\nresult = f()", "1\n2\n"),
    "values with a line's ends": ("result = ['a\\u2028b\\u2029c\\x85d\\ne']", '"a\\u2028b\\u2029c\\u0085d\\ne"\n'),
    "NaN": ("result = [float('nan'), 1]", "null\n1\n"),
    "an unpaired surrogate": ("result = ['\\ud800', 'é']", '"\\ud800"\n"é"\n'),
    "dataclasses": ("import dataclasses as d\nresult = [d.make_dataclass('C', ['a'])(1)]", '{"a":1}\n'),
    "a dict, by its keys": ("result = {'a': 1, 'b': 2}", '"a"\n"b"\n'),
}  # fmt: skip

#: Code, the lines before the error, and a part of the error.
FAILURES = {
    "raises half way": ("def f():\n  yield 1\n  raise ValueError('stream boom')\nresult = f()", ["1"], "stream boom"),
    "exits half way": ("def f():\n  yield 1\n  raise SystemExit(3)\nresult = f()", ["1"], "3"),
    "raises StopIteration half way": ("def f():\n  yield 1\n  raise StopIteration\nresult = f()", ["1"], "StopIteration"),
    "async, raises half way": ("async def f():\n  yield 1\n  raise ValueError('async boom')\nresult = f()", ["1"], "async boom"),
    "has no JSON half way": ("result = [1, object(), 2]", ["1"], "object is not JSON serializable"),
    "raises in its finally": ("def f():\n  try:\n    yield 1\n  finally:\n    raise ValueError('finally boom')\nresult = f()", ["1"], "finally boom"),
}  # fmt: skip


def results():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, (source, wanted) in RESULTS.items():
            reply = worker.stream(source)
            kind = reply.headers["content-type"]
            if (reply.status, kind, reply.text) != (200, "application/x-ndjson", wanted):
                failures.append(f"{name}: found {reply!r}, expected {wanted!r}")
    check(not failures, "\n  ".join(failures))
    return f"{len(RESULTS)} streams"


def failures_half_way():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, (source, lines, part) in FAILURES.items():
            reply = worker.stream(source)
            found = reply.text.splitlines()
            if (
                reply.status != 200
                or found[:-1] != lines
                or part not in json.loads(found[-1]).get("error", "")
            ):
                failures.append(f"{name}: found {reply!r}")
            equal(worker.do("result = 1"), 1)
    check(not failures, "\n  ".join(failures))
    return f"{len(FAILURES)} streams"


add("streams: what can be iterated", results)
add("streams: failures half way are the last line", failures_half_way)


@case
def errors_before_the_first_line():
    with Worker("evaluate", "Evaluate") as worker:
        for source, part in (
            ("raise ValueError('at once')", "at once"),
            ("result = 5", "int"),
            ("result = None", "None"),
        ):
            reply = worker.stream(source)
            contains(reply.text, part)
            contains(reply.text, '"error"')
        contains(worker.post("/execute_stream", "{}").text, "missing 1 required positional argument")
        equal(worker.do("result = 1"), 1)


@case
def without_execute_stream_it_is_one_line():
    with Worker("greeter", "Greeter") as worker:
        equal(worker.stream("Ada").text, '"Hello Ada"\n')
        contains(worker.stream().text, "missing 1 required positional argument")


@case
def arguments_that_do_not_fit_a_generator_function():
    with Worker("waits", "Waits") as worker:
        equal(worker.stream().status, 422)
        equal(worker.stream("sleep", 0.01, nonsense=1).status, 422)
        equal(worker.stream("sleep", 0.01).text, "1\n2\n")


@case
def lines_come_one_by_one():
    with Worker("evaluate", "Evaluate") as worker:
        connection = worker.connect()
        source = "import time\ndef f():\n  for i in range(3):\n    yield i\n    time.sleep(0.3)\nresult = f()"
        connection.request("POST", "/execute_stream", json.dumps({"args": [source]}))
        response = connection.getresponse()
        times = []
        for _ in range(3):
            response.readline()
            times.append(time.monotonic())
        connection.close()
        check(times[1] - times[0] > 0.15 and times[2] - times[1] > 0.15, f"{times}")


CLOSED = """
import time
def f():
    try:
        for number in range(10**9):
            yield "x" * 1000
            WAIT
    finally:
        plugin.kept["closed"] = True
result = f()
"""

ASYNC_CLOSED = """
import asyncio
async def f():
    try:
        for number in range(10**9):
            yield "x" * 1000
            await asyncio.sleep(0.001)
    finally:
        plugin.kept["closed"] = True
result = f()
"""


def reader_leaves(source, turns=1):
    with Worker("evaluate", "Evaluate") as worker:
        for turn in range(turns):
            run = f"run{turn}"
            connection = worker.connect()
            connection.request("POST", "/execute_stream", json.dumps({"args": [source]}), {"X-Run-Id": run})
            response = connection.getresponse()
            response.readline()
            response.close()
            connection.close()
            wait_until(lambda: not worker.report(run)["lane_held"], "the end of the run")
            equal(worker.report(run)["state"], "cancelled")
            equal(worker.do("result = dict(plugin.kept); plugin.kept.clear()"), {"closed": True})


add(
    "streams: a generator is closed when its reader leaves",
    lambda: reader_leaves(CLOSED.replace("WAIT", "pass")),
)
add(
    "streams: a generator that sleeps is closed when its reader leaves",
    lambda: reader_leaves(CLOSED.replace("WAIT", "time.sleep(0.01)")),
)
SLOW_FINALLY = CLOSED.replace("WAIT", "pass").replace("finally:", "finally:\n        time.sleep(0.3)")
add(
    "streams: a generator whose end takes a while is closed when its reader leaves",
    lambda: reader_leaves(SLOW_FINALLY, turns=8),
)
add("streams: an async generator is closed when its reader leaves", lambda: reader_leaves(ASYNC_CLOSED))


@case
def a_slow_reader_holds_the_generator_back():
    source = "def f():\n  for i in range(100000):\n    plugin.kept['made'] = i\n    plugin._progress = i / 100000\n    yield 'x' * 1000\nresult = f()"
    with Worker("evaluate", "Evaluate") as worker:
        connection = worker.connect()
        connection.request("POST", "/execute_stream", json.dumps({"args": [source]}), {"X-Run-Id": "run"})
        response = connection.getresponse()
        response.readline()
        made = [0.0, 0.0]

        def rests():
            made.append(worker.get("/progress?run_id=run").json["progress"])
            return made[-1] == made[-2] == made[-3] > 0

        wait_until(rests, "the generator to rest", interval=0.2)
        check(made[-1] < 0.5, f"{made[-1]:.0%} were made for a reader that has read one line")
        equal(worker.get("/health").status, 200)
        count = 1 + sum(1 for _ in response)
        equal(count, 100000)
        connection.close()


@case
def many_lines():
    with Worker("evaluate", "Evaluate") as worker:
        reply = worker.stream("result = range(50000)")
        equal(reply.text.count("\n"), 50000)
        return f"{50000 / reply.seconds:.0f} lines/s"


@case
def a_stream_of_another_lane():
    with Worker("evaluate", "Evaluate", "--concurrency", "2") as worker:
        source = "import time\ndef f():\n  for i in range(5):\n    time.sleep(0.01)\n    yield [word, i]\nresult = f()"
        runs = [Background(worker.stream, source, word=word) for word in "ab"]
        for word, run in zip("ab", runs):
            equal(run.wait().text, "".join(f'["{word}",{i}]\n' for i in range(5)))
