"""Classes that do not load: one line that says why, and what to do."""

import json
import tempfile
from pathlib import Path

from harness import Process, Worker, check, contains, equal
from registry import add, case

GOOD = "class Good:\n    def execute(self, x=1): return x\n"

#: Files, module, class, and what the message and the hint have in them.
FAILURES = {
    "no such module": ({}, "no_such_modul_e", "Good", "there is no module 'no_such_modul_e' in ", "pip install no-such-modul-e"),
    "a near name of a module": ({"transcriber.py": GOOD}, "transcribr", "Good", "there is no module 'transcribr'", "did you mean 'transcriber'?"),
    "no such module of a package": (
        {"pack/__init__.py": "", "pack/plugin.py": GOOD},
        "pack.plugins", "Good", "the package 'pack' has no module 'plugins'", "did you mean 'pack.plugin'?",
    ),
    "a package that is missing": ({}, "no_such_pack.plugin", "Good", "there is no module 'no_such_pack'", "pip install no-such-pack"),
    "a module that needs what is not installed": (
        {"needy.py": "import no_such_torch.cuda\n" + GOOD},
        "needy", "Good", "it needs 'no_such_torch', which is not installed in ", "-m pip install no-such-torch",
    ),
    "no such class": ({"good.py": GOOD}, "good", "Whisper", "it has no class 'Whisper'", "its classes: Good"),
    "a near name of a class": ({"good.py": GOOD}, "good", "Goood", "it has no class 'Goood'", "did you mean 'Good'?"),
    "a class without execute": ({"bad.py": "class Bad: pass\n" + GOOD}, "bad", "Bad", "class Bad has no method execute", "its classes: Good"),
    "a file that is named without a slash": ({"good.py": GOOD}, "good.py", "Good", "'good.py'", "./good.py"),
    "a file that Python's own hides": ({"json.py": GOOD}, "./json.py", "Good", "json.py is hidden by another module of the name 'json'", "rename the file"),
    "no class at all": ({"empty.py": ""}, "empty", "Good", "it has no class 'Good'", "it defines no class that can be a plugin"),
    "a class that is no class": ({"good.py": GOOD + "Other = 5\n"}, "good", "Other", "'Other' in it is no class, but of type int", "its classes: Good"),
    "a class that is None": ({"good.py": GOOD + "Other = None\n"}, "good", "Other", "'Other' in it is None", "its classes: Good"),
    "two classes and none named": ({"two.py": GOOD + "class Two(Good): pass\n"}, "two", None, "it has several classes: Good, Two", "--class"),
    "no class and none named": ({"none.py": "import json\n"}, "none", None, "it has no class with a method execute", "--class"),
    "a constructor that raises": (
        {"bad.py": "class Bad:\n    def __init__(self): raise RuntimeError('no GPU')\n"},
        "bad", "Bad", "the constructor of Bad raises RuntimeError: no GPU", "traceback",
    ),
    "a constructor that needs arguments": (
        {"bad.py": "class Bad:\n    def __init__(self, model): pass\n"},
        "bad", "Bad", "the constructor of Bad needs arguments: ", "initialize() gets the config",
    ),
    "a constructor that raises a TypeError itself": (
        {"bad.py": "class Bad:\n    def __init__(self): len(5)\n"},
        "bad", "Bad", "the constructor of Bad raises TypeError: object of type 'int' has no len()", "traceback",
    ),
    "a constructor that exits": (
        {"bad.py": "import sys\nclass Bad:\n    def __init__(self): sys.exit(3)\n"},
        "bad", "Bad", "raises SystemExit: 3", "",
    ),
    "an abstract class": (
        {"bad.py": "import abc\nclass Bad(abc.ABC):\n    @abc.abstractmethod\n    def execute(self): pass\n"},
        "bad", "Bad", "class Bad lacks methods: execute", "implement",
    ),
    "a syntax error": ({"bad.py": "class Bad:\n    def (:\n"}, "bad", "Bad", "bad.py line 2: ", "correct the file"),
    "a syntax error in an imported file": ({"bad.py": "import worse\n", "worse.py": "x = = 1\n"}, "bad", "Bad", "worse.py line 1: ", "correct the file"),
    "an import that raises": ({"bad.py": "raise ValueError('no licence')\n"}, "bad", "Bad", "importing it raises ValueError: no licence", "traceback"),
    "an import that exits": ({"bad.py": "import sys; sys.exit('bye')\n"}, "bad", "Bad", "importing it raises SystemExit: bye", ""),
    "an import that raises KeyboardInterrupt": ({"bad.py": "raise KeyboardInterrupt\n"}, "bad", "Bad", "importing it raises KeyboardInterrupt", ""),
    "an import that recurses": ({"bad.py": "def f(): f()\nf()\n"}, "bad", "Bad", "RecursionError", ""),
    "a name that cannot be imported": (
        {"bad.py": "from json import no_such_name\n"},
        "bad", "Bad", "cannot import name 'no_such_name'", "",
    ),
    "text that is not UTF-8": ({"bad.py": b"x = '\xff'\n"}, "bad", "Bad", "", ""),
    "a null byte": ({"bad.py": b"x = 1\0\n"}, "bad", "Bad", "null bytes", ""),
    "a file that raises, by its path": ({"here/bad.py": "1/0\n"}, "./here/bad.py", "Bad", "ZeroDivisionError: division by zero", ""),
}  # fmt: skip

#: The longest time in seconds, on a busy machine.
LIMIT = 5


