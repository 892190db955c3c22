"""A plain class without a base, and without most methods."""


class Invalid(Exception):
    category = "user_input"
    default_retriable = False
    fields_invalid = {"name": "too short"}


class Busy(Exception):
    category = "transient"
    default_retriable = True
    retry_after_seconds = 2.5


class Greeter:
    """Greets by name."""

    def execute(self, name, times: int = 1, *, loud: bool = False):
        if not isinstance(name, str):
            raise RuntimeError("name must be a text")
        if name == "invalid":
            raise Invalid("the name is invalid")
        if name == "busy":
            raise Busy("later")
        return self.repeat(name, times)

    def repeat(self, name, times):
        return ("Hello " + name) * times
