"""Exceptions of plugins, described for the worker."""

import sys

from universal_worker import values

#: The folder of the worker's own files.
PACKAGE = __file__.rpartition("/")[0] + "/"

#: The files whose frames call the plugin's own code.
_CALLERS = (PACKAGE + "plugin.py", PACKAGE + "loading.py")

#: The categories of Python's own exceptions, by the first class of the MRO that is listed.
_CATEGORIES = {
    FileNotFoundError: "user_input",
    NotADirectoryError: "user_input",
    IsADirectoryError: "user_input",
    PermissionError: "user_input",
    KeyError: "user_input",
    ValueError: "user_input",
    TypeError: "user_input",
    TimeoutError: "transient",
    ConnectionError: "transient",
    InterruptedError: "transient",
    BlockingIOError: "transient",
    OSError: "transient",
    MemoryError: "resource",
}

#: The exceptions by which the libraries of the original worker say that a run was cancelled.
_CANCELLED = frozenset(["PluginCancelledError", "CapabilityCancelledError"])


class Cancelled(BaseException):
    """Raised in a run that was cancelled.

    Derives from BaseException, so that ``except Exception`` does not catch it.
    """


class NotSupported(Exception):
    """The class does not have the requested method."""


class NotImplementedByClass(Exception):
    """The class has the requested method, and says that it is not implemented."""


class ResultError(TypeError):
    """The plugin returned what cannot be sent, which no other request changes."""

    category = "fatal"
    default_retriable = False


def is_cancelled(error):
    """Whether an exception says that the run was cancelled."""
    if isinstance(error, Cancelled):
        return True
    if any(_attribute(cls, "__name__") in _CANCELLED for cls in _mro(error)):
        return True
    asyncio = sys.modules.get("asyncio.exceptions")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def is_call_mismatch(error):
    """Whether Python itself rejected the arguments of our call."""
    if type(error) is not TypeError:
        return False
    innermost = _innermost(error)
    return innermost is not None and innermost.tb_frame.f_code.co_filename in _CALLERS


def describe(error, call_failed):
    """The kind of a fault, its message, and its details as JSON.

    ``call_failed``: the exception may come from the call of the plugin's method itself.
    """
    kind, text, detail = _describe(error, call_failed)
    return kind, plain(text), plain(detail, "replace")


def _describe(error, call_failed):
    if isinstance(error, values.CallError):
        return error.kind, str(error), '{"category":"user_input","retriable":false}'
    if isinstance(error, NotSupported):
        return "not_supported", str(error), "{}"
    if isinstance(error, NotImplementedByClass):
        return "not_implemented", str(error), "{}"
    if is_cancelled(error):
        return "cancelled", "cancelled", values.encode({"original": _repr(error)})
    if call_failed and is_call_mismatch(error):
        detail = {"category": "user_input", "retriable": False, "original": _repr(error)}
        return "arguments", message(error), values.encode(detail)
    return "failed", message(error), values.encode(_details(error))


def plain(text, surrogates="backslashreplace"):
    """The text without unpaired surrogates, which UTF-8 cannot express."""
    return text if text.isascii() else text.encode("utf-8", surrogates).decode()


def message(error):
    """The text of an exception; its type and place if it has none."""
    try:
        text = str(error)
    except BaseException as second:
        return "%s (str() of it raises %s)" % (name_of(error), name_of(second))
    if text:
        return text
    return "%s (no message)%s" % (name_of(error), _place(error))


def name_of(error):
    """The name of the class of an exception."""
    return _attribute(type(error), "__name__") or "an exception"


def _innermost(error):
    """The last entry of the traceback of an exception."""
    entry = error.__traceback__
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    return entry


def _place(error):
    """Where an exception was raised, as ' at FILE:LINE in FUNCTION'."""
    innermost = _innermost(error)
    if innermost is None:
        return ""
    code = innermost.tb_frame.f_code
    name = code.co_filename.rpartition("/")[2]
    return " at %s:%d in %s" % (name, innermost.tb_lineno, code.co_name)


def category_of(error):
    """What a caller can do about an exception."""
    category = _attribute(error, "category")
    if category in ("user_input", "transient", "resource", "fatal"):
        return category
    return next((_CATEGORIES[cls] for cls in _mro(error) if cls in _CATEGORIES), "fatal")


def _details(error):
    category = category_of(error)
    retriable = _attribute(error, "default_retriable")
    detail = {
        "category": category,
        "retriable": category != "fatal" if retriable is None else bool(retriable),
        "original": _repr(error),
        "traceback": traceback_of(error),
    }
    for name in ("retry_after_seconds", "fields_invalid", "resource_shortfall"):
        value = _attribute(error, name)
        try:
            values.encode(value)
        except Exception:
            continue  # an attribute of the same name with another meaning
        if value is not None:
            detail[name] = value
    return detail


def _mro(error):
    # Not as an attribute, which a metaclass may change.
    return type.mro(type(error))


def _attribute(owner, name):
    """An attribute, or None if there is none or reading it raises."""
    try:
        return getattr(owner, name, None)
    except BaseException:
        return None


def _repr(error):
    try:
        return repr(error)
    except BaseException:
        return name_of(error) + "(...)"


def traceback_of(error):
    """The traceback of an exception without the frames of the worker."""
    first = error.__traceback__
    while first is not None and first.tb_frame.f_code.co_filename.startswith(PACKAGE):
        first = first.tb_next
    try:
        import traceback

        return "".join(traceback.format_exception(type(error), error, first))
    except BaseException as second:
        # A part of it may have a __str__ that raises; without open files, nothing is imported.
        return "%s (its traceback cannot be formatted: %s)" % (_repr(error), name_of(second))
