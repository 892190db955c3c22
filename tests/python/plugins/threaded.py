"""Notes on which thread it is called."""

import threading

SEEN = {}


def note(name):
    current = threading.current_thread()
    SEEN[name] = [current is threading.main_thread(), threading.get_ident()]


note("import")


class Threaded:
    name = "threaded"
    version = "1"

    def __init__(self):
        note("constructor")

    def initialize(self, config=None):
        note("initialize")

    def get_current_config(self):
        note("get_current_config")
        return {}

    def execute(self, what):
        note("execute")
        return SEEN if what == "seen" else None

    def execute_stream(self, what):
        note("execute_stream")
        yield 1

    def prefetch(self):
        note("prefetch")

    def get_config_options(self):
        note("get_config_options")
        return {}

    def cleanup(self):
        note("cleanup")
