"""A class that keeps its thread busy in several ways."""

import ctypes
import subprocess
import time


class _Time(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_libc = ctypes.PyDLL(None)


def sleep(seconds):
    time.sleep(seconds)


def loop(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def child(seconds):
    subprocess.run(["sleep", str(seconds)], check=True)


def native(seconds):
    """Keeps the interpreter lock in C code that no signal interrupts: a wait for a locked mutex."""
    mutex = ctypes.create_string_buffer(64)
    _libc.pthread_mutex_init(mutex, None)
    _libc.pthread_mutex_lock(mutex)
    until = time.time() + seconds
    until = _Time(int(until), int(until % 1 * 1e9))
    _libc.pthread_mutex_timedlock(mutex, ctypes.byref(until))


def swallow(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            time.sleep(0.05)
        except BaseException:
            pass


class Busy:
    name = "busy"
    version = "1.0"

    def __init__(self):
        self._progress = 0.0

    def initialize(self, config=None):
        pass

    def execute(self, how, seconds):
        self._progress = 0.5
        globals()[how](seconds)
        return how
