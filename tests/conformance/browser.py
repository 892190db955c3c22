"""A real browser on a page of another site: whatever the page tries, no plugin is called and nothing is read.

Headless Chromium opens `browser.html` from a server of an attacker, which counts the calls of the plugin after
each attempt. For DNS rebinding the attacker's server has the same port as the worker, and passes on to the worker
whatever is not its own, as a name does that now points there.
"""

import contextlib
import http.client
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from table import Table

PAGE = pathlib.Path(__file__).parent / "browser.html"
TIMEOUT = 120

FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-extensions --disable-dev-shm-usage
    --disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests
""".split()
NAMES = "--host-resolver-rules=MAP attacker.test 127.0.0.1, MAP evil.test 127.0.0.2"

# What the page is called, and what it calls the worker.
PLACES = {
    "another port": ("127.0.0.1", "127.0.0.1"),
    "another site": ("attacker.test", "127.0.0.1"),
    "another site, to localhost": ("attacker.test", "localhost"),
    "rebinding": ("evil.test", "evil.test"),
}


def run(context):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        print("skipped the browser: Chromium is not installed")
        return []
    names = context.servers.names()
    seen = {}
    for server in context.servers.columns():
        for place in PLACES:
            for attempt in visit(browser, server, place):
                seen.setdefault(attempt["name"], {})[server.name, place] = attempt
    note = f"Attempts of a page in Chromium, from {', '.join(PLACES)}: where they called the plugin, or read an answer."
    table = Table("Browser", ["attempt", *names], note)
    for name, outcomes in seen.items():
        cells = [described(outcomes, server) for server in names]
        failure = None if cells[0] == "refused" else cells[0]
        table.row(name, *cells, failure=failure)
    expected = len(PLACES) * len(names)
    missing = [name for name, outcomes in seen.items() if len(outcomes) < expected]
    if missing or not seen:
        table.row("all attempts", *["made" if not missing else "not made"] * len(names), failure=f"not all were made: {missing}")
    return [table]


def described(outcomes, server):
    parts = []
    for verb, key in (("called", "calls"), ("read", "readable")):
        places = [place for place in PLACES if outcomes.get((server, place), {}).get(key)]
        if places:
            parts.append(f"{verb} from {'everywhere' if len(places) == len(PLACES) else ', '.join(places)}")
    return "; ".join(parts) or "refused"


def visit(browser, server, place):
    """Opens the page, and returns its attempts."""
    page, target = PLACES[place]
    is_rebinding = page == target and page != "127.0.0.1"
    address = ("127.0.0.2", server.port) if is_rebinding else ("127.0.0.1", 0)
    attacker = Attacker(address, server)
    threading.Thread(target=attacker.serve_forever, daemon=True).start()
    url = f"http://{page}:{attacker.server_port}/browser.html?target={target}:{server.port}"
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        command = [browser, *FLAGS, NAMES, f"--user-data-dir={profile}", "--remote-debugging-port=0", url]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not attacker.over.wait(TIMEOUT):
                print(f"{server.name}, {place}: the page is not done after {TIMEOUT} s")
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
            attacker.shutdown()
            attacker.server_close()
    return attacker.attempts


class Attacker(ThreadingHTTPServer):
    """The server of the page."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address, server):
        super().__init__(address, Handler)
        self.target = server
        self.attempts = []
        self.over = threading.Event()
        self.calls = server.runs()

    def add(self, attempt):
        calls = self.target.runs()
        self.attempts.append({**attempt, "calls": calls - self.calls})
        self.calls = calls


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_all(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        if path == "/browser.html":
            self.reply(200, PAGE.read_bytes(), "text/html; charset=utf-8")
        elif path == "/done":
            self.server.add(json.loads(body))
            self.reply(200, b"{}", "application/json")
        elif path == "/over":
            self.reply(200, b"{}", "application/json")
            self.server.over.set()
        elif self.server.server_address[0] == "127.0.0.2":
            self.relay(body)
        else:
            self.reply(404, b"", "text/plain")

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = handle_all

    def relay(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.target.port, timeout=10)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        data = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        connection.close()

    def reply(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
