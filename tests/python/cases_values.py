"""How results become JSON: the same bytes as those of the original worker's encoder."""

import importlib.util

from harness import Skip, Worker, check, contains, equal
from registry import add, case

NESTED = """
from dataclasses import dataclass, field
@dataclass
class Inner:
    at: float
    tags: tuple = ()
@dataclass
class Outer:
    name: str
    inner: Inner
    more: dict = field(default_factory=dict)
    _private: int = 1
result = Outer("héllo", Inner(1e16, ("a", None)), {"x": Inner(0.5)})
"""

CIRCULAR = "a = [1]; a.append(a); result = a"
CIRCULAR_DICT = "a = {}; a['a'] = a; result = a"

#: Code that assigns to `result`, and the bytes of the response.
RESULTS = {
    "nested dataclasses": (
        NESTED,
        '{"name":"héllo","inner":{"at":1e+16,"tags":["a",null]},'
        '"more":{"x":{"at":0.5,"tags":[]}},"_private":1}',
    ),
    "datetime": ("import datetime as d; result = d.datetime(2026, 1, 2, 3, 4, 5, 678)", '"2026-01-02T03:04:05.000678"'),
    "datetime with a zone": (
        "import datetime as d; result = d.datetime(2026, 1, 2, tzinfo=d.timezone.utc)",
        '"2026-01-02T00:00:00+00:00"',
    ),
    "date": ("import datetime as d; result = [d.date(2026, 1, 2)]", '["2026-01-02"]'),
    "time": ("import datetime as d; result = d.time(3, 4)", '"03:04:00"'),
    "timedelta": ("import datetime as d; result = d.timedelta(minutes=1, milliseconds=500)", "60.5"),
    "path": ("from pathlib import Path; result = {'p': Path('/tmp/é')}", '{"p":"/tmp/é"}'),
    "enum": ("import enum\nclass E(enum.Enum):\n  A = 'a'\nresult = [E.A]", '["a"]'),
    "integer enum": ("import enum\nclass E(enum.IntEnum):\n  A = 7\nresult = [E.A]", "[7]"),
    "uuid": ("import uuid; result = uuid.UUID(int=1)", '"00000000-0000-0000-0000-000000000001"'),
    "set": ("result = {5}", "[5]"),
    "frozenset": ("result = frozenset(['x'])", '["x"]'),
    "tuple": ("result = (1, (2, ()))", "[1,[2,[]]]"),
    "named tuple": ("import collections as c; result = c.namedtuple('P', 'x y')(1, 2)", "[1,2]"),
    "ordered dict": ("import collections as c; result = c.OrderedDict(b=1, a=2)", '{"b":1,"a":2}'),
    "default dict": ("import collections as c; result = c.defaultdict(int, a=2)", '{"a":2}'),
    "NaN and infinities": ("result = [float('nan'), float('inf'), {'a': float('-inf')}, 1.0]", '[null,null,{"a":null},1.0]'),
    "NaN alone": ("result = float('nan')", "null"),
    "NaN in a dataclass": (
        "import dataclasses as d\n@d.dataclass\nclass A:\n  x: float\nresult = A(float('nan'))",
        '{"x":null}',
    ),
    "floats": ("result = [0.1, -0.0, 1e16, 1e22, 1e-7, 5e-324, 1.7976931348623157e308]",
        "[0.1,-0.0,1e+16,1e+22,1e-07,5e-324,1.7976931348623157e+308]"),
    "big integers": ("result = [2**63, -2**80]", f"[{2**63},{-2**80}]"),
    "subclasses of str and int": (
        "class S(str): pass\nclass I(int): pass\nresult = [S('é'), I(3), True]", '["é",3,true]'),
    "text": ('result = "é\\u2028\\x00\\x7f\\"\\\\/\\U0001f600"', '"é\u2028\\u0000\x7f\\"\\\\/\U0001f600"'),
    "unpaired surrogate": ("result = ['é', '\\ud800']", None),
    "unpaired surrogate alone": ("result = '\\udfff'", '"\\udfff"'),
    "keys that are no text": ("result = {1: 1, None: 2, True: 3, 1.5: 4}", '{"1":3,"null":2,"1.5":4}'),
    "nothing": ("pass", "null"),
    "empty": ("result = [{}, [], '', 0, False]", '[{},[],"",0,false]'),
}  # fmt: skip

