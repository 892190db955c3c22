"""Plugins that do what they should not: a clear answer each, and the worker lives."""

import tempfile
from pathlib import Path

from harness import Background, Process, Settings, Worker, check, contains, equal, wait_until
from registry import add, case

#: Code of a run, status, and what the detail has.
RUNS = {
    "sys.exit": ("import sys; sys.exit(3)", 500, "3"),
    "sys.exit without a code": ("import sys; sys.exit()", 500, "SystemExit"),
    "SystemExit with an object": ("raise SystemExit(object())", 500, "object"),
    "exit": ("exit(1)", 500, "1"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", 500, "KeyboardInterrupt"),
    "recursion to the limit": ("def f(): f()\nf()", 500, "recursion"),
    "StopIteration": ("raise StopIteration(5)", 500, "5"),
    "GeneratorExit": ("raise GeneratorExit", 500, "GeneratorExit"),
    "BaseException": ("raise BaseException('base')", 500, "base"),
    "an exception group": ("import sys\nif sys.version_info < (3, 11): raise ValueError('g')\nraise ExceptionGroup('g', [ValueError(1)])", 500, "g"),
    "an exception whose str raises": ("class E(Exception):\n  def __str__(self): 1/0\nraise E", 500, "E"),
    "an exception whose repr raises": ("class E(Exception):\n  def __repr__(self): 1/0\nraise E('told')", 500, "told"),
    "an exception whose str is no text": ("class E(Exception):\n  def __str__(self): return 5\nraise E", 500, "E"),
    "an exception whose str exits": ("class E(Exception):\n  def __str__(self): raise SystemExit\nraise E", 500, "E"),
    "an exception with itself as cause": ("e = ValueError('self'); e.__cause__ = e; raise e", 500, "self"),
    "an exception with an unpaired surrogate": ("raise ValueError('a\\ud800b')", 500, "a"),
    "an exception with a null byte": ("raise ValueError('a\\x00b')", 500, "a"),
    "a very long exception": ("raise ValueError('x' * 10**6)", 500, "xxx"),
    "an exception with strange attributes": ("class E(Exception):\n  category = 5\n  fields_invalid = object()\n  retry_after_seconds = 'soon'\nraise E('strange')", 500, "strange"),
    "an exception whose attributes raise": ("class E(Exception):\n  def __getattr__(self, name): raise KeyError(name)\nraise E('hidden')", 500, "hidden"),
    "an exception of a metaclass": ("class M(type):\n  def __getattribute__(c, n): raise ValueError(n)\nclass E(Exception, metaclass=M): pass\nraise E('meta')", 500, ""),
    "an exception that refuses attributes": ("import dataclasses as d\n@d.dataclass(frozen=True)\nclass E(Exception):\n  code: int\nraise E(3)", 500, "E(code=3)"),
    "a generator as result": ("result = (x for x in range(3))", 500, "generator"),
    "an async generator as result": ("async def f(): yield 1\nresult = f()", 500, "async_generator"),
    "a coroutine as result": ("async def f(): return 5\nresult = f()", 200, "5"),
    "a coroutine that raises": ("async def f(): raise ValueError('inside')\nresult = f()", 500, "inside"),
    "a coroutine that exits": ("async def f(): raise SystemExit(4)\nresult = f()", 500, "4"),
    "a future as result": ("import asyncio\nasync def f():\n  x = asyncio.get_running_loop().create_future(); x.set_result(7); return await x\nresult = f()", 200, "7"),
    "asyncio.CancelledError": ("import asyncio; raise asyncio.CancelledError", 500, "cancel"),
    "a result whose conversion raises": ("class A:\n  def __fspath__(self): 1/0\nresult = A()", 500, "division"),
    "a result whose conversion exits": ("class A:\n  def __fspath__(self): raise SystemExit(2)\nresult = A()", 500, "2"),
    "a result that converts to itself": ("class A:\n  dtype = 1\n  def tolist(self): return self\nresult = A()", 500, ""),
    "warnings as errors": ("import warnings; warnings.simplefilter('error'); warnings.warn('w')", 500, "w"),
    "a changed recursion limit": ("import sys; old = sys.getrecursionlimit(); sys.setrecursionlimit(100); sys.setrecursionlimit(old)", 200, "null"),
    "gc that is off": ("import gc; gc.disable()", 200, "null"),
    "sys.stdout that is None": ("import sys; old = sys.stdout; sys.stdout = None; print('x'); sys.stdout = old", 200, "null"),
    "a trace function": ("import sys; sys.settrace(lambda *a: None); sys.settrace(None)", 200, "null"),
    "a changed working folder": ("import os; old = os.getcwd(); os.chdir('/'); os.chdir(old)", 200, "null"),
    "a thread that raises": ("import threading as t; x = t.Thread(target=lambda: 1/0); x.start(); x.join()", 200, "null"),
    "a thread that exits": ("import threading as t, sys; x = t.Thread(target=sys.exit); x.start(); x.join()", 200, "null"),
    "a thread that never ends": ("import threading as t, time; t.Thread(target=time.sleep, args=[10**6]).start()", 200, "null"),
    "_progress of a wrong kind": ("plugin._progress = 'half'; plugin._status_message = object(); plugin._progress = None", 200, "null"),
    "_progress out of range": ("plugin._progress = 1e300; plugin._progress = -7; plugin._progress = float('nan')", 200, "null"),
    "_progress beyond all floats": ("plugin._progress = 10**400", 200, "null"),
    "a private hook": ("plugin._last_api_usage = {'a': object()}", 200, "null"),
}  # fmt: skip


def runs():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, (source, status, part) in RUNS.items():
            reply = worker.execute(source)
            if reply.status != status or part not in reply.text:
                failures.append(f"{name}: found {reply!r}, expected {status} with {part!r}")
            elif status == 500:
                failures += [f"{name}: no {what}" for what in missing_parts(name, reply.json)]
            after = worker.execute("result = 1")
            if (after.status, after.text) != (200, "1"):
                failures.append(f"{name}: then {after!r}")
        equal(worker.stop(), 0)
    check(not failures, "\n  ".join(failures))
    return f"{len(RUNS)} runs"


def missing_parts(name, error):
    if not error["detail"]:
        yield "detail"
    if "Cancelled" not in name and not isinstance(error["_job_error"]["traceback"], str):
        yield "traceback"


add("bad: runs", runs)

#: Classes with a defect, each served; what /health calls them, and the status of a run.
CLASSES = {
    "a name that raises": ("@property\ndef name(self): raise ValueError('unnamed')\ndef execute(self): return 1", "unknown", 200),
    "a name that is a number": ("name = 5\ndef execute(self): return 1", "5", 200),
    "no name": ("def execute(self): return 1", "unknown", 200),
    "a schema that raises": ("name = 'x'\ndef get_config_schema(self): 1/0\ndef execute(self): return 1", "x", 200),
    "a schema that is no object": ("name = 'x'\ndef get_config_schema(self): return [object()]\ndef execute(self): return 1", "x", 200),
    "a config that raises": ("name = 'x'\ndef get_current_config(self): 1/0\ndef execute(self): return 1", "x", 200),
    "a config that is no object": ("name = 'x'\ndef get_current_config(self): return [1]\ndef execute(self): return 1", "x", 200),
    "a config that is a dataclass": (
        "name = 'x'\ndef get_current_config(self):\n  import dataclasses as d\n  return d.make_dataclass('C', ['a'])(1)\ndef execute(self): return 1", "x", 200,
    ),
    "a config that is None": ("name = 'x'\ndef get_current_config(self): return None\ndef execute(self): return 1", "x", 200),
    "no execute": ("name = 'x'\ndef execute_stream(self): yield 1\ndef get_config_schema(self): return {}", "x", 500),
    "an execute that is no method": ("name = 'x'\nexecute = 5", "x", 500),
    "slots": ("__slots__ = ('a', 'name')\ndef __init__(self): self.name = 'x'\ndef execute(self):\n  self.a = 1; return self.a", "x", 200),
    "a slot named _progress": ("__slots__ = ('_progress',)\nname = 'x'\ndef execute(self):\n  self._progress = 0.5; return 1", "x", 200),
    "a property named _progress": ("name = 'x'\n_progress = property(lambda s: 0.1, lambda s, v: None)\ndef execute(self):\n  self._progress = 0.5; return 1", "x", 200),
    "attributes that cannot be set": ("name = 'x'\ndef __setattr__(self, n, v): raise AttributeError(n)\ndef execute(self): return 1", "x", 200),
    "attributes that always exist": ("name = 'x'\ndef __getattr__(self, n): return None\ndef execute(self): return 1", "x", 200),
    "static and class methods": ("name = 'x'\n@staticmethod\ndef execute(): return 1\n@classmethod\ndef cancel(cls): pass", "x", 200),
    "a partial as execute": ("name = 'x'\ndef __init__(self):\n  import functools; self.execute = functools.partial(int, '1')", "x", 200),
    "a callable object as execute": ("name = 'x'\nclass C:\n  def __call__(self): return 1\nexecute = C()", "x", 200),
    "a decorated execute": ("name = 'x'\ndef d(f):\n  import functools\n  @functools.wraps(f)\n  def g(*a, **k): return f(*a, **k)\n  return g\n@d\ndef execute(self): return 1", "x", 200),
    "an equality that raises": ("name = 'x'\ndef __eq__(self, o): 1/0\ndef __bool__(self): 1/0\n__hash__ = None\ndef execute(self): return 1", "x", 200),
    "a cancel that is no method": ("name = 'x'\ncancel = 5\ndef execute(self): return 1", "x", 200),
    "a cleanup that is no method": ("name = 'x'\ncleanup = 5\ndef execute(self): return 1", "x", 200),
    "a surrogate in its name": ("name = 'c\\ud800d'\ndef execute(self): return 1", None, 200),
}  # fmt: skip


def one_class(body, name, status):
    with tempfile.TemporaryDirectory() as folder:
        text = "class Bad:\n" + "".join(f"  {line}\n" for line in body.splitlines())
        Path(folder, "bad.py").write_text(text)
        with Worker("bad", "Bad", cwd=folder) as worker:
            health = worker.get("/health").json
            equal(health["status"], "running")
            if name is not None:
                equal(health["name"], name)
            equal(worker.get("/config_schema").status, 200)
            equal(worker.get("/config").status, 200)
            equal(worker.post("/initialize", {"a": 1}).status, 200)
            reply = worker.execute()
            equal(reply.status, status, repr(reply))
            if status == 200:
                equal(reply.json, 1)
            equal(worker.get("/progress").status, 200)
            equal(worker.post("/cleanup").status, 200)
            equal(worker.stop(), 0)


for title, row in CLASSES.items():
    add(f"bad: a class with {title}", lambda row=row: one_class(*row))


@case
def os_exit_is_told_as_the_plugins():
    for source in ("import os; os._exit(3)", "from os import _exit; _exit(3)"):
        with Worker("evaluate", "Evaluate") as worker:
            Background(worker.execute, source, headers={"X-Run-Id": "the-run"})
            equal(worker.wait(), 3)
            contains(worker.log(), "the plugin ended the process: os._exit(3)")
            contains(worker.log(), "the-run")


@case
def os_exit_at_the_import():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bad.py").write_text("import os; os._exit(3)")
        with Process("--module", "bad", "--class", "Bad", "--port", "0", cwd=folder) as process:
            equal(process.wait(), 3)
            contains(process.log(), "the plugin ended the process: os._exit(3)")


@case
def kills_itself_with_sigterm():
    with Worker("evaluate", "Evaluate") as worker:
        reply = worker.execute("import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)")
        check(reply.status in (409, 503), repr(reply))
        equal(worker.wait(), 0)


@case
def a_large_result():
    size = 200_000_000 if Settings.thorough else 50_000_000
    with Worker("evaluate", "Evaluate") as worker:
        reply = worker.execute(f"result = 'é' * {size // 2}")
        equal(reply.status, 200)
        equal(len(reply.body), size + 2)
        equal(worker.do("result = 1"), 1)
        return f"{size // 10**6} MB in {reply.seconds:.1f} s"


@case
def memory_that_runs_out_is_an_error():
    source = "import resource as r; r.setrlimit(r.RLIMIT_AS, (2 * 10**9, r.RLIM_INFINITY))"
    with Worker("evaluate", "Evaluate") as worker:
        worker.do(source)
        reply = worker.execute("result = bytearray(10**10)")
        equal((reply.status, reply.json["_job_error"]["category"]), (500, "resource"))
        equal(worker.do("result = 1"), 1)


@case
def progress_of_threads_belongs_to_the_only_run():
    source = """
import threading
def report():
    plugin._progress = 0.25
    plugin._status_message = "waiting"
thread = threading.Thread(target=report)
thread.start()
thread.join()
import time
time.sleep(0.5)
result = [plugin._progress, plugin._status_message, hasattr(plugin, "_progress")]
"""
    with Worker("evaluate", "Evaluate") as worker:
        run = worker.begin("run", source)
        equal(worker.get("/progress?run_id=run").json["progress"], 0.25)
        equal(run.wait().json, [0.25, "waiting", True])


@case
def progress_before_any_write():
    with Worker("evaluate", "Evaluate") as worker:
        equal(
            worker.do("result = [hasattr(plugin, '_progress'), getattr(plugin, '_progress', 9)]"), [False, 9]
        )
        equal(worker.get("/progress").json["progress"], 0.0)


@case
def file_descriptors_that_run_out():
    source = "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, r.getrlimit(r.RLIMIT_NOFILE)[1]))"
    with Worker("evaluate", "Evaluate") as worker:
        worker.do(source)
        reply = worker.execute(
            "plugin.kept['f'] = []\nwhile True: plugin.kept['f'].append(open('/dev/null'))"
        )
        equal(reply.status, 500)
        contains(reply.detail, "Too many open files")
        worker.do("plugin.kept.clear()")
        equal(worker.get("/health").status, 200)


@case
def closed_standard_descriptors():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.execute("import os; os.close(1); os.close(0)").status, 200)
        equal(worker.execute("print('x'); result = 1").ok(), 1)
        equal(worker.stop(), 0)


