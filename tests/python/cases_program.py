"""The way from the program into the interpreter."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import PLUGINS, Process, Settings, Worker, check, contains, environment, equal
from registry import add, case


def run(*arguments, **options):
    """A program of the dist that ends by itself: exit code, stdout, stderr."""
    done = subprocess.run(
        [str(Settings.dist / "universal-worker"), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=PLUGINS,
        env=environment(**options),
    )
    return done.returncode, done.stdout, done.stderr


CHECK = ("--module", "greeter", "--class", "Greeter", "--check", "--json")


def found_by(arguments, **options):
    code, out, err = run(*CHECK, *arguments, **options)
    equal(code, 0, err)
    equal(json.loads(out)["classes"][0]["class"], "Greeter")


@case
def the_interpreter_is_found():
    folder = str(Path(sys.executable).parent)
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch, "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
        found_by(("--python", sys.executable))
        found_by(("--python", str(environment)))
        found_by(("--python", str(environment / "bin/python")))
        found_by((), UNIVERSAL_WORKER_PYTHON=sys.executable)
        found_by((), VIRTUAL_ENV=str(environment), PATH="/nowhere")
        found_by((), PATH=folder, VIRTUAL_ENV="")


@case
def an_environment_stays_one():
    """Its own sys.prefix and sys.executable, also in spawned children."""
    source = """
import multiprocessing, sys
with multiprocessing.get_context("spawn").Pool(1) as pool:
    child = pool.apply(eval, ["[__import__('sys').prefix, __import__('sys').executable]"])
result = [[sys.prefix, sys.executable], child]
"""
    with tempfile.TemporaryDirectory() as scratch:
        venv = Path(scratch, "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        with Worker("evaluate", "Evaluate", python=("--python", str(venv))) as worker:
            own, child = worker.do(source)
            equal(os.path.realpath(own[0]), os.path.realpath(venv))
            equal(own[1], str(venv / "bin/python"))
            equal(child, own)


#: What cannot be an interpreter.
MISTAKES = ("/no/such/python", "/proc", str(PLUGINS / "greeter.py"))


def mistake(python):
    code, out, err = run("--module", "greeter", "--class", "Greeter", "--python", python)
    check(code in (1, 2), f"code {code}: {err}")
    contains(err, python)
    equal(json.loads(out)["event"], "failed")


for python in MISTAKES:
    add(
        f"program: no interpreter, {python}".replace(str(PLUGINS), "plugins"),
        lambda python=python: mistake(python),
    )


@case
def a_printing_site_hook_does_not_stand_before_the_announcement():
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "sitecustomize.py").write_text("print('from sitecustomize')\n")
        with Worker("evaluate", "Evaluate", env={"PYTHONPATH": scratch}) as worker:
            equal(worker.do("result = 1"), 1)
            contains(worker.log(), "from sitecustomize")


@case
def the_original_command_line():
    arguments = (
        "-m",
        "cjm_plugin_system.core.worker",
        "--module",
        "greeter",
        "--class",
        "Greeter",
        "--port",
        "0",
    )
    with Process(*arguments, python=(), env={"UNIVERSAL_WORKER_PYTHON": sys.executable}) as process:
        equal(process.announcement()["event"], "ready")
        equal(process.stop(), 0)


@case
def the_interpreter_starts_it_too():
    """`python -m universal_worker`, in an environment that has the package."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "universal_worker",
            "--module",
            "greeter",
            "--class",
            "Greeter",
            "--port",
            "0",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PLUGINS,
        env=environment(PYTHONPATH=str(Settings.dist / "python")),
    )
    try:
        equal(json.loads(process.stdout.readline())["event"], "ready")
        process.terminate()
        equal(process.wait(5), 0)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@case
def pids_and_arguments_are_those_of_one_process():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.announcement()["pid"], worker.pid)
        equal(worker.do("import os; result = os.getpid()"), worker.pid)
        contains(Path(f"/proc/{worker.pid}/cmdline").read_text(), "--module")
