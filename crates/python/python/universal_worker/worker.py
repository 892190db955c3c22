"""Starts the worker in this interpreter; the program `universal-worker` executes this file.

It has only syntax of Python 2.7, so that an old interpreter is named instead of a SyntaxError.
Everything is inside functions, because the children that multiprocessing spawns run it again.
"""

import sys

MINIMUM = (3, 10)

# Variables from the program; see the crate `interpreter`.
PROGRAM = "UNIVERSAL_WORKER_PROGRAM"
STDOUT_FD = "UNIVERSAL_WORKER_STDOUT_FD"


def main():
    """Serves the plugin that the arguments name; ends the process."""
    problem = unsuitable()
    if problem:
        fail(problem, "choose CPython %d.%d or later with --python" % MINIMUM)
    # It takes the thread that imports it for the main thread.
    import threading  # noqa: F401
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    try:
        import_package(here)
        from universal_worker import _native  # noqa: F401
    except ImportError as error:
        problem = "the worker does not load into %s: %s" % (sys.executable, error)
        fail(problem, "install the worker again, built for this machine")
    try:
        # Before the working directory is searched, whose files may have names of Python's own.
        from universal_worker import bridge
    except Exception as error:
        problem = "the worker does not start in %s: %s" % (sys.executable, error)
        fail(problem, "a module on PYTHONPATH may hide one of Python's own")
    correct_path(here)
    bridge.main(sys.argv[1:])


def unsuitable():
    """Why this interpreter cannot run the worker, or None."""
    version = "%s %d.%d.%d" % (("Python",) + tuple(sys.version_info[:3]))
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    if name != "cpython" or "PyPy" in sys.version:
        return "%s is %s, which is not CPython" % (sys.executable, sys.version.split("[")[-1])
    if sys.version_info < MINIMUM:
        return "%s is %s, which is too old" % (sys.executable, version)
    if "t" in getattr(sys, "abiflags", ""):
        return "%s is a free-threaded build of %s" % (sys.executable, version)
    return None


def fail(message, hint):
    """Becomes the program again, which reports the failure as it reports all others."""
    import os

    stdout = os.environ.pop(STDOUT_FD, None)
    if stdout is not None:
        os.dup2(int(stdout), 1)
        os.close(int(stdout))
    for program in programs():
        if os.access(program, os.X_OK):
            try:
                why = "%s\n%s" % (message, hint)
                os.execv(program, [program, "--python-failed", why] + sys.argv[1:])
            except OSError:
                pass
    sys.stderr.write("FATAL: %s (%s)\n" % (message, hint))
    sys.exit(1)


def programs():
    """The paths where the program may be."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.dirname(os.path.dirname(here))
    environment = os.path.join(sys.prefix, "bin")
    found = [os.path.join(folder, "universal-worker") for folder in (beside, environment)]
    called = os.environ.get(PROGRAM)
    return [called] + found if called else found


def correct_path(here):
    """Makes sys.path what `python -m` makes it: this folder gives way to the working directory.

    The folder is not there if the interpreter was told to leave it out (-I, -P).
    """
    import os

    if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(here):
        sys.path[0] = os.getcwd()


def import_package(here):
    """Imports the package that this file belongs to, whatever other one is installed."""
    import os

    if "universal_worker" in sys.modules:
        return
    folder = os.path.dirname(here)
    sys.path.insert(0, folder)
    try:
        import universal_worker  # noqa: F401
    finally:
        sys.path.remove(folder)
    # Children that multiprocessing spawns get the path and need the package, too. But packages of
    # another environment must not become visible here.
    if folder not in sys.path and not folder.endswith("-packages"):
        sys.path.append(folder)


if __name__ == "__main__":
    main()
