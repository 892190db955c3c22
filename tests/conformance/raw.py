"""Raw requests, and the answers that RFC 9110 and 9112 allow.

`raw.json` is the table. A row has
- `request`: text, each character one byte; in a list, `[text, n]` is text n times;
- `then`: what is sent after the first answer, or after a moment; `fin`: whether the client then closes its side;
- `answers`: the allowed statuses, or lists of them where several answers are expected; `[]` is none;
- `ours`: what this worker promises beyond that;
- `end`: whether the server then `closes` the connection, or it `stays`;
- `runs`: how many calls of the plugin it makes (none), or the least and the most;
- `interim`: the interim answers, such as 100;
- `methods`: those of the requests, if it is more than one; `repeat`: how many times it is tried;
  `patience`: how many seconds it may take;
- `other`: whether no RFC demands it; `lacking`: the server that does not have the route.
"""

import contextlib
import json
import pathlib
from concurrent.futures import ThreadPoolExecutor

from table import Table
from wire import PATIENCE, exchange

ROWS = json.loads((pathlib.Path(__file__).parent / "raw.json").read_text())


def run(context):
    tables = {}
    names = context.servers.names()
    results = {}
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(start()) for start in context.servers.starts()]
        with ThreadPoolExecutor(len(servers)) as pool:
            for name, outcomes in zip(names, pool.map(all_rows, servers), strict=True):
                results.update(((index, name), outcome) for index, outcome in enumerate(outcomes))
    groups = list(dict.fromkeys(row["group"] for row in ROWS))
    for group in groups:
        table = tables[group] = Table(f"Raw requests: {group}", ["request", "RFC", *names])
        for index, row in enumerate(ROWS):
            if row["group"] == group:
                add(table, row, [results[index, name] for name in names])
        table.print()
    summary = Table("Raw requests", ["requests", *names], NOTE)
    for group in groups:
        indexes = [index for index, row in enumerate(ROWS) if row["group"] == group]
        cells = [tally([results[index, name] for index in indexes]) for name in names]
        failure = "; ".join(tables[group].failures)
        summary.row(group, *cells, failure=failure)
    return [summary]


NOTE = (
    "Answered as RFC 9110 and 9112 demand; this worker also as it promises. "
    "`tests/conformance/raw.json` lists the requests."
)


def all_rows(server):
    outcomes = [attempt(server, row) for row in ROWS]
    if not server.is_alive():
        raise RuntimeError(f"{server.name} has ended")
    return outcomes


def add(table, row, outcomes):
    cells = [mark(*outcome) if outcome else "–" for outcome in outcomes]
    table.row(row["name"], row["section"], *cells, failure="; ".join(outcomes[0][1]))


def mark(seen, wrong):
    return f"{seen} {'✗' if wrong else '✓'}"


def tally(outcomes):
    outcomes = [outcome for outcome in outcomes if outcome]
    return f"{sum(not wrong for _, wrong in outcomes)} of {len(outcomes)}"


def attempt(server, row):
    """What came back, and what is wrong with it; none where the server lacks the route."""
    if row.get("lacking") == server.name:
        return None
    for _ in range(row.get("repeat", 1)):
        outcome = once(server, row)
        if outcome[1]:
            break
    return outcome


def once(server, row):
    parts = [encode(row["request"])]
    if "then" in row:
        parts.append(encode(row["then"]))
    before = server.runs()
    methods = row.get("methods") or [parts[0].split(b" ")[0].decode("latin-1")]
    try:
        patience = row.get("patience", PATIENCE)
        seen = exchange(server.port, parts, methods, fin=row.get("fin", False), patience=patience)
        runs = server.runs() - before
    except OSError as error:
        return type(error).__name__, ["the server is not there"]
    is_ours = server.name == "this worker"
    if row.get("other") and not is_ours:
        return f"{abbreviated(seen)}", []
    wrong = list(violations(row, seen, runs, is_ours))
    return f"{abbreviated(seen)}{f', {runs} calls' if wrong and runs else ''}", wrong


def encode(request):
    if isinstance(request, str):
        return request.encode("latin-1")
    parts = (part if isinstance(part, str) else part[0] * part[1] for part in request)
    return "".join(parts).encode("latin-1")


def abbreviated(seen):
    text = str(seen)
    return text if len(text) < 40 else f"{text[:24]} … ({len(seen.responses)} answers)"


def violations(row, seen, runs, is_ours):
    allowed = row.get("ours", row["answers"]) if is_ours else row["answers"]
    allowed = [[answer] if isinstance(answer, int) else answer for answer in allowed]
    if seen.garbage or seen.statuses() not in allowed:
        yield f"answered {abbreviated(seen)} instead of {allowed}"
    if "end" in row and seen.closed != (row["end"] == "closes"):
        yield "did not close the connection" if row["end"] == "closes" else "closed the connection"
    least, most = bounds(row.get("runs", 0))
    if not least <= runs <= most:
        yield f"{runs} calls of the plugin instead of {row.get('runs', 0)}"
    interim = row.get("interim", [])
    if interim != "any" and seen.interim != interim:
        yield f"interim answers {seen.interim} instead of {interim}"
    if is_ours:
        for response in seen.responses:
            yield from own_rules(response)


def bounds(runs):
    return (runs, runs) if isinstance(runs, int) else tuple(runs)


def own_rules(response):
    """What this worker promises for each answer."""
    if response.status >= 500 and response.status not in (501, 503, 505):
        yield f"status {response.status}"
    if response.status >= 400 and response.body and not response.detail():
        yield f"an error without a JSON detail: {response.body[:60]!r}"
    granted = [name for name, _ in response.headers if name.lower().startswith("access-control-")]
    if granted:
        yield f"sent {granted[0]}"
    if response.header("server"):
        yield "sent Server"
