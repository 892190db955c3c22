"""Runs coroutines of a plugin on an event loop of their thread, so that they can be cancelled."""

import _thread

#: By thread: the task that runs there, as [loop, task, cancelled].
_running = {}
_loops = {}


def run(awaitable):
    """Waits for an awaitable, as ``asyncio.run`` does, on a loop that stays."""
    entry = _start(awaitable)
    try:
        return entry[0].run_until_complete(entry[1])
    finally:
        _running.pop(_thread.get_ident(), None)
        if not entry[1].done():
            # Interrupted: the task ends when the loop runs next.
            entry[1].cancel()


def _start(awaitable):
    """Makes the task, which an interrupt finds from then on.

    Not interrupted itself: a task without an entry would run beside the next one.
    """
    import asyncio

    thread = _thread.get_ident()
    loop = _loops.get(thread)
    if loop is None or loop.is_closed():
        loop = _loops[thread] = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    entry = [loop, asyncio.ensure_future(awaitable, loop=loop), False]
    _running[thread] = entry
    return entry


#: The code that must not be interrupted.
START = _start.__code__


def running(thread):
    """The entry of the task that runs on a thread; None if there is none, or it was cancelled."""
    entry = _running.get(thread)
    return None if entry is None or entry[2] else entry


def cancel(entry):
    """Cancels the task of an entry; false if there is none."""
    if entry is None:
        return False
    entry[2] = True
    # Also wakes the loop, on whatever thread this is.
    entry[0].call_soon_threadsafe(entry[1].cancel)
    return True


async def for_each(generator, function):
    """Calls a function with each value of an asynchronous generator, which is closed at the end."""
    try:
        async for value in generator:
            function(value)
    finally:
        close = getattr(generator, "aclose", None)
        if close is not None:
            await close()


def wait(value):
    """The value of an awaitable; any other value as it is."""
    return run(value) if hasattr(type(value), "__await__") else value
