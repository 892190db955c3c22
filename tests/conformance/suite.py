"""JSONTestSuite as bodies of `/execute`: what must be accepted, what must be refused, and what is up to us.

Each file is the value of a keyword, so that its text is parsed by the worker; a file that is no text in UTF-8,
or that breaks out of its place, is one as well.
"""

import json
import pathlib
import tarfile

from table import Table
from wire import exchange

ARCHIVE = pathlib.Path(__file__).parent.parent / "integration/reference/jsontestsuite.tar.xz"


def run(context):
    files = read(ARCHIVE)
    names = context.servers.names()
    seen = {}
    for server in context.servers.columns():
        for name, data in files.items():
            seen[name, server.name] = send(server, data)
    table = Table("JSONTestSuite", ["files", *names], NOTE)
    for prefix, title, wish in (("y", "must be accepted", 200), ("n", "must be refused", 400)):
        row(table, title, [name for name in files if name[0] == prefix], wish, names, seen)
    own = [name for name in files if name[0] == "i"]
    counts = [f"{sum(seen[name, server].status == 200 for name in own)} of {len(own)} accepted" for server in names]
    broken = [name for name in own if not is_right(seen[name, names[0]], (200, 400))]
    table.row("up to the implementation", *counts, failure=", ".join(broken))
    for kind in "yn":
        for name in files:
            for server in names[:1]:
                answer = seen[name, server]
                if name[0] == kind and not is_right(answer, (200,) if kind == "y" else (400,)):
                    print(f"{name}: {answer.status} {answer.body[:100]!r}")
    page = implementation_defined(own, names, seen, files)
    if context.docs:
        (context.docs / "json-conformance.md").write_text(page)
    else:
        print(page)
    return [table]


NOTE = "Each file as the value of a keyword of `/execute`, for a plugin that takes raw JSON."


def row(table, title, names, wish, servers, seen):
    cells, failure = [], None
    for server in servers:
        right = sum(is_right(seen[name, server], (wish,), server == servers[0]) for name in names)
        cells.append(f"{right} of {len(names)}")
    if not cells[0].startswith(f"{len(names)} "):
        failure = cells[0]
    table.row(title, *cells, failure=failure)


def is_right(answer, statuses, is_ours=True):
    if not is_ours:
        # Others say it with other statuses.
        return (answer.status == 200) == (200 in statuses)
    return answer.status in statuses and (answer.status == 200 or answer.detail() is not None)


def read(archive):
    with tarfile.open(archive) as tar:
        members = sorted((member for member in tar if member.isfile()), key=lambda member: member.name)
        return {pathlib.Path(member.name).stem: tar.extractfile(member).read() for member in members}


class Nothing:
    status, body = 0, b""

    @staticmethod
    def detail():
        return None


def send(server, data):
    body = b'{"kwargs":{"value":' + data + b"}}"
    head = f"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    seen = exchange(server.port, [head.encode() + body], ["POST"])
    return seen.responses[0] if seen.responses else Nothing


def implementation_defined(names, servers, seen, files):
    lines = [
        "# JSON: what the standard leaves open",
        "",
        "RFC 8259 leaves some texts to the implementation; [JSONTestSuite](https://github.com/nst/JSONTestSuite) collects them.",
        "This is what the worker does with each as an argument of a plugin that takes raw JSON, beside a plain axum server (serde_json) and the original worker (Python's `json`).",
        "`cargo xtask conformance suite --docs` writes this page.",
        "",
        "A plugin with typed arguments gets them as Rust's types: a number that its type cannot hold, and a string with an unpaired surrogate, are refused there.",
        "",
        "| text | " + " | ".join(servers) + " | why refused |",
        "|---|" + "---|" * (len(servers) + 1),
    ]
    for name in names:
        cells = ["accepted" if seen[name, server].status == 200 else f"{seen[name, server].status}" for server in servers]
        ours = seen[name, servers[0]]
        why = "" if ours.status == 200 else ours.detail() or "?"
        lines.append(f"| `{name[2:]}` | " + " | ".join(cells) + f" | {why.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"
