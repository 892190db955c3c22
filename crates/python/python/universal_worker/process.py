"""Makes a Python process one that hosts a plugin: signals, forks, output, log and exit."""

import _signal
import _thread
import faulthandler
import io
import os
import sys

from universal_worker import _native, coroutines, errors

#: Interrupts the run on the first thread, and writes the stack of the thread that receives it.
INTERRUPT = _native.interrupt_signal()
STACK = _native.stack_signal()

#: The signals that stop the worker; a plugin's handlers for them are kept, but not installed.
_STOP = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP)

_NAMES = dict(zip(_STOP, ("SIGTERM", "SIGINT", "SIGHUP")))

#: What only the worker uses.
_OURS = (INTERRUPT, STACK)

_signal_function = _signal.signal
_sigmask_function = _signal.pthread_sigmask
_getsignal_function = _signal.getsignal
_exit_function = os._exit
_kept_handlers = {}
#: What sys.stdout is, unless the plugin replaces it.
_output = None


def prepare():
    """Runs before the worker installs its own handlers, on the first thread."""
    # Before them, so that the worker's crash report comes first and hands over to this one.
    faulthandler.enable(file=2)
    faulthandler.register(STACK, file=_native.stack_file(errors.PACKAGE), all_threads=False)
    # After them, this call would replace them.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.signal(INTERRUPT, _on_interrupt)
    _signal.signal = _signal_unless_ours
    _signal.pthread_sigmask = _pthread_sigmask
    _signal.getsignal = _getsignal
    os._exit = _exit
    os.register_at_fork(after_in_child=_after_fork)


def take_output():
    """From now on, printed lines become log lines with the id of their run."""
    global _output
    sys.stdout = _output = _Output(_PrintedBytes(), encoding="utf-8", errors="backslashreplace")
    if "logging" in sys.modules:
        _install_log_handler()
    else:
        sys.meta_path.insert(0, _LoggingFinder())


def finish():
    """Does what the interpreter would do at its end, but for waiting for threads."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None:
        _end_children(multiprocessing.active_children())
    atexit = __import__("atexit")
    atexit._run_exitfuncs()
    tracker = sys.modules.get("multiprocessing.resource_tracker")
    if tracker is not None:
        # It ignores SIGTERM, and a SIGKILL would leak what it tracks.
        tracker._resource_tracker._stop()
    _output.flush()


def _end_children(children):
    import time

    for child in children:
        child.terminate()
    deadline = time.monotonic() + 0.2
    for child in children:
        child.join(max(0, deadline - time.monotonic()))
        if child.exitcode is None:
            child.kill()


def end_line():
    """Ends a line that was printed without a line feed, so that it is not the next run's."""
    _output.flush()
    if _PrintedBytes.is_open:
        _PrintedBytes.is_open = False
        _native.end_line()


def is_critical(thread):
    """Whether an interrupt of this thread would do damage now."""
    return _is_critical(sys._current_frames().get(thread))


def _is_critical(frame):
    # An interrupted import leaves a module half made; an interrupted start leaves a task behind.
    while frame is not None:
        code = frame.f_code
        if code is coroutines.START or code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _on_interrupt(_signal_number, frame):
    if not _native.take_interrupt(_is_critical(frame)):
        return
    # A coroutine is cancelled as a task first, so that its event loop stays usable.
    if not coroutines.cancel(coroutines.running(_thread.get_ident())):
        raise errors.Cancelled


def _signal_unless_ours(number, handler):
    if number not in _STOP and number not in _OURS:
        return _signal_function(number, handler)
    former = _getsignal(number)
    _kept_handlers[number] = handler
    name = _NAMES.get(number, "signal %d" % number)
    message = "the plugin's handler for %s is not installed: the worker needs the signal" % name
    _native.log_once(30, __name__, message)
    return former


def _pthread_sigmask(how, mask):
    """Leaves the signals that interrupt a run unblocked."""
    if how != _signal.SIG_UNBLOCK:
        mask = set(mask).difference(_OURS)
    return _sigmask_function(how, mask)


def _getsignal(number):
    if number in _STOP or number in _OURS:
        return _kept_handlers.get(number, _signal.SIG_DFL)
    return _getsignal_function(number)


def _exit(status):
    _native.report_exit(status)
    _exit_function(status)


def _after_fork():
    """Makes a forked process an ordinary one: it has none of the worker's threads."""
    _native.forked()
    _signal.signal = _signal_function
    _signal.getsignal = _getsignal_function
    _signal.pthread_sigmask = _sigmask_function
    os._exit = _exit_function
    for number in _STOP:
        _signal_function(number, _kept_handlers.get(number, _signal.SIG_DFL))
    _signal_function(INTERRUPT, _signal.SIG_IGN)
    # Not another sys.stdout: log handlers may have kept this one.
    _PrintedBytes.is_forked = True


def end_child(error):
    """Ends a forked process as Python does, after it has left the plugin's code."""
    status = 0
    if isinstance(error, SystemExit):
        code = error.code
        status = code if isinstance(code, int) else int(code is not None)
        if status and not isinstance(code, int):
            sys.stderr.write("%s\n" % (code,))
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
        status = 1
    try:
        __import__("atexit")._run_exitfuncs()
        _output.flush()
        sys.stderr.flush()
    finally:
        os._exit(status & 0xFF)


def _write_all(number, data):
    while data:
        data = data[os.write(number, data) :]


class _PrintedBytes(io.RawIOBase):
    """The end of sys.stdout: what arrives here goes to the log."""

    name = "<stdout>"
    mode = "wb"
    #: Whether the last line has no end.
    is_open = False
    #: Whether this is a process that the plugin forked, where nothing logs.
    is_forked = False

    def writable(self):
        return True

    def fileno(self):
        return 1

    def isatty(self):
        return False

    def write(self, data):
        if _PrintedBytes.is_forked:
            _write_all(1, bytes(data))
            return len(data)
        _PrintedBytes.is_open = data[-1:] != b"\n"
        _native.print_bytes(bytes(data))
        return len(data)


class _Output(io.TextIOWrapper):
    """sys.stdout; a plugin that closes it closes nothing."""

    def __init__(self, raw, **options):
        # Not over a BufferedWriter, whose lock a fork could leave locked.
        super().__init__(raw, line_buffering=True, **options)

    def close(self):
        self.flush()


class _LoggingFinder:
    """Installs the log handler when the plugin imports ``logging``, which takes a while."""

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                _call_after(spec.loader, _install_log_handler)
                return spec
        return None


def _call_after(loader, function):
    execute = loader.exec_module

    def exec_module(module):
        execute(module)
        function()

    loader.exec_module = exec_module


def _install_log_handler():
    import logging

    class WorkerLogHandler(logging.Handler):
        """Passes records to the worker's log, which adds the time, the level and the run."""

        def emit(self, record):
            try:
                text = self.format(record)
                if not _native.log(record.levelno, record.name, text):
                    # In a forked process.
                    sys.stderr.write("%s %s: %s\n" % (record.levelname, record.name, text))
            except Exception:
                self.handleError(record)

    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    handler = WorkerLogHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    root.addHandler(handler)
    root.setLevel(_native.log_level())
