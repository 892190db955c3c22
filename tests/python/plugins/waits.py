"""Classes that wait in many ways, and differ in how they can be cancelled."""

import ctypes
import threading
import time


class _Time(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_libc = ctypes.PyDLL(None)


def hold_interpreter(seconds):
    """Keeps the interpreter lock in C code that no signal interrupts: a wait for a locked mutex."""
    mutex = ctypes.create_string_buffer(64)
    _libc.pthread_mutex_init(mutex, None)
    _libc.pthread_mutex_lock(mutex)
    until = time.time() + seconds
    until = _Time(int(until), int(until % 1 * 1e9))
    _libc.pthread_mutex_timedlock(mutex, ctypes.byref(until))


def sleep(seconds):
    time.sleep(seconds)


def lock(seconds):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=seconds)


def queue(seconds):
    import queue

    try:
        queue.Queue().get(timeout=seconds)
    except queue.Empty:
        pass


def socket(seconds):
    import socket

    one, other = socket.socketpair()
    with one, other:
        one.recv(1)


def subprocess(seconds):
    import subprocess

    subprocess.run(["sleep", str(seconds)], check=True)


def regex(seconds):
    import re

    re.match(r"(a*)*b", "a" * 40)


def loop(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def coroutine(seconds):
    import asyncio

    await asyncio.sleep(seconds)


def event(seconds):
    threading.Event().wait(seconds)


def join(seconds):
    thread = threading.Thread(target=time.sleep, args=(seconds,), daemon=True)
    thread.start()
    thread.join()


def select(seconds):
    import select

    select.select([], [], [], seconds)


def own_loop(seconds):
    import asyncio

    asyncio.run(coroutine(seconds))


def executor(seconds):
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(time.sleep, 1).result()
    finally:
        pool.shutdown(wait=False)


def native(seconds):
    hold_interpreter(seconds)


class Waits:
    """Has no method to cancel."""

    name = "waits"
    version = "1"

    def __init__(self):
        self.asked = 0
        self.cleaned = 0

    def initialize(self, config=None):
        pass

    def execute(self, kind="", seconds=30):
        if not kind:
            return self.asked
        wait = globals()[kind]
        self.report()
        return wait(seconds)

    def execute_stream(self, kind, seconds=30):
        self.report()
        yield 1
        globals()[kind](seconds)
        yield 2

    def report(self):
        self._status_message = "waiting"
        self._progress = 0.5

    def cleanup(self):
        import sys

        self.cleaned += 1
        print("cleanup", self.cleaned, file=sys.stderr, flush=True)


class Flag(Waits):
    """Looks at a flag, as classes of the original do."""

    def __init__(self):
        super().__init__()
        self._cancel_requested = False

    def execute(self, kind="", seconds=30):
        if kind != "flag":
            return super().execute(kind, seconds)
        self.report()
        while not self._cancel_requested:
            time.sleep(0.002)
        raise RuntimeError("stopped at the flag")

    def cancel(self):
        self.asked += 1
        self._cancel_requested = True


class Inherited(Waits):
    """Has the empty method of the first generation's base class."""

    def cancel(self) -> None:
        """Cancel the current execution."""
        pass


class BlockingCancel(Waits):
    """Its method to cancel does not return for long."""

    def cancel(self):
        self.asked += 1
        time.sleep(20)


class RaisingCancel(Waits):
    def cancel(self):
        self.asked += 1
        raise RuntimeError("cannot cancel")


class CatchesExceptions(Waits):
    """Goes on after every exception."""

    def execute(self, kind="", seconds=30):
        if not kind:
            return self.asked
        self.report()
        for _ in range(1000):
            try:
                globals()[kind](seconds)
            except Exception:
                self.asked += 1


class CatchesAll(Waits):
    """Goes on after every exception, whatever it is."""

    def execute(self, kind="", seconds=30):
        if not kind:
            return self.asked
        self.report()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.deaf(kind, seconds)
            except BaseException:
                self.asked += 1

    def deaf(self, kind, seconds):
        globals()[kind](seconds)


class SlowRelease(Waits):
    """Takes a moment to release what it has, in a `finally`."""

    def execute(self, kind="", seconds=30):
        if not kind:
            return self.asked
        self.report()
        try:
            globals()[kind](seconds)
        finally:
            time.sleep(0.3)
            self.asked += 1
