"""The plugin of the original worker in these comparisons: it echoes, streams, and counts its calls."""


class Counted:
    name = "counted"
    version = "1"

    def __init__(self):
        self.calls = 0

    def initialize(self, config=None):
        pass

    def execute(self, *args, **kwargs):
        self.calls += 1
        return {"args": list(args), "kwargs": kwargs}

    def execute_stream(self, *args, n=3, text="x", **kwargs):
        self.calls += 1
        for _ in range(n):
            yield {"text": text}

    def get_config_schema(self):
        return {}

    def get_current_config(self):
        return {"calls": self.calls}

    def cleanup(self):
        pass
