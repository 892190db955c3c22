"""Runs coroutines of a plugin on an event loop of their thread, so that they can be cancelled."""

import _thread
import sys

#: By thread: the task that runs there, as [loop, task, cancelled].
_running = {}
_loops = {}


def is_awaitable(value):
    return hasattr(type(value), "__await__")


def run(awaitable):
    """Waits for an awaitable, as ``asyncio.run`` does, on a loop that stays."""
    thread = _thread.get_ident()
    loop = _loops.get(thread) or _start_loop(thread)
    task = sys.modules["asyncio"].ensure_future(awaitable, loop=loop)
    _running[thread] = [loop, task, False]
    try:
        return loop.run_until_complete(task)
    finally:
        _running.pop(thread, None)
        if not task.done():
            # Interrupted: the task ends when the loop runs next.
            task.cancel()


def _start_loop(thread):
    import asyncio

    loop = _loops[thread] = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


#: The code that must not be interrupted.
LOOP_START = _start_loop.__code__


def cancel(thread):
    """Cancels the task that runs on a thread; false if there is none, or it was cancelled before."""
    entry = _running.get(thread)
    if entry is None or entry[2]:
        return False
    loop, task, _ = entry
    entry[2] = True
    # Also wakes the loop, on whatever thread this is.
    loop.call_soon_threadsafe(task.cancel)
    return True


def iterate(generator):
    """The values of an asynchronous generator."""
    try:
        while True:
            try:
                value = run(generator.__anext__())
            except StopAsyncIteration:
                return
            yield value
    finally:
        close = getattr(generator, "aclose", None)
        if close is not None:
            run(close())
