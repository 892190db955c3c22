"""A class whose methods are all coroutines."""

import asyncio


class Coroutines:
    name = "coroutines"
    version = "1"

    def __init__(self):
        self.config = {}
        self.count = 0
        self.loop = None

    async def initialize(self, config=None):
        await asyncio.sleep(0)
        self.config = config or {}

    async def get_current_config(self):
        return self.config

    async def execute(self, text):
        await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        if self.loop not in (None, loop):
            raise RuntimeError("the loop is another one than before")
        self.loop = loop
        self.count += 1
        return [text, self.count]

    async def execute_stream(self, count):
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    async def prefetch(self):
        await asyncio.sleep(0)

    async def cleanup(self):
        await asyncio.sleep(0)
