"""Makes `python -m cjm_plugin_system.core.worker` start this worker.

A file that `universal-worker --take-over ENV` writes into an environment runs this one at the start
of its interpreter, if the command line has the name of a published worker.
"""

import sys

MODULES = ("cjm_plugin_system.core.worker", "cjm_substrate.core.worker")


def module_of(arguments):
    """The module that the arguments of an interpreter name by -m, or None."""
    words = iter(arguments)
    for word in words:
        if word[:1] != "-" or word[:2] == "--" or word == "-":
            return None
        for index, letter in enumerate(word[1:], 2):
            if letter == "m":
                return word[index:] or next(words, None)
            if letter == "c":
                return None
            if letter in "WX":
                if not word[index:]:
                    next(words, None)
                break
    return None


class Finder:
    """Finds worker.py in the place of the published worker, once: for runpy."""

    def __init__(self, name, script):
        self.name = name
        self.script = script

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        from importlib.machinery import ModuleSpec, SourceFileLoader

        # By the name of the spec, children that multiprocessing spawns know what to import; a name
        # that ends in __main__ is not imported, and the published worker would take long.
        loader = SourceFileLoader(name, self.script)
        return ModuleSpec("universal_worker.__main__", loader, origin=self.script)


def install(script):
    """Installs the finder if the command line asks for a published worker."""
    import os

    name = module_of(sys.orig_argv[1:])
    if name in MODULES and os.path.isfile(script):
        sys.meta_path.insert(0, Finder(name, script))


if __name__ == "takeover":
    install(__file__.rpartition("/")[0] + "/worker.py")
