"""Bodies of calls, arguments that do not fit, and errors of plugins."""

import time

from harness import Background, Worker, check, contains, equal, serving
from registry import case

#: Body of /execute for the class Greeter, status and a part of the detail.
CALLS = [
    ('{"args":["Ada"]}', 200, "Hello Ada"),
    ('{"kwargs":{"name":"Ada","times":2}}', 200, "Hello AdaHello Ada"),
    ('{"args":null,"kwargs":{"name":"Ada"}}', 200, "Hello Ada"),
    ('{"args":["Ada"],"kwargs":null}', 200, "Hello Ada"),
    ('{"args":["Ada"],"envelope":{"job":"x"},"more":1}', 200, "Hello Ada"),
    ('\ufeff{"args":["Ada"]}', 200, "Hello Ada"),
    ("", 422, "missing 1 required positional argument: 'name'"),
    ("{}", 422, "missing 1 required positional argument: 'name'"),
    ('{"args":["Ada"],"kwargs":{"name":"Bob"}}', 422, "got multiple values for argument 'name'"),
    ('{"kwargs":{"nam":"Ada"}}', 422, "unexpected keyword argument 'nam'"),
    ('{"args":["Ada",1,2,3]}', 422, "positional arguments"),
    ('{"args":{"a":1}}', 422, "args must be an array"),
    ('{"kwargs":[1]}', 422, "kwargs must be an object"),
    ('{"kwargs":"x"}', 422, "kwargs must be an object"),
    ("[]", 422, "object"),
    ("1", 422, "object"),
    ("null", 422, "object"),
    ("{nope", 400, "line 1 column 2"),
    ('{"args":[1}', 400, "line 1 column"),
    ('{"kwargs":{"name":Infinity}}', 400, "line 1 column 19"),
    ('{"args":["Ada"]} x', 400, "line 1 column"),
    (b'{"args":["\xff"]}', 400, ""),
    ('{"args":[5]}', 500, "name must be a text"),
]

#: What is raised: status, category, retriable, detail, original_exc_repr.
ERRORS = [
    ("raise ValueError('v')", 500, "user_input", True, "v", "ValueError('v')"),
    ("raise KeyError('k')", 500, "user_input", True, "'k'", "KeyError('k')"),
    ("raise TypeError('t')", 500, "user_input", True, "t", "TypeError('t')"),
    ("open('/no/such')", 500, "user_input", True, "[Errno 2] No such file or directory: '/no/such'", None),
    ("raise TimeoutError('t')", 500, "transient", True, "t", "TimeoutError('t')"),
    ("raise ConnectionResetError('c')", 500, "transient", True, "c", None),
    ("raise MemoryError()", 500, "resource", True, None, "MemoryError()"),
    ("raise RuntimeError('r')", 500, "fatal", False, "r", "RuntimeError('r')"),
    ("raise Exception()", 500, "fatal", False, None, "Exception()"),
    ("assert False", 500, "fatal", False, None, "AssertionError()"),
    ("1/0", 500, "fatal", False, "division by zero", None),
    ("import no_such_module", 500, "fatal", False, "No module named 'no_such_module'", None),
    ("raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'why')", 500, "user_input", True, None, None),
]


@case
def bodies_and_arguments():
    failures = []
    with Worker("greeter", "Greeter") as worker:
        for body, status, part in CALLS:
            reply = worker.post("/execute", body)
            if reply.status != status or part not in reply.text:
                failures.append(f"{body!r}: found {reply!r}, expected {status} with {part!r}")
    check(not failures, "\n  ".join(failures))
    return f"{len(CALLS)} bodies"


@case
def a_type_error_deeper_in_the_plugin_is_no_mismatch():
    with Worker("greeter", "Greeter") as worker:
        reply = worker.execute("Ada", times="x")
        equal(reply.status, 500, reply)
        equal(reply.json["_job_error"]["category"], "user_input")


@case
def errors_have_category_repr_and_traceback():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for source, status, category, retriable, detail, original in ERRORS:
            reply = worker.execute(source)
            error = reply.json.get("_job_error", {})
            found = (reply.status, error.get("category"), error.get("retriable"))
            if found != (status, category, retriable):
                failures.append(f"{source}: found {found}, expected {(status, category, retriable)}")
            if detail is not None and reply.detail != detail:
                failures.append(f"{source}: detail {reply.detail!r}, expected {detail!r}")
            if not reply.detail:
                failures.append(f"{source}: the detail is empty")
            if original is not None and error["original_exc_repr"] != original:
                failures.append(f"{source}: original_exc_repr {error['original_exc_repr']!r}")
            if "Traceback" not in (error["traceback"] or "") or "universal_worker/" in error["traceback"]:
                failures.append(f"{source}: traceback {error['traceback']!r}")
    check(not failures, "\n  ".join(failures))
    return f"{len(ERRORS)} errors"


