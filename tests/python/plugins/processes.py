"""Starts processes with multiprocessing."""

import multiprocessing
import sys
import time


def square(number):
    return number * number


def work(queue):
    queue.put([square(number) for number in (1, 2, 3)])
    sys.exit(7)


def say(method):
    import logging

    print("printed in a child of", method)
    logging.getLogger("child").warning("logged in a child of %s", method)


def identity(number):
    return number


def sleep(started):
    started.set()
    time.sleep(60)


class Processes:
    name = "processes"
    version = "1"

    def execute(self, what, *args):
        return getattr(self, what)(*args)

    def work(self, method):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=work, args=(queue,))
        process.start()
        result = queue.get(timeout=20)
        process.join(20)
        return [result, process.exitcode]

    def terminate(self, method):
        context = multiprocessing.get_context(method)
        started = context.Event()
        process = context.Process(target=sleep, args=(started,))
        process.start()
        started.wait(20)
        process.terminate()
        process.join(20)
        return process.exitcode

    def output(self, method):
        process = multiprocessing.get_context(method).Process(target=say, args=(method,))
        process.start()
        process.join(20)
        return process.exitcode

    def pool(self, method):
        with multiprocessing.get_context(method).Pool(2) as pool:
            return pool.map(identity, range(20))

    def join(self, method):
        process = multiprocessing.get_context(method).Process(target=time.sleep, args=(60,), daemon=True)
        process.start()
        self._status_message = "waiting"
        self._progress = 0.5
        try:
            process.join()
        finally:
            process.kill()

    def leave(self, method):
        context = multiprocessing.get_context(method)
        started = [context.Process(target=time.sleep, args=(60,)) for _ in range(2)]
        for process in started:
            process.start()
        return [process.pid for process in started]

    def share(self):
        from multiprocessing import shared_memory

        self.memory = shared_memory.SharedMemory(create=True, size=4096)
        return self.memory.name.strip("/")
