"""The way from the program into the interpreter."""

import json
import os
import shutil
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


def by_interpreter(*arguments, cwd=PLUGINS):
    return subprocess.Popen(
        [sys.executable, "-m", "universal_worker", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=cwd,
        env=environment(PYTHONPATH=str(Settings.dist / "python")),
    )


@case
def the_interpreter_starts_it_too():
    """`python -m universal_worker`, in an environment that has the package."""
    process = by_interpreter("--module", "greeter", "--class", "Greeter", "--port", "0")
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


@case
def the_interpreter_starts_it_with_a_relative_path():
    source = (PLUGINS / "greeter.py").read_text()
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "plug.py").write_text(source)
        Path(scratch, "pack").mkdir()
        Path(scratch, "pack/__init__.py").write_text(source)
        for path in ("./plug.py", "./pack"):
            process = by_interpreter("--module", path, *CHECK[2:], cwd=scratch)
            out, _ = process.communicate(timeout=20)
            equal(process.returncode, 0, f"{path}: {out}")
            equal(json.loads(out)["classes"][0]["class"], "Greeter")


@case
def a_link_to_the_program_finds_its_environment():
    """As pipx and `uv tool install` make it."""
    with tempfile.TemporaryDirectory() as scratch:
        venv = Path(scratch, "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        shutil.copy(Settings.dist / "universal-worker", venv / "bin")
        packages = next(venv.glob("lib/python3*/site-packages"))
        (packages / "universal_worker").symlink_to(Settings.dist / "python/universal_worker")
        (packages / "only_there.py").write_text((PLUGINS / "greeter.py").read_text())
        link = Path(scratch, "universal-worker")
        link.symlink_to(venv / "bin/universal-worker")
        done = subprocess.run(
            [link, "--module", "only_there", *CHECK[2:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            cwd="/",
            env=environment(VIRTUAL_ENV="", CONDA_PREFIX=""),
        )
        equal(done.returncode, 0, done.stderr)
        equal(json.loads(done.stdout)["classes"][0]["class"], "Greeter")


@case
def a_file_without_a_slash_is_told():
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "good.py").write_text((PLUGINS / "greeter.py").read_text())
        process = by_interpreter("--module", "good.py", "--class", "Greeter", "--port", "0", cwd=scratch)
        out, _ = process.communicate(timeout=20)
        equal(process.returncode, 1)
        contains(json.loads(out)["hint"], "./good.py")
