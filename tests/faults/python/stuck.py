"""A module whose import keeps the interpreter lock in C code."""

import faulty

faulty.write("importing", "")
faulty.Faulty().native()


class Stuck:
    def execute(self):
        pass