@case
def a_status_message_of_nothing_is_empty():
    with Worker("evaluate", "Evaluate") as worker:
        source = "plugin._progress = 0.5; plugin._status_message = None"
        worker.execute(source, headers={"X-Run-Id": "run"}).ok()
        progress = worker.get("/progress?run_id=run").json
        equal((progress["progress"], progress["message"]), (0.5, ""))


@case
def a_class_that_resets_or_blocks_every_signal_can_be_cancelled():
    reset = """
for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_DFL)
    except (OSError, ValueError):
        pass
"""
    for source in (reset, reset.replace("SIG_DFL", "SIG_IGN"), BLOCK):
        with Worker("evaluate", "Evaluate") as worker:
            worker.do("import signal\n" + source)
            run = worker.begin("run", SLEEP)
            worker.cancel("run")
            equal(run.wait(3).status, 409)
            wait_until(lambda: not worker.report("run")["lane_held"], "the lane", 3)
            equal(worker.do("result = 1"), 1)
            equal(worker.stop(), 0)


BLOCK = "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"
SLEEP = "import time\nplugin._status_message = 'waiting'\ntime.sleep(20)"


@case
def a_closed_stderr_puts_no_log_into_a_connection():
    with Worker("evaluate", "Evaluate") as worker:
        worker.do("import os; os.close(2)")
        for _ in range(3):
            equal(worker.do("import logging; logging.error('secret'); result = 1"), 1)
