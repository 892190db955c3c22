"""Runs the code that a case sends: it assigns to `result`."""

import threading


class Evaluate:
    """Runs code, and has no method to cancel."""

    name = "evaluate"
    version = "1.0"

    def __init__(self):
        self.config = {}
        self.thread = threading.current_thread()
        #: What a case keeps from one run to the next.
        self.kept = {}

    def initialize(self, config=None):
        self.config = config or {}
        if "source" in self.config:
            exec(self.config["source"], {"plugin": self})

    def get_current_config(self):
        return self.config

    def execute(self, source, **kwargs):
        scope = {"plugin": self, **kwargs}
        exec(source, scope)
        return scope.get("result")

    def execute_stream(self, source, **kwargs):
        scope = {"plugin": self, **kwargs}
        exec(source, scope)
        return scope["result"]

    def cleanup(self):
        if "cleanup" in self.config:
            exec(self.config["cleanup"], {"plugin": self})
