"""Measures json.dumps with the JSON value on stdin; prints one line of JSON per form.

timeit disables the garbage collector while it measures.
"""

import hashlib
import json
import sys
import timeit

ROUNDS = 9
TURN_SECONDS = 0.02
# The calls as a program would write them.
FORMS = (
    "dumps(value)",
    'dumps(value, ensure_ascii=False, separators=(",", ":"))',
)

value = json.loads(sys.stdin.buffer.read())
names = {"dumps": json.dumps, "value": value}


def calls_per_turn(timer):
    """The smallest power of two that fills a turn."""
    calls = 1
    while timer.timeit(calls) < TURN_SECONDS:
        calls *= 2
    return calls


timers = [timeit.Timer(form, globals=names) for form in FORMS]
calls = [calls_per_turn(timer) for timer in timers]
rounds = [
    [timer.timeit(count) / count * 1e9 for timer, count in zip(timers, calls)]
    for _ in range(ROUNDS)
]
for form, nanoseconds in zip(FORMS, zip(*rounds)):
    text = eval(form, names).encode()
    print(
        json.dumps(
            {
                "bytes": len(text),
                "sha256": hashlib.sha256(text).hexdigest(),
                "nanoseconds": nanoseconds,
            }
        )
    )
