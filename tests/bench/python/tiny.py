class Tiny:
    name = "tiny"
    version = "1"

    def initialize(self, config=None):
        pass

    def execute(self, **kwargs):
        return kwargs
