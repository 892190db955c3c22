#!/usr/bin/env python3
"""Compares this worker with a plain axum server and the original worker, under all that clients and attackers do.

`cargo xtask conformance` builds and installs what this needs, and runs it.
"""

import argparse
import importlib
import os
import pathlib
import platform
import re
import subprocess
import sys
import time
import traceback

from servers import Servers
from table import Table

# In the order in which they run: the quick ones first.
PARTS = ["suite", "raw", "access", "clients", "browser", "attacks", "kept", "soak"]


class Context:
    """What the parts need."""

    def __init__(self, options):
        self.servers = Servers(options.dist, options.axum, options.original)
        self.dist = options.dist
        self.work = pathlib.Path(options.work)
        self.quick = options.quick
        self.minutes = options.minutes
        self.docs = pathlib.Path(options.docs) if options.docs else None


def main():
    options = arguments()
    os.makedirs(options.work, exist_ok=True)
    context = Context(options)
    tables = []
    for part in options.parts or PARTS:
        print(f"\n## {part}", flush=True)
        begin = time.monotonic()
        found = run(part, context)
        for table in found:
            table.print()
        print(f"({part}: {time.monotonic() - begin:.0f} s)", flush=True)
        tables += found
        if context.docs and found:
            write(context.docs / "reliability.md", part, found)
    failures = sum(len(table.failures) for table in tables)
    print(f"\n{sum(len(table.rows) for table in tables)} rows, {failures} failed")
    return 1 if failures else 0


def run(part, context):
    try:
        return importlib.import_module(part).run(context)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        traceback.print_exc()
        table = Table(part, ["what", "result"])
        table.row(part, "did not run", failure=str(error))
        return [table]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--dist", required=True, help="the folder with the worker and its plugins")
    parser.add_argument("--axum", help="the plain axum server")
    parser.add_argument("--original", help="a Python with the original worker")
    parser.add_argument("--work", required=True, help="a folder for temporary files")
    parser.add_argument("--quick", action="store_true", help="fewer connections and less time")
    parser.add_argument("--minutes", type=float, default=1, help="the length of the soak")
    parser.add_argument("--docs", help="the folder in which to update the tables")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {sorted(unknown)[0]!r}: there are {', '.join(PARTS)}")
    return options


def write(page, part, tables):
    """Replaces the tables of a part between its markers."""
    begin, end = f"<!-- conformance {part}: begin -->", f"<!-- conformance {part}: end -->"
    date = time.strftime("%Y-%m-%d")
    where = f"On {date}, {os.cpu_count()} cores ({platform.machine()}), Linux {platform.release()}."
    text = f"{begin}\n{where}\n\n" + "\n".join(table.markdown() for table in tables) + end
    old = page.read_text()
    new, count = re.subn(re.escape(begin) + ".*?" + re.escape(end), lambda _: text, old, flags=re.DOTALL)
    if not count:
        raise RuntimeError(f"{page} has no line {begin!r}")
    page.write_text(new)


if __name__ == "__main__":
    sys.exit(main())
