"""The plugin has the first thread for itself, from its import to its cleanup."""

from pathlib import Path

from harness import Background, Worker, check, contains, equal, serving, wait_until
from registry import add, case


@case
def everything_happens_on_the_main_thread():
    with Worker("threaded", "Threaded") as worker:
        worker.post("/initialize", {})
        worker.execute("note").ok()
        worker.stream("note")
        worker.get("/config")
        worker.post("/prefetch")
        worker.post("/cleanup")
        seen = worker.execute("seen").ok()
        names = {
            "import",
            "constructor",
            "initialize",
            "execute",
            "execute_stream",
            "get_current_config",
            "prefetch",
            "cleanup",
        }
        equal(names - set(seen), set(), "not called")
        wrong = {name for name, (is_main, _) in seen.items() if not is_main}
        equal(wrong, set(), "not on threading.main_thread()")
        equal(len({ident for _, ident in seen.values()}), 1, "threads")
        equal(worker.stop(), 0)


#: Code whose result is to be true, of what used to fail on threads that change.
THINGS = {
    "the main thread is the process's first": "import os, threading; result = threading.main_thread().native_id == os.getpid()",
    "signal.signal works": """
import signal, time
def ring(*_): raise TimeoutError
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    time.sleep(5)
    result = False
except TimeoutError:
    result = True
finally:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
""",
    "a handler of SIGUSR1 runs": """
import os, signal, time
seen = []
signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
os.kill(os.getpid(), signal.SIGUSR1)
time.sleep(0.01)
result = seen == [1]
""",
    "asyncio.run": """
import asyncio
async def f():
    await asyncio.sleep(0.001)
    return await asyncio.to_thread(lambda: 5)
result = asyncio.run(f()) == 5 and asyncio.run(f()) == 5
""",
    "asyncio subprocesses": """
import asyncio
async def f():
    process = await asyncio.create_subprocess_exec("sh", "-c", "exit 3")
    return await process.wait()
result = asyncio.run(f()) == 3
""",
    "asyncio signal handlers": """
import asyncio, os, signal
async def f():
    seen = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, seen.set)
    os.kill(os.getpid(), signal.SIGUSR2)
    await asyncio.wait_for(seen.wait(), 5)
    return True
result = asyncio.run(f())
""",
    "exit codes of children": """
import os, subprocess
pid = os.fork()
if pid == 0:
    os._exit(6)
result = [subprocess.run(["sh", "-c", "exit 4"]).returncode, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])] == [4, 6]
""",
    "a thread pool": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    result = list(pool.map(lambda x: x * x, range(100))) == [x * x for x in range(100)]
""",
    "sys.argv and sys.executable": "import os, sys; result = os.access(sys.executable, os.X_OK) and '--module' in sys.argv",
    "the working folder is importable": "import os, sys; result = os.getcwd() in (os.path.realpath(p) for p in sys.path)",
    "SIGINT does not raise KeyboardInterrupt": "import signal; result = signal.getsignal(signal.SIGINT) is not signal.default_int_handler",
    "the mask of signals is empty": "import signal; result = not signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    "children have no blocked signals": """
import subprocess
status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
result = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")] == ["0" * 16]
""",
    "no option's variable is left": "import os; result = not [k for k in os.environ if k.startswith('UNIVERSAL_WORKER_')]",
    "stdin, stdout and stderr": "import sys; result = sys.stdout.fileno() == 1 and sys.stderr.fileno() == 2",
}


def things():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, source in THINGS.items():
            reply = worker.execute(source)
            if reply.status != 200 or reply.json is not True:
                failures.append(f"{name}: {reply!r}")
        equal(worker.stop(), 0)
    check(not failures, "\n  ".join(failures))
    return f"{len(THINGS)} things"


add("threads: what a main thread can do", things)


@case
def sqlite_connections_live_across_calls():
    with Worker(
        "evaluate",
        "Evaluate",
        "--config",
        '{"source": "import sqlite3; plugin.db = sqlite3.connect(\':memory:\')"}',
    ) as worker:
        worker.do("plugin.db.execute('create table t (x)')")
        for number in range(5):
            worker.do("plugin.db.execute('insert into t values (?)', [x])", x=number)
        equal(worker.do("result = plugin.db.execute('select sum(x) from t').fetchone()[0]"), 10)


@case
def a_handler_for_sigterm_is_kept_and_not_installed():
    source = """
import signal
def mine(*_): raise RuntimeError
before = signal.signal(signal.SIGTERM, mine)
result = signal.getsignal(signal.SIGTERM) is mine
signal.signal(signal.SIGINT, mine)
"""
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.do(source), True)
        equal(worker.do("result = 1"), 1)
        worker.wait_log("the plugin's handler for SIGTERM is not installed")
        equal(worker.log().count("handler for SIGTERM"), 1)
        equal(worker.stop(), 0)


@case
def thread_locals_stay_on_their_lane():
    source = "import threading\nlocal = plugin.kept.setdefault('local', threading.local())\nlocal.count = getattr(local, 'count', 0) + 1\nresult = local.count"
    with Worker("evaluate", "Evaluate") as worker:
        equal([worker.do(source) for _ in range(5)], [1, 2, 3, 4, 5])
    with Worker("evaluate", "Evaluate", "--concurrency", "3") as worker:
        together = "import threading, time\nident = threading.get_ident()\ntime.sleep(0.1)\nresult = ident"
        rounds = []
        for _ in range(4):
            runs = [Background(worker.do, together) for _ in range(3)]
            rounds.append({run.wait() for run in runs})
        equal(len(set().union(*rounds)), 3, "threads of three lanes")
        equal(
            worker.do("import threading, time\nresult = len(threading.enumerate())") <= 4,
            True,
            "dummy threads",
        )


@case
def context_variables_end_with_their_run():
    source = "import contextvars\nv = plugin.kept.setdefault('v', contextvars.ContextVar('v', default=0))\nresult = v.get()\nv.set(5)"
    with Worker("evaluate", "Evaluate") as worker:
        equal([worker.do(source) for _ in range(3)], [0, 0, 0])


@case
def initialize_waits_for_the_run_and_the_next_run_for_it():
    with Worker("evaluate", "Evaluate") as worker:
        run = Background(
            worker.do, "import time; time.sleep(0.4); result = plugin.config", headers={"X-Run-Id": "a"}
        )
        wait_until(lambda: worker.get("/runs/a").status == 200, "the run")
        equal(worker.post("/initialize", {"a": 1}).status, 200)
        check(run.wait() is not None, "the run went on during the initialize")
        equal(worker.do("result = plugin.config"), {"a": 1})


@case
def threading_lists_no_thread_of_the_worker():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.do("import threading; result = [t.name for t in threading.enumerate()]"), ["MainThread"])
        contains(worker.do("import threading; result = repr(threading.current_thread())"), "_MainThread")


@case
def a_handler_of_sigchld_lasts():
    source = """
import signal, subprocess, time
seen = []
signal.signal(signal.SIGCHLD, lambda *_: seen.append(1))
class Plugin:
    def execute(self):
        subprocess.run(["true"])
        time.sleep(0.01)
        return len(seen)
"""
    with serving(source) as worker:
        equal([worker.execute().ok() for _ in range(2)], [1, 2])


@case
def a_cleanup_without_initialize_and_runs_is_on_the_main_thread():
    source = """
import os, threading
class Plugin:
    def execute(self): pass
    def cleanup(self):
        is_main = threading.current_thread() is threading.main_thread()
        os.write(2, b"cleanup on the main thread: %d\\n" % is_main)
"""
    with serving(source) as worker:
        equal(worker.stop(), 0)
        contains(worker.log(), "cleanup on the main thread: 1")


@case
def the_variables_of_the_worker_are_taken():
    source = """
import os, subprocess
inside = sorted(os.environ)
outside = subprocess.run(["env"], capture_output=True, text=True).stdout.splitlines()
result = [inside, sorted(line.split("=")[0] for line in outside)]
"""
    variables = {
        "UNIVERSAL_WORKER_QUEUE": "3",
        "UNIVERSAL_WORKER_PLUGIN_DIR": "/nowhere",
        "LISTEN_FDS": "0",
        "NOTIFY_SOCKET": "/nowhere",
        "UNIVERSAL_WORKER_TREE": "mark",
    }
    with Worker("evaluate", "Evaluate", env=variables) as worker:
        for names in worker.execute(source).ok():
            left = [name for name in names if name in variables]
            equal(left, ["UNIVERSAL_WORKER_TREE"])
        contains(worker.log(), "queue 3,")


@case
def a_token_is_not_in_the_environment_that_the_system_shows():
    with Worker("evaluate", "Evaluate", env={"UNIVERSAL_WORKER_TOKEN": "s3cret"}) as worker:
        shown = Path(f"/proc/{worker.process.pid}/environ").read_bytes()
        check(b"s3cret" not in shown, "the token is there")
        check(b"PATH=" in shown, "nothing is there")
