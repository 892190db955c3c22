"""The functions that the extension module calls."""

import os
import sys

from universal_worker import _native, coroutines, errors, process
from universal_worker.errors import Cancelled, describe, traceback_of
from universal_worker.loading import NO_CLASS, LoadError, load_module, plugin_classes
from universal_worker.plugin import Plugin
from universal_worker.values import escape

__all__ = [
    "Cancelled",
    "cancel_task",
    "describe",
    "end_child",
    "escape",
    "finish",
    "is_critical",
    "load_failure",
    "main",
    "open_classes",
    "open_plugin",
    "running_task",
]

cancel_task = coroutines.cancel
running_task = coroutines.running
end_child = process.end_child
is_critical = process.is_critical
finish = process.finish


def main(arguments):
    """Runs a worker with these command-line arguments; does not return."""
    if sys.stdout is not None:
        # Goes to where stdout is now, which the worker is about to change.
        sys.stdout.flush()
    process.prepare()
    variables = _take_variables()
    internal = {name.removeprefix("UNIVERSAL_WORKER_"): value for name, value in variables}
    stdout_fd = internal.get("STDOUT_FD")
    start = {
        "stdout_fd": int(stdout_fd) if stdout_fd else None,
        "reason": internal.get("PYTHON_REASON"),
        "module_file": internal.get("MODULE_FILE"),
        "searched": internal.get("SEARCHED"),
    }
    _native.main(arguments, variables, start)


def _take_variables():
    """The variables for the worker, with their values; the plugin and its processes get none."""
    names = [name for name in _native.remove_variables() if name in os.environ]
    return [(name, os.environ.pop(name)) for name in names]


def open_plugin(module, class_name, adapters):
    """Makes the plugin's object."""
    process.take_output()
    return Plugin(load_module(module), class_name, adapters)


def open_classes(module, class_name):
    """The plugins of a module, for an inspection: one by name, or all; and the module's file."""
    process.take_output()
    loaded = load_module(module)
    names = [class_name] if class_name else [cls.__name__ for cls in plugin_classes(loaded)]
    plugins, failed = [], LoadError(NO_CLASS, "--class names a class")
    for name in names:
        try:
            plugins.append(Plugin(loaded, name, ()))
        except LoadError as error:
            _native.log(30, __name__, "class %s: %s" % (name, error))
            failed = error
    if not plugins:
        raise failed
    return plugins, getattr(loaded, "__file__", None)


def load_failure(error):
    """The message, hint and detail of a failed load."""
    if isinstance(error, LoadError):
        return str(error), error.hint, error.detail
    if errors.is_cancelled(error):
        return "loading was interrupted", "the worker was asked to stop", None
    message = "loading it raises %s: %s" % (errors.name_of(error), errors.message(error))
    return message, "see its traceback in the log", traceback_of(error)
