"""A class that gets its worker into every state of the table of faults."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import time
from multiprocessing import shared_memory

FOLDER = os.environ["FAULTS_FOLDER"]


def write(file, line):
    with open(os.path.join(FOLDER, file), "a") as out:
        out.write(line + "\n")


class _Time(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_libc = ctypes.PyDLL(None)


class Faulty:
    name = "faulty"
    version = "1.0"

    def initialize(self, config=None):
        pass

    def execute(self, op, **kwargs):
        return getattr(self, op)(**kwargs)

    def cleanup(self):
        write("cleanups", "cleanup")

    def sleep(self):
        time.sleep(600)

    def loop(self):
        while True:
            pass

    def native(self):
        """Keeps the interpreter lock in C code that no signal interrupts: a wait for a mutex."""
        mutex = ctypes.create_string_buffer(64)
        _libc.pthread_mutex_init(mutex, None)
        _libc.pthread_mutex_lock(mutex)
        until = _Time(int(time.time()) + 600, 0)
        _libc.pthread_mutex_timedlock(mutex, ctypes.byref(until))

    def swallow(self):
        while True:
            try:
                time.sleep(0.05)
            except BaseException:
                pass

    def fork(self):
        self.start("fork")

    def spawn(self):
        self.start("spawn")

    def start(self, method):
        context = multiprocessing.get_context(method)
        self.started = [context.Process(target=time.sleep, args=(600,)) for _ in range(3)]
        self.started.append(context.Process(target=ignore_stop))
        for process in self.started:
            process.start()

    def programs(self):
        """Programs in sessions of their own and not, one of which ignores SIGTERM."""
        sleep = "trap '' TERM; sleep 600"
        for command in (["sleep", "600"], ["sh", "-c", sleep]):
            subprocess.Popen(command)
            subprocess.Popen(command, start_new_session=True)

    def share(self):
        """Shared memory that only the resource tracker of multiprocessing releases."""
        self.shared = shared_memory.SharedMemory(create=True, size=1 << 16)
        write("shared", "/dev/shm/" + self.shared.name.lstrip("/"))

    def share_and_hold(self):
        self.share()
        self.native()

    def segfault(self, **_):
        ctypes.string_at(8)

    def leave(self, signal):
        os._exit(signal)


def ignore_stop():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