def write(folder, files):
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def failure(files, module, name, message, hint):
    named = () if name is None else ("--class", name)
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        if module.startswith("./"):
            module = str(Path(folder, module))
        with Process("--module", module, *named, "--port", "0", cwd=folder) as process:
            equal(process.wait(LIMIT), 1, "exit code")
            announced = process.announcement()
            equal((announced["event"], announced["stage"], announced["code"]), ("failed", "load", 1))
            contains(announced["message"], message)
            contains(announced["hint"], hint)
            check("\n" not in announced["message"], "a message has one line")
            equal(process.rest_of_stdout(), b"", "stdout after the announcement")
            log = process.log()
            # CPython warns on stderr itself of some files.
            last = log.splitlines()[-1]
            contains(log, "FATAL: Failed to load ")
            contains(last + log, message)


for title, row in FAILURES.items():
    add(f"load: {title}", lambda row=row: failure(*row))


@case
def a_traceback_of_a_failed_import_is_in_the_log():
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"bad.py": "def deep():\n    raise ValueError('no licence')\ndeep()\n"})
        with Process("--module", "bad", "--class", "Bad", "--port", "0", cwd=folder) as process:
            equal(process.wait(LIMIT), 1)
            contains(process.log(), 'bad.py", line 2, in deep')
            check("universal_worker/" not in process.log(), "frames of the worker are in the traceback")


@case
def what_an_import_prints_goes_to_the_log():
    source = (
        "import os, sys\nprint('printed')\nsys.stdout.write('half')\nos.write(1, b'raw\\n')\nos.system('echo child')\n"
        + GOOD
    )
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"loud.py": source})
        with Worker("loud", "Good", cwd=folder) as worker:
            for text in ("printed", "raw", "child"):
                worker.wait_log(text)
            equal(worker.execute(2).ok(), 2)
            equal(worker.stop(), 0)
            # As anywhere in Python, a line without an end stays in the buffer.
            contains(worker.log(), "half")
            equal(worker.rest_of_stdout(), b"")


@case
def the_only_class_needs_no_name():
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"good.py": "from pathlib import Path\nfrom enum import Enum\n" + GOOD})
        with Worker("good", None, cwd=folder) as worker:
            equal(worker.execute(2).ok(), 2)
        with Worker(str(Path(folder, "good.py")), None, cwd="/") as worker:
            equal(worker.execute(2).ok(), 2)


@case
def a_factory_function_and_a_nested_package():
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"pack/__init__.py": "", "pack/good.py": GOOD + "def make(): return Good()\n"})
        for name in ("Good", "make"):
            with Worker("pack.good", name, cwd=folder) as worker:
                equal(worker.execute(2).ok(), 2)


@case
def an_initialize_that_raises_at_the_start_is_told():
    config = json.dumps({"source": "raise ValueError('no model')"})
    with Process("--module", "evaluate", "--class", "Evaluate", "--port", "0", "--config", config) as process:
        equal(process.wait(LIMIT), 1)
        announced = process.announcement()
        equal(announced["stage"], "initialize")
        contains(announced["message"], "no model")


@case
def an_import_that_takes_too_long_is_told():
    for source in ("import time; time.sleep(30)\n", "while True: pass\n"):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, {"slow.py": source + GOOD})
            with Process(
                "--module", "slow", "--class", "Good", "--port", "0", "--load-timeout", "0.4", cwd=folder
            ) as process:
                equal(process.wait(LIMIT), 1)
                contains(process.announcement()["message"], "0.4")


@case
def check_describes_a_class():
    with Process("--module", "greeter", "--class", "Greeter", "--check", "--json") as process:
        equal(process.wait(), 0)
        found = json.loads(process.rest_of_stdout() or process.stdout)
        described = found["classes"][0]
        equal((described["class"], described["description"]), ("Greeter", "Greets by name."))
        equal(described["args_schema"]["properties"]["times"], {"type": "integer"})
        equal(described["args_schema"]["required"], ["name"])
    with Process("--module", "waits", "--check", "--json") as process:
        equal(process.wait(), 0)
        names = [
            described["class"]
            for described in json.loads(process.rest_of_stdout() or process.stdout)["classes"]
        ]
        contains(names, "CatchesAll")


@case
def check_executes_once():
    body = json.dumps({"args": ["Ada"]})
    with Process("--module", "greeter", "--class", "Greeter", "--check", "--execute", body) as process:
        equal(process.wait(), 0)
        contains((process.stdout + process.rest_of_stdout()).decode(), "Hello Ada")


@case
def check_tells_a_failure():
    with Process("--module", "greeter", "--class", "Greter", "--check") as process:
        equal(process.wait(), 1)
        contains(process.log(), "did you mean 'Greeter'?")


@case
def check_constructs_once():
    source = """
import os
class Once:
    def __init__(self): os.write(2, b"constructed\\n")
    def execute(self): return 5
"""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"once.py": source})
        for arguments in (("--execute", "{}"), ("--class", "Once"), ("--class", "Once", "--execute", "{}")):
            with Process("--module", "once", "--check", *arguments, cwd=folder) as process:
                equal(process.wait(), 0)
                equal(process.log().count("constructed"), 1, f"objects by {arguments}")


@case
def files_with_names_of_the_standard_library_beside_the_plugin():
    clashes = dict.fromkeys(("json.py", "queue.py", "random.py", "logging.py", "types.py", "ast.py"), GOOD)
    with tempfile.TemporaryDirectory() as folder:
        write(folder, clashes | {"good.py": GOOD})
        for module in ("./good.py", "good"):
            with Worker(module, "Good", cwd=folder) as worker:
                equal(worker.execute(2).ok(), 2)
