"""Who may speak: what a page of another site can make a browser send, and what it cannot get.

Each row of `access.json` is a set of headers, sent to each route with each method. `PORT` is that of the server.
`refused` says whether this worker answers 400 or 403, and calls no plugin, or whether the request is its own.
"""

import json
import pathlib

from raw import own_rules
from table import Table
from wire import exchange

ROWS = json.loads((pathlib.Path(__file__).parent / "access.json").read_text())

# The routes that all have.
COMMON = [("GET", "/health"), ("POST", "/execute"), ("POST", "/execute_stream")]

OURS = [
    *[(method, path) for method in ("GET", "HEAD") for path in """
        /health /live /ready /stats /config_schema /config /config_options /progress /runs /runs/x
        /runs/x/result /runs/x/lines /structural_surface /openapi.json /metrics /ui / /nope /docs /favicon.ico
    """.split()],
    *[("POST", path) for path in """
        /initialize /execute /execute_stream /cancel /cleanup /prefetch /runs /runs/x/cancel /drain /task
        /reconfigure /on_disable /on_enable /get_system_status /list_processes /nope /
    """.split()],
    *[(method, "/execute") for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")],
    *[("OPTIONS", path) for path in ("/health", "/runs", "/nope")],
    ("PUT", "/runs/y"),
    ("DELETE", "/runs/y"),
]

OPTIONS = ["--allow-host", "box.example", "--allow-origin", "https://page.example"]

# The routes that need no token.
OPEN = ("/health", "/live", "/ready")


def run(context):
    names = context.servers.names()
    results = {}
    for server in context.servers.columns(*OPTIONS):
        routes = OURS if server.name == names[0] else COMMON
        for index, row in enumerate(ROWS):
            results[index, server.name] = attempt(server, row, sent(routes, not row["refused"]))
    table = Table("Access", ["request", "wanted", *names], NOTE)
    for index, row in enumerate(ROWS):
        outcomes = [results[index, name] for name in names]
        wrong = judge(row, outcomes[0])
        table.row(row["name"], wanted(row), *map(described, outcomes), failure="; ".join(wrong))
    headers(table, [[results[index, name] for index in range(len(ROWS))] for name in names])
    table.print()
    summary = Table("Access", ["requests", *names], SUMMARY)
    for group in dict.fromkeys(map(group_of, ROWS)):
        indexes = [index for index, row in enumerate(ROWS) if group_of(row) == group]
        cells = [tally([results[index, name] for index in indexes], indexes) for name in names]
        summary.row(group, *cells)
    summary.row(*table.rows[-1][:1], *table.rows[-1][2:])
    summary.failures = table.failures
    return [summary, with_token(context)]


NOTE = "Each request to all routes: *called* means that the plugin ran."

SUMMARY = (
    "Requests of the worker's own clients that are answered, and those of other sites that are refused with the plugin "
    "not called, on all routes. `tests/conformance/access.json` lists them."
)


def group_of(row):
    """The header that a row is about, and whether it is refused."""
    header, colon, _ = row["name"].partition(":")
    kind = header if colon and header in ("Host", "Origin", "Sec-Fetch-Site") else "other requests"
    return f"{'foreign' if row['refused'] else 'own'}: {kind}"


def tally(outcomes, indexes):
    right = sum(not list(judge(ROWS[index], outcome)) for index, outcome in zip(indexes, outcomes, strict=True))
    return f"{right} of {len(outcomes)}"


def wanted(row):
    return "refused" if row["refused"] else "answered"


def headers(table, outcomes_of_all):
    """The row about the headers that every answer has."""
    wrong = [[text for outcome in outcomes for text in outcome.wrong] for outcomes in outcomes_of_all]
    cells = ["no" if texts else "yes" for texts in wrong]
    failure = f"{wrong[0][0]} ({len(wrong[0])} such)" if wrong[0] else None
    wish = "nosniff, no-store, no CORS header, no banner"
    table.row("headers of all answers", wish, *cells, failure=failure)


def sent(routes, is_allowed):
    """The routes that a request is sent to: one that is allowed does not end the worker."""
    return [route for route in routes if not (is_allowed and route == ("POST", "/drain"))]


class Outcome:
    """What the routes made of a row."""

    def __init__(self):
        self.refused, self.answered, self.wrong, self.calls = [], [], [], 0


def attempt(server, row, routes):
    outcome = Outcome()
    before = server.runs()
    for method, path in routes:
        status, wrong = send(server, method, path, row)
        where = outcome.refused if status in (400, 401, 403) else outcome.answered
        where.append(f"{method} {path} {status}")
        outcome.wrong += [f"{method} {path}: {text}" for text in wrong]
    outcome.calls = server.runs() - before
    return outcome


def send(server, method, path, row):
    port = str(server.port)
    target = row.get("target", "").replace("PORT", port) + path
    headers = [line.replace("PORT", port) for line in row["headers"]]
    body = "{}" if method in ("POST", "PUT", "PATCH") else ""
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    request = "\r\n".join([*lines, "", body]).encode("latin-1")
    seen = exchange(server.port, [request], [method])
    if not seen.responses:
        return 0, ["no answer"]
    response = seen.responses[0]
    return response.status, list(rules(response))


def rules(response):
    yield from own_rules(response)
    for name, value in (("x-content-type-options", "nosniff"), ("cache-control", "no-store")):
        if response.body and response.header(name) != value:
            yield f"no {name}: {value}"


def judge(row, outcome):
    """What is wrong with this worker's answers."""
    if row["refused"] and outcome.answered:
        yield f"answered {', '.join(outcome.answered[:3])} of {len(outcome.answered)}"
    if row["refused"] and outcome.calls:
        yield f"{outcome.calls} calls of the plugin"
    if not row["refused"] and outcome.refused:
        yield f"refused {', '.join(outcome.refused[:3])} of {len(outcome.refused)}"


def described(outcome):
    if outcome.calls:
        return "called"
    if outcome.answered and outcome.refused:
        return f"answered by {len(outcome.answered)} routes"
    return "answered" if outcome.answered else "refused"


def with_token(context):
    """With a token, only the routes that say whether the worker is up are open."""
    table = Table("Access with a token", ["request", "wanted", "this worker"])
    file = context.work / "token"
    file.write_text("correct-horse\n")
    file.chmod(0o600)
    try:
        server = context.servers.ours("--token-file", str(file))
    except RuntimeError as error:
        table.row("any", "401", str(error), failure=str(error))
        return table
    with server:
        for name, header, is_allowed in TOKENS:
            headers = ["Host: localhost"] + ([header] if header else [])
            routes = sent(OURS, is_allowed)
            outcome = {route: send(server, *route, {"headers": headers})[0] for route in routes}
            wrong = [
                f"{method} {path} {status}"
                for (method, path), status in outcome.items()
                if (status == 401) != (not is_allowed and not is_open(method, path))
            ]
            count = sum(status == 401 for status in outcome.values())
            said = f"401 from {count} of {len(outcome)}" if count else "answered"
            wish = "answered" if is_allowed else "401"
            failure = f"{', '.join(wrong[:3])} of {len(wrong)}" if wrong else None
            table.row(name, wish, said, failure=failure)
    return table


def is_open(method, path):
    return path in OPEN and method in ("GET", "HEAD")


TOKENS = [
    ("the token", "Authorization: Bearer correct-horse", True),
    ("the scheme in capitals", "Authorization: BEARER correct-horse", True),
    ("no token", "", False),
    ("an empty token", "Authorization: Bearer ", False),
    ("a wrong token", "Authorization: Bearer wrong-horse!!", False),
    ("the beginning of the token", "Authorization: Bearer correct-hors", False),
    ("the token and more", "Authorization: Bearer correct-horse1", False),
    ("the token in capitals", "Authorization: Bearer CORRECT-HORSE", False),
    ("another scheme", "Authorization: Basic correct-horse", False),
    ("the token without a scheme", "Authorization: correct-horse", False),
    ("the token as a cookie", "Cookie: token=correct-horse", False),
    ("two tokens, one wrong", "Authorization: Bearer x\r\nAuthorization: Bearer correct-horse", False),
]
