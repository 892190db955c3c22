"""A tool without `execute`, and adapters that make its tasks."""

import asyncio
import time
from dataclasses import dataclass


@dataclass
class Transcript:
    text: str
    tool: str


class Status:
    def to_dict(self):
        return {"gpu": 0.5}


class Tool:
    name = "tool"
    version = "1"

    def __init__(self):
        self.configs = []

    def initialize(self, config=None):
        pass

    def execute(self):
        return self.configs

    def reconfigure(self, old_config, new_config):
        self.configs = [old_config, new_config]

    def on_disable(self):
        pass

    def on_enable(self):
        raise RuntimeError("cannot enable")

    def get_system_status(self):
        return Status()

    def list_processes(self):
        raise NotImplementedError("not on this machine")


class Transcribe:
    task_name = "transcribe"

    def __init__(self, tool):
        self.tool = tool

    def run(self, text):
        return Transcript(text, self.tool.name)

    async def later(self, text):
        await asyncio.sleep(0.01)
        return Transcript(text, self.tool.name)

    def fails(self):
        raise ValueError("no model")

    def sleeps(self):
        self.tool._status_message = "waiting"
        self.tool._progress = 0.5
        time.sleep(30)

    def _private(self):
        return "secret"


class Other:
    task_name = "other"

    def __init__(self, tool):
        pass

    def run(self):
        return None


class Raising:
    task_name = "raising"

    def __init__(self, tool):
        raise RuntimeError("no tool")


class NoTask:
    def __init__(self, tool):
        pass
