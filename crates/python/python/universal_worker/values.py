"""JSON in both directions: the text of calls to values, and results to text.

Results have the bytes of Starlette's ``JSONResponse``, which the original worker used: compact, and
not escaped to ASCII.
"""

import json
import sys

_SCALARS = (str, int, float, bool, type(None))


class CallError(Exception):
    """A body that is not a call; ``kind`` is the name of a ``FaultKind``."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class _Constant(Exception):
    """NaN or Infinity, which Python's decoder accepts, but JSON does not have."""


def _reject_constant(name):
    raise _Constant(name)


_decoder = json.JSONDecoder(parse_constant=_reject_constant)


def decode(text):
    """The value of a JSON text."""
    try:
        return _decoder.decode(text[1:] if text.startswith("\ufeff") else text)
    except _Constant as error:
        message = "the body is not JSON: %s at %s" % (error, _place_of_constant(text))
    except ValueError as error:
        message = "the body is not JSON: %s" % error
    raise CallError("syntax", message) from None


def _place_of_constant(text):
    """The line and column of the first constant outside of strings."""
    import re

    tokens = re.finditer(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', text)
    at = next(token.start() for token in tokens if text[token.start()] != '"')
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return "line %d column %d" % (line, column)


def decode_call(text):
    """The body of a call with its positional and keyword arguments."""
    body = decode(text) if text.strip("\ufeff \t\r\n") else {}
    if type(body) is not dict:
        raise CallError("arguments", "the body must be a JSON object, not %s" % kind_of(body))
    args = body.get("args")
    kwargs = body.get("kwargs")
    if args is None:
        args = ()
    elif type(args) is not list:
        raise CallError("arguments", "args must be an array, not %s" % kind_of(args))
    if kwargs is None:
        kwargs = {}
    elif type(kwargs) is not dict:
        raise CallError("arguments", "kwargs must be an object, not %s" % kind_of(kwargs))
    return body, args, kwargs


def kind_of(value):
    """The JSON type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def default(value):
    """Converts a value that the JSON encoder does not know."""
    # Each type is looked up only in modules that are loaded: its value could not exist otherwise.
    modules = sys.modules
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        return modules["dataclasses"].asdict(value)
    if "datetime" in modules:
        datetime = modules["datetime"]
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
    if isinstance(value, (set, frozenset)):
        return list(value)
    if hasattr(kind, "__fspath__"):
        return value.__fspath__()
    if "enum" in modules and isinstance(value, modules["enum"].Enum):
        return value.value
    if "uuid" in modules and isinstance(value, modules["uuid"].UUID):
        return str(value)
    if hasattr(kind, "model_dump"):  # pydantic
        return value.model_dump(mode="json")
    if hasattr(kind, "tolist") and hasattr(kind, "dtype"):  # numpy arrays and scalars
        return value.tolist()
    raise TypeError("Object of type %s is not JSON serializable" % kind.__name__)


def _fast_encoder():
    """The encoder of C, made once; ``json.JSONEncoder.encode`` makes one for each value.

    Without the check for circular references, which is not safe in several threads.
    """
    encoder = json.encoder
    make, escape = encoder.c_make_encoder, encoder.c_encode_basestring
    if make is None or escape is None:
        return None
    return make(None, default, escape, None, ":", ",", False, False, False)


def _slow_encode(value, **options):
    return json.dumps(value, default=default, separators=(",", ":"), **options)


_encode_parts = _fast_encoder()


def encode(value):
    """The JSON text of a result."""
    if type(value) is str:
        return json.encoder.encode_basestring(value)
    try:
        if _encode_parts is None:
            return _slow_encode(value, ensure_ascii=False, allow_nan=False)
        return "".join(_encode_parts(value, 0))
    except ValueError:
        # NaN and infinity have no JSON: they become null.
        text = _slow_encode(value, ensure_ascii=False)
        finite = json.loads(text, parse_constant=lambda _: None)
        return _slow_encode(finite, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        # Names a circular reference, if that is the reason.
        return _slow_encode(value, ensure_ascii=False)


def escape(text):
    """The same JSON in ASCII, for text with unpaired surrogates, which UTF-8 cannot express."""
    return "".join(c if c < "\x80" else json.encoder.encode_basestring_ascii(c)[1:-1] for c in text)
