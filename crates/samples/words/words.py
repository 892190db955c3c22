"""A plugin in Python: it counts the words of texts."""

from collections import Counter
from dataclasses import asdict, dataclass, fields


@dataclass
class Config:
    shortest: int = 1  # letters of a word that counts
    top: int = 3  # words in an answer


class Words:
    """Counts the words of texts."""

    name = "words"
    version = "1.0.0"
    config = Config()

    def initialize(self, config=None):
        self.config = Config(**(config or {}))

    def get_config_schema(self):
        properties = {f.name: {"type": "integer", "default": f.default} for f in fields(Config)}
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def get_current_config(self):
        return asdict(self.config)

    def execute(self, text: str):
        words = (word for word in text.lower().split() if len(word) >= self.config.shortest)
        return dict(Counter(words).most_common(self.config.top))

    def execute_stream(self, texts: list):
        for number, text in enumerate(texts, start=1):
            yield self.execute(text)
            self._progress = number / len(texts)
