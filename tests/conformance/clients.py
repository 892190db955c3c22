"""The clients in the wild: whether they read a status that is sent before their body was, and lines as lines."""

import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
from collections import Counter

from table import Table

HERE = pathlib.Path(__file__).resolve().parent / "clients"
PYTHON = ("urllib", "http.client", "requests", "httpx", "aiohttp")
TIMEOUT = 300

# The path, the Host and the status of a refused upload, and the servers that refuse it.
EVERYONE = ("this worker", "axum", "original")
REFUSALS = [
    ("/execute", "", "413", ("this worker", "axum")),
    ("/nope", "", "404", EVERYONE),
    ("/health", "", "405", EVERYONE),
    ("/execute", "evil.example", "403", ("this worker",)),
]

# Its line is one line, whatever a reader of text takes for an end.
TEXT = "a\u2028b\u2029c\u0085d\u000be\u000cf\u001cg\u001dh\u001ei"

# The clients that close their sending side at the end of their input.
HALF_CLOSING = {
    "nc -N": ["nc", "-N", "127.0.0.1"],
    "ncat": ["ncat", "127.0.0.1"],
    "busybox nc": ["busybox", "nc", "127.0.0.1"],
    "socat": None,
}


def run(context):
    found = clients(context.work)
    return [uploads(context, found), lines(context, found), half_closed(context)]


def clients(work):
    """The command of each client that is installed, before its case."""
    found = {}
    for name in PYTHON:
        if importlib.util.find_spec(name.replace("urllib", "urllib.request")):
            found[name] = [sys.executable, HERE / "python_clients.py", name]
        else:
            skip(name)
    found["curl"] = None
    for name in ("http", "fetch"):
        found[f"node {name}"] = ["node", HERE / "node.mjs", name]
    found["Java HttpClient"] = java(work)
    found["Go net/http"] = go(work)
    for name, program in (("curl", "curl"), ("node http", "node"), ("node fetch", "node")):
        if not shutil.which(program):
            skip(name)
            found.pop(name)
    return {name: command for name, command in found.items() if command or name == "curl"}


def java(work):
    if not shutil.which("javac"):
        return skip("Java HttpClient")
    subprocess.run(["javac", "-d", work, HERE / "Client.java"], check=True)
    allow = "-Djdk.httpclient.allowRestrictedHeaders=host"
    return ["java", "-Xshare:auto", allow, "-cp", work, "Client"]


def go(work):
    if not shutil.which("go"):
        return skip("Go net/http")
    program = work / "client-go"
    subprocess.run(["go", "build", "-o", program, HERE / "client.go"], check=True)
    return [program]


def skip(name):
    print(f"skipped {name}: it is not installed")


def uploads(context, found):
    times = "2" if context.quick else "10"
    names = context.servers.names()
    seen = {}
    for server in context.servers.columns("--max-body", "1048576", axum=("--max-body", "1048576")):
        for name, command in found.items():
            seen[name, server.name] = all_refusals(server, name, command, times)
    note = "Uploads of 8 MiB, with a length and in chunks, refused by 413, 404, 405 and (this worker) 403: statuses that were read."
    table = Table("A refused upload", ["client", *names], note)
    for name in found:
        outcomes = [seen[name, server] for server in names]
        cells, wrong = zip(*map(told, outcomes), strict=True)
        table.row(name, *cells, failure=wrong[0])
    return table


def all_refusals(server, name, command, times):
    """What was read, by the expected status."""
    outcomes = []
    for path, host, status, servers in REFUSALS:
        if server.name not in servers or (host and name == "node fetch"):
            continue
        for mode in ("length", "chunks"):
            url = f"http://127.0.0.1:{server.port}{path}"
            if name == "curl":
                said = [curl_upload(url, mode, host) for _ in range(int(times))]
            else:
                said = call(command, "upload", url, times, mode, *([host] if host else [])).split()
            outcomes.append((status, mode, said))
    return outcomes


def told(outcomes):
    total = sum(len(said) for _, _, said in outcomes)
    right = sum(said.count(status) for status, _, said in outcomes)
    others = Counter()
    for status, mode, said in outcomes:
        others.update(f"{text} for {status} ({mode})" for text in said if text != status)
    some = ", ".join(text for text, _ in others.most_common(2))
    cell = f"{right} of {total}" + (f": {some}" if some else "")
    return cell, None if right == total and total else cell


def call(command, *args):
    try:
        process = subprocess.run([*command, *args], capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return "hangs"
    return process.stdout.strip() or (process.stderr.strip().split("\n")[-1] or "nothing").replace(" ", "_")


def curl_upload(url, mode, host):
    command = ["curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@-"]
    if mode == "chunks":
        command += ["-H", "Transfer-Encoding: chunked"]
    if host:
        command += ["-H", f"Host: {host}"]
    process = subprocess.run([*command, url], input=bytes(8 << 20), capture_output=True)
    status = process.stdout.decode()
    return status if process.returncode == 0 else f"{status}/curl-{process.returncode}"


def lines(context, found):
    names = context.servers.names()
    seen = {}
    servers = [
        (lambda: context.servers.ours(plugin="hello", cls=None), {"name": TEXT}),
        *[(start, {"text": TEXT, "n": 1}) for start in context.servers.starts()[1:]],
    ]
    for start, kwargs in servers:
        with start() as server:
            body = json.dumps({"kwargs": kwargs})
            url = f"http://127.0.0.1:{server.port}/execute_stream"
            for name, command in found.items():
                seen[name, server.name] = read_lines(name, command, url, body)
    note = "The lines that a reader finds in one line with U+2028, U+2029, U+0085 and control characters inside."
    table = Table("Lines of a stream", ["client", *names], note)
    for name in found:
        cells = [seen[name, server] for server in names]
        table.row(name, *cells, failure=None if cells[0] == "1" else f"{cells[0]} lines")
    return table


def read_lines(name, command, url, body):
    if name != "curl":
        return call(command, "lines", url, body)
    process = subprocess.run(["curl", "-sN", "-d", "@-", url], input=body.encode(), capture_output=True)
    return str(len(process.stdout.decode().splitlines()))


def half_closed(context):
    names = context.servers.names()
    times = 5 if context.quick else 30
    seen = {}
    programs = {name: command for name, command in HALF_CLOSING.items() if shutil.which(name.split()[0])}
    for name in HALF_CLOSING.keys() - programs.keys():
        skip(name)
    for server in context.servers.columns():
        for name, command in programs.items():
            seen[name, server.name] = [half_close(server, name, command, times, row) for row in CONTROL]
    note = "Answers that a client gets which closes its sending side at once: `/health`, `/cancel`."
    table = Table("Half-closed clients", ["client", *names], note)
    for name in programs:
        cells = [" and ".join(f"{right} of {times}" for right in seen[name, server]) for server in names]
        failure = None if all(right == times for right in seen[name, names[0]]) else cells[0]
        table.row(name, *cells, failure=failure)
    return table


CONTROL = [
    b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
]


def half_close(server, name, command, times, request):
    if name == "socat":
        command = ["socat", "-t", "5", "-", f"TCP:127.0.0.1:{server.port}"]
    else:
        command = [*command, str(server.port)]
    right = 0
    for _ in range(times):
        process = subprocess.run(command, input=request, capture_output=True, timeout=30)
        right += process.stdout.startswith(b"HTTP/1.1 200")
    return right
