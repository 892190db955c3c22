"""Compares the example `dumps` with `json.dumps` of the Python that runs this, text by text.

`generate` prints for each text the input line of `dumps` and the output line to expect.
`check` runs a program as `dumps`, compares its output, and exits with 1 at the first difference.
"""

import argparse
import collections
import json
import platform
import random
import subprocess
import sys
import threading
from unittest import mock

sys.dont_write_bytecode = True

from cpython_texts import TRAITS, Text

# Every tenth text is also encoded in pure Python.
SAMPLE = 10

# Texts that are sent before their output is read.
BATCH = 500

# Bytes to show before and after a difference.
AROUND = 60

# Options that are counted as present or absent, not by value.
WITH_VALUES = ("indent", "separators")

# Replacements of the C accelerators.
PURE = {
    "c_make_encoder": None,
    "encode_basestring": json.encoder.py_encode_basestring,
    "encode_basestring_ascii": json.encoder.py_encode_basestring_ascii,
}


class Case:
    """A value with the text of Python; None if Python raises ValueError."""

    def __init__(self, seed, index):
        self.seed, self.index = seed, index
        self.text = Text(seed, index)
        value = self.text.python()
        self.expected = self.dumps(value)
        if index % SAMPLE == 0:
            with mock.patch.multiple(json.encoder, **PURE):
                pure = self.dumps(value)
            if pure != self.expected:
                sys.exit(self.difference("json.dumps, pure", pure))

    def dumps(self, value):
        try:
            return json.dumps(value, **self.text.options)
        except ValueError:
            return None

    def exercised(self):
        """The features that the text covers."""
        options = self.text.options
        yield "ValueError" if self.expected is None else "text"
        yield from self.text.traits
        yield from (f"{name}={options[name]}" for name in options if name not in WITH_VALUES)
        yield from (name for name in WITH_VALUES if options.get(name) is not None)

    def difference(self, who, answer):
        """Describes how `answer`, from `who`, differs from the expected text."""
        one, other = (shown_bytes(text) for text in (self.expected, answer))
        at = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
        part = slice(max(at - AROUND, 0), at + AROUND)
        return "\n".join((
            f"text {self.index} of seed {self.seed} differs at byte {at}",
            f"options: {json.dumps(self.text.options)}",
            f"value: {shortened(self.text.value)}",
            f"json.dumps: {one[part]!r}",
            f"{who}: {other[part]!r}",
        ))


class Dumps:
    """The program under test."""

    def __init__(self, path):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([path], stdin=pipe, stdout=pipe)

    def answers(self, cases):
        """Yields each case with its output; a thread writes the input, since both pipes may fill up."""
        feeder = threading.Thread(target=self.feed, args=(cases,), daemon=True)
        feeder.start()
        for case in cases:
            yield case, self.process.stdout.readline()
        feeder.join()

    def feed(self, cases):
        try:
            for case in cases:
                self.process.stdin.write(case.text.line().encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            # The program has ended, which the missing output shows.
            pass

    def end(self):
        """Returns surplus output and the exit code."""
        self.process.stdin.close()
        return self.process.stdout.read(), self.process.wait()


def main():
    args = arguments()
    args.run(args)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tasks = parser.add_subparsers(required=True)
    for run, seeds in ((generate, {"required": True}), (check, {"default": random.getrandbits(32)})):
        task = tasks.add_parser(run.__name__)
        task.add_argument("--texts", type=int, required=True)
        task.add_argument("--seed", type=int, **seeds)
        task.set_defaults(run=run)
    task.add_argument("--dumps", required=True, help="the program")
    return parser.parse_args()


def generate(args):
    for index in range(args.texts):
        case = Case(args.seed, index)
        lines = f"{case.text.line()}\n{json.dumps(case.expected)}\n"
        sys.stdout.buffer.write(lines.encode())


def check(args):
    counts = collections.Counter()
    dumps = Dumps(args.dumps)
    for first in range(0, args.texts, BATCH):
        indices = range(first, min(first + BATCH, args.texts))
        for case, answer in dumps.answers([Case(args.seed, index) for index in indices]):
            compare(case, answer)
            counts.update(case.exercised())
    surplus, code = dumps.end()
    if surplus or code != 0:
        sys.exit(f"dumps ended with exit code {code}, and wrote {surplus[:AROUND]!r} in addition")
    for what in sorted({*counts, *TRAITS}, key=rank):
        print(f"{counts[what]:>9} {what}")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{args.texts} texts of {args.texts} equal (seed {args.seed}, {python})")


def compare(case, line):
    """Exits if the output differs."""
    if not line:
        sys.exit(case.difference("dumps", "(ended)"))
    try:
        answer = json.loads(line)
    except ValueError:
        sys.exit(case.difference("dumps", f"(not JSON) {line[:AROUND]!r}"))
    if answer != case.expected:
        sys.exit(case.difference("dumps", answer))


def rank(what):
    """Traits sort last, in their own order."""
    return TRAITS.index(what) if what in TRAITS else -1, what


def shown_bytes(text):
    return b"(ValueError)" if text is None else text.encode("utf-8", "surrogatepass")


def shortened(text, limit=600):
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


if __name__ == "__main__":
    main()
