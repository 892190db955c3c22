"""The cases of the suite."""

from typing import Callable, NamedTuple

CASES = []


class Case(NamedTuple):
    name: str
    function: Callable
    #: Runs only with --thorough.
    thorough: bool
    #: Runs when no other case does, because it measures time or memory.
    alone: bool


def case(function=None, *, thorough=False, alone=False):
    """Registers a function as a case under its name, with the topic of its module."""

    def register(function):
        topic = function.__module__.removeprefix("cases_")
        add(f"{topic}: {function.__name__.replace('_', ' ')}", function, thorough, alone)
        return function

    return register(function) if function else register


def add(name, function, thorough=False, alone=False):
    """Registers a case of a table."""
    CASES.append(Case(name, function, thorough, alone))