@case
def typed_errors_bring_their_details():
    with Worker("greeter", "Greeter") as worker:
        reply = worker.execute("invalid")
        error = reply.json["_job_error"]
        equal(reply.status, 422, reply)
        equal(error["fields_invalid"], {"name": "too short"})
        error = worker.execute("busy").json["_job_error"]
        equal((error["category"], error["retriable"]), ("transient", True))
        equal(error["retry_after_seconds"], 2.5)


@case
def causes_stand_in_the_traceback_and_in_the_log():
    source = "try:\n  1/0\nexcept Exception as error:\n  raise ValueError('outer') from error"
    with Worker("evaluate", "Evaluate") as worker:
        text = worker.execute(source).json["_job_error"]["traceback"]
        contains(text, "ZeroDivisionError")
        contains(text, "direct cause")
        worker.wait_log("ZeroDivisionError")


@case
def config_is_changed_in_place():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.get("/config").json, {})
        worker.do("plugin.kept['seen'] = 1")
        equal(worker.post("/initialize", {"a": 1}).json, {"status": "ok"})
        equal(worker.post("/initialize", {"b": "é"}).json, {"status": "ok"})
        equal(worker.get("/config").json, {"b": "é"})
        equal(worker.do("result = plugin.kept"), {"seen": 1})


@case
def an_initialize_that_raises_is_400():
    with Worker("evaluate", "Evaluate") as worker:
        reply = worker.post("/initialize", {"source": "raise KeyError('no model')"})
        equal((reply.status, reply.detail), (400, "'no model'"))
        for body in ("[]", "1", "", "null"):
            equal(worker.post("/initialize", body).status, 400, body)
        equal(worker.do("result = 1"), 1)


@case
def missing_methods_are_not_supported():
    with Worker("greeter", "Greeter") as worker:
        equal(worker.post("/prefetch").json, {"status": "not_supported"})
        equal(worker.get("/config_options").json, {"status": "not_supported"})
        equal(worker.get("/config").json, {})
        equal(worker.post("/cleanup").json, {"status": "cleaned"})
        equal(worker.execute("Ada").ok(), "Hello Ada")


@case
def coroutine_methods():
    with Worker("coroutines", "Coroutines") as worker:
        equal(worker.post("/initialize", {"a": 1}).json, {"status": "ok"})
        equal(worker.get("/config").json, {"a": 1})
        equal(worker.execute("x").ok(), ["x", 1])
        equal(worker.execute("x").ok(), ["x", 2])
        equal(worker.execute().status, 422)
        equal(worker.stream(3).text, "0\n1\n2\n")
        equal(worker.post("/prefetch").status, 200)
        equal(worker.post("/cleanup").json, {"status": "cleaned"})


@case
def a_closed_event_loop_is_replaced():
    source = "import asyncio\nasync def f():\n  await asyncio.sleep(0)\n  return asyncio.get_running_loop()\n"
    with Worker("evaluate", "Evaluate") as worker:
        worker.do(source + "async def g(): plugin.loop = await f()\nresult = g()")
        worker.do("plugin.loop.close()")
        equal(worker.do(source + "async def g(): return plugin.loop is not await f()\nresult = g()"), True)


@case
def an_initialize_beside_a_slow_get_current_config_cleans_nothing_up():
    source = """
import os, time
class Plugin:
    def __init__(self): self.calls, self.delay = [], 0
    def initialize(self, config): self.calls.append("initialize")
    def get_current_config(self):
        if self.delay: os.write(2, b"config is slow\\n")
        time.sleep(self.delay)
        return {}
    def cleanup(self): self.calls.append("cleanup")
    def execute(self, delay=0):
        self.delay = delay
        return self.calls
"""
    with serving(source, "--config", "{}") as worker:
        worker.execute(2).ok()
        config = Background(worker.get, "/config")
        worker.wait_log("config is slow")
        equal(worker.post("/initialize", {"a": 1}).status, 200)
        config.wait()
        time.sleep(0.5)
        equal(worker.execute().ok(), ["initialize", "initialize"])
