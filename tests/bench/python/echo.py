"""A class of the usual size: what it imports is what most plugins import."""

import dataclasses
import datetime
import json
import logging
import pathlib
import sqlite3
import typing


@dataclasses.dataclass
class Config:
    path: pathlib.Path = pathlib.Path("echo.db")
    started: datetime.datetime = datetime.datetime(2026, 1, 1)


class Echo:
    name = "echo"
    version = "1.0"

    def __init__(self):
        self.logger = logging.getLogger(__name__)
        self.config = Config()
        self.version_of_database = sqlite3.sqlite_version

    def initialize(self, config: typing.Optional[dict] = None) -> None:
        self.config = Config(**(config or {}))

    def get_current_config(self) -> dict:
        return json.loads(json.dumps(dataclasses.asdict(self.config), default=str))

    def execute(self, *args, **kwargs):
        return {"args": list(args), "kwargs": kwargs}

    def execute_stream(self, n):
        for i in range(n):
            yield {"i": i, "text": "é"}
