"""The requests that were recorded with the original worker, and its own plugin."""

import json
import re

from harness import REFERENCE, Worker, check, contains, equal
from registry import case

#: Rows from which this worker deviates on purpose: status and a part of the detail.
WANTED = {
    "initialize with broken JSON": (400, "line 1 column 2"),
    "initialize without a body": (400, ""),
    "execute with broken JSON": (400, "line 1 column 2"),
    "execute with an array body": (422, "object"),
    "args is null": (200, None),
    "kwargs is an array": (422, "kwargs"),
    "args is an object": (422, "args"),
    "NaN literal in the request": (400, "line 1 column"),
    "unpaired surrogate": (200, None),
    "stream with broken JSON": (400, "line 1 column 2"),
}

#: Figures that differ between runs.
IGNORED = ("pid", "cpu_percent", "memory_rss_mb")


@case
def responses_equal_those_of_the_original_worker():
    rows = [json.loads(line) for line in open(REFERENCE / "recorded.jsonl", encoding="utf-8")]
    equal(len(rows), 48)
    failures, same_bytes = [], 0
    with Worker("reference_plugin", "Conformance", cwd=REFERENCE) as worker:
        for row in rows:
            reply = worker.request(row["method"], row["path"], row.get("body"))
            # The original worker has no codes.
            body = re.sub(rb',"code":"\w+"', b"", reply.body)
            same_bytes += body == row["response"].encode()
            try:
                (compare_wanted if "wanted_instead" in row else compare)(row, reply)
            except AssertionError as error:
                failures.append(f"{row['name']}: {error}; got {reply!r}")
    check(not failures, "\n  ".join(failures))
    check(same_bytes >= 31, f"only {same_bytes} bodies are equal in every byte")
    return f"{same_bytes} of {len(rows)} equal in every byte"


def compare_wanted(row, reply):
    status, detail = WANTED[row["name"]]
    equal(reply.status, status, "status")
    if detail is not None:
        contains(reply.detail, detail)


def compare(row, reply):
    equal(reply.status, row["status"], "status")
    equal(reply.headers["content-type"], row["content_type"], "content type")
    if "allow" in row:
        contains(reply.headers["allow"].split(", "), row["allow"])
    recorded = row["response"]
    if row["path"] == "/execute" and row["status"] == 200:
        equal(reply.text.replace("e-07", "e-7"), recorded, "the bytes")
    if row["content_type"] == "application/x-ndjson":
        covers(values_of_lines(reply.text), values_of_lines(recorded), "$")
    else:
        covers(reply.json, json.loads(recorded), "$")


def values_of_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def covers(ours, recorded, path):
    """Objects of this worker may have more keys than recorded ones; all else must be equal."""
    if isinstance(recorded, dict):
        for key, value in recorded.items():
            check(key in ours, f"{path}.{key} is missing")
            if key not in IGNORED:
                covers(ours[key], value, f"{path}.{key}")
    elif isinstance(recorded, list):
        equal(len(ours), len(recorded), f"length of {path}")
        for index, (our, value) in enumerate(zip(ours, recorded)):
            covers(our, value, f"{path}[{index}]")
    else:
        equal(ours, recorded, path)