#: Code whose result has no JSON, and a part of the error's text.
REFUSED = {
    "bytes": ("result = {'a': b'x'}", "bytes is not JSON serializable"),
    "object": ("result = object()", "object is not JSON serializable"),
    "class": ("result = int", "type is not JSON serializable"),
    "function": ("result = [print]", "is not JSON serializable"),
    "complex": ("result = 1j", "complex is not JSON serializable"),
    "module": ("import sys; result = sys", "module is not JSON serializable"),
    "circular list": (CIRCULAR, "ircular"),
    "circular dict": (CIRCULAR_DICT, "ircular"),
    "key that is a tuple": ("result = {(1, 2): 3}", "keys must be str, int, float, bool or None, not tuple"),
    "integer beyond the limit of digits": ("result = 10**5000", "4300"),
}


@case
def results_have_the_bytes_of_the_original():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, (source, wanted) in RESULTS.items():
            reply = worker.execute(source)
            if wanted is None:
                wanted = '["\\u00e9","\\ud800"]' if "\\u00e9" in reply.text else '["é","\\ud800"]'
            if (reply.status, reply.text) != (200, wanted):
                failures.append(f"{name}: found {reply!r}, expected {wanted}")
    check(not failures, "\n  ".join(failures))
    return f"{len(RESULTS)} values"


@case
def values_without_json_are_clear_errors():
    failures = []
    with Worker("evaluate", "Evaluate") as worker:
        for name, (source, part) in REFUSED.items():
            reply = worker.execute(source)
            if reply.status != 500 or part not in reply.detail:
                failures.append(f"{name}: found {reply!r}, expected 500 with {part!r}")
            elif reply.json["_job_error"]["category"] != "fatal":
                failures.append(f"{name}: {reply.json['_job_error']['category']}, not fatal")
        equal(worker.do("result = 1"), 1)
    check(not failures, "\n  ".join(failures))
    return f"{len(REFUSED)} values"


@case
def a_refused_value_of_a_stream_is_its_last_line():
    with Worker("evaluate", "Evaluate") as worker:
        lines = worker.stream("result = iter([1, b'x', 2])").text.splitlines()
        equal(lines[0], "1")
        contains(lines[1], "bytes is not JSON serializable")
        equal(len(lines), 2)


@case
def a_million_elements():
    with Worker("evaluate", "Evaluate") as worker:
        reply = worker.execute("result = list(range(10**6))")
        equal(reply.status, 200)
        equal(len(reply.json), 10**6)


@case
def arguments_of_any_kind_arrive_unchanged():
    args = [0, -1, 2**64, 1.5, "é\u2028😀", None, True, [], {}, {"": [1, {"a": None}]}]
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.do("result = args", args=args), args)
        reply = worker.post("/execute", '{"args":["result = ascii(x)"],"kwargs":{"x":"\\ud800"}}')
        equal(reply.ok(), "'\\ud800'")


def nested(depth):
    """A body that nests this deep."""
    inner = depth - 2
    return '{"args":["result = 1"],"kwargs":{"x":' + "[" * inner + "]" * inner + "}}"


@case
def nesting_of_a_request_is_limited_to_128():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.post("/execute", nested(128)).ok(), 1)
        reply = worker.post("/execute", nested(129))
        equal(reply.status, 400)
        contains(reply.text, "128")
        equal(worker.do("result = 1"), 1)


@case
def deeply_nested_results_end_in_an_answer():
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.execute("for _ in range(400):\n  result = [globals().get('result')]").status, 200)
        reply = worker.execute("result = 1\nfor _ in range(10**6): result = [result]")
        check(reply.status in (200, 500), f"found {reply.status}")
        equal(worker.do("result = 1"), 1)
        return f"a million levels: {reply.status}"


@case
def a_huge_integer_in_a_request_is_an_answer():
    with Worker("evaluate", "Evaluate") as worker:
        body = '{"args":["result = x.bit_length()"],"kwargs":{"x":' + "9" * 5000 + "}}"
        reply = worker.post("/execute", body)
        check(reply.status in (200, 400, 422), repr(reply))
        equal(worker.do("result = 1"), 1)
        return f"{reply.status}"


def numpy():
    if importlib.util.find_spec("numpy") is None:
        raise Skip("numpy is not installed")
    with Worker("evaluate", "Evaluate") as worker:
        source = "import numpy as n; result = [n.arange(3), n.float64(0.5), n.int32(7), n.bool_(True), n.zeros((2, 1))]"
        equal(worker.execute(source).text, "[[0,1,2],0.5,7,true,[[0.0],[0.0]]]")


def stand_in_for_numpy():
    """What the encoder does with numpy depends on two attributes only."""
    source = "class A:\n  dtype = 1\n  def tolist(self): return [1, 2.5]\nresult = {'a': A()}"
    with Worker("evaluate", "Evaluate") as worker:
        equal(worker.execute(source).text, '{"a":[1,2.5]}')


add("values: numpy", numpy)
add("values: like numpy", stand_in_for_numpy)
