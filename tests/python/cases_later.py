"""The routes of later hosts: tasks of adapters, hooks of the class."""

import sys

from harness import Background, Worker, check, contains, equal, wait_until
from registry import add, case

ADAPTERS = "adapters:Transcribe,adapters:Raising,adapters:NoTask,no_such_module:A,adapters:Other"


def worker(*arguments):
    return Worker("adapters", "Tool", "--adapters", ADAPTERS, *arguments)


#: Body of /task, status and a part of the answer.
TASKS = [
    ({"task": "transcribe", "method": "run", "kwargs": {"text": "é"}}, 200, '{"text":"é","tool":"tool"}'),
    ({"task": "transcribe", "method": "run", "kwargs": {"text": "a"}, "envelope": {"job": 1}}, 200, '"a"'),
    ({"task": "transcribe", "method": "later", "kwargs": {"text": "a"}}, 200, '"a"'),
    ({"task": "other", "method": "run"}, 200, "null"),
    ({"task": "transcribe", "method": "run"}, 422, "missing 1 required"),
    ({"task": "transcribe", "method": "run", "kwargs": {"txt": 1}}, 422, "unexpected keyword argument 'txt'"),
    ({"task": "transcribe", "method": "run", "kwargs": [1]}, 422, "kwargs must be an object"),
    ({"task": "transcribe", "method": "fails"}, 500, "no model"),
    ({"task": "transcribe", "method": "nonsense"}, 404, "nonsense"),
    ({"task": "transcribe", "method": "_private"}, 404, "_private"),
    ({"task": "transcribe"}, 404, "method"),
    ({"task": "translate", "method": "run"}, 404, "translate"),
    ({}, 404, ""),
    ([], 422, "object"),
    ("{nope", 400, "line 1 column 2"),
]


@case
def tasks_of_adapters():
    failures = []
    with worker() as tool:
        for body, status, part in TASKS:
            reply = tool.post("/task", body)
            if reply.status != status or part not in reply.text:
                failures.append(f"{body}: found {reply!r}, expected {status} with {part!r}")
        for text in (
            "adapter adapters:Raising is left out",
            "adapter adapters:NoTask is left out",
            "adapter no_such_module:A is left out",
        ):
            contains(tool.log(), text)
    check(not failures, "\n  ".join(failures))
    return f"{len(TASKS)} bodies"


@case
def a_task_is_a_run():
    with worker() as tool:
        body = {"task": "transcribe", "method": "sleeps"}
        run = Background(tool.post, "/task", body, headers={"X-Run-Id": "task"})
        wait_until(lambda: tool.get("/progress").json["message"] == "waiting", "the task")
        equal(tool.post("/cancel").json, {"status": "cancelled"})
        equal(run.wait().status, 409)
        equal(tool.post("/task", {"task": "other", "method": "run"}).status, 200)


@case
def a_class_without_adapters_has_no_tasks():
    with Worker("greeter", "Greeter") as greeter:
        equal(greeter.post("/task", {"task": "a", "method": "b"}).status, 404)


#: Route, body, and the answer of a class that has the method, and of one that has not.
HOOKS = {
    "/reconfigure": ({"old_config": {"a": 1}, "new_config": {"a": 2}}, (200, '{"status":"reconfigured"}'), (200, '{"status":"not_supported"}')),
    "/on_disable": (None, (200, '{"status":"disabled"}'), (200, '{"status":"not_supported"}')),
    "/on_enable": (None, (200, '{"status":"error","detail":"cannot enable"}'), (200, '{"status":"not_supported"}')),
    "/get_system_status": (None, (200, '{"gpu":0.5}'), (404, "get_system_status")),
    "/list_processes": (None, (501, "not on this machine"), (404, "list_processes")),
}  # fmt: skip


def hook(path, body, has, has_not):
    with worker() as tool, Worker("greeter", "Greeter") as greeter:
        for served, (status, text) in ((tool, has), (greeter, has_not)):
            reply = served.post(path, body)
            equal(reply.status, status, reply)
            contains(reply.text, text)
        equal(tool.execute().status, 200)


for path, (body, has, has_not) in HOOKS.items():
    add(f"later: {path}", lambda p=path, b=body, h=has, n=has_not: hook(p, b, h, n))


@case
def reconfigure_gets_both_configs():
    with worker() as tool:
        tool.post("/reconfigure", {"old_config": {"a": 1}, "new_config": {"a": 2}})
        equal(tool.execute().ok(), [{"a": 1}, {"a": 2}])


@case
def health_names_the_interpreter():
    with worker() as tool:
        equal(tool.get("/health").json["python_executable"], sys.executable)


@case
def an_adapter_on_several_lanes():
    with worker("--concurrency", "2") as tool:
        runs = [
            Background(tool.post, "/task", {"task": "transcribe", "method": "run", "kwargs": {"text": text}})
            for text in "abcd"
        ]
        equal([run.wait().json["text"] for run in runs], list("abcd"))
