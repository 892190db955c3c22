"""The trace that a run belongs to, for the code of a plugin.

``from universal_worker.trace import current_trace``; ``current_trace.get()`` is a
:class:`TraceContext` during a run that belongs to a trace, and else None.
"""

import contextvars

from universal_worker import _native, errors


class TraceContext:
    """The headers of W3C Trace Context that the request of a run had."""

    __slots__ = ("traceparent", "tracestate")

    def __init__(self, traceparent, tracestate=None):
        self.traceparent = traceparent
        self.tracestate = tracestate

    def headers(self):
        """The headers for a request that the plugin makes."""
        headers = {"traceparent": self.traceparent}
        if self.tracestate is not None:
            headers["tracestate"] = self.tracestate
        return headers

    def __repr__(self):
        return "TraceContext(%r, %r)" % (self.traceparent, self.tracestate)


#: The trace of the run in whose context the code runs.
current_trace = contextvars.ContextVar("universal_worker.trace", default=None)

#: Makes the caller's span the current one of OpenTelemetry; False where there is none.
_attach = None


def context():
    """A copy of the current context, in which the trace of this thread's run is the current one."""
    context = contextvars.copy_context()
    trace = _native.trace_context()
    if trace is not None:
        context.run(_enter, TraceContext(*trace))
    return context


def run(function, *arguments):
    """Calls a function, in a context of its own if this thread's run belongs to a trace."""
    if _native.trace_context() is None:
        return function(*arguments)
    return context().run(function, *arguments)


def _enter(trace):
    """Changes the context of a run, which ends with the run: nothing has to be undone."""
    global _attach
    current_trace.set(trace)
    if _attach is None:
        # Not before it is needed: the import takes longer than the start of the worker.
        _attach = _find_opentelemetry() or False
    if _attach:
        try:
            _attach(trace.headers())
        except Exception as error:
            _native.log_once(30, __name__, "opentelemetry: %s" % errors.message(error))


def _find_opentelemetry():
    """A function for the OpenTelemetry of the environment; None if there is none."""
    try:
        from opentelemetry.context import attach
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    except ImportError:
        return None
    except Exception as error:
        _native.log_once(30, __name__, "importing opentelemetry: %s" % errors.message(error))
        return None
    propagator = TraceContextTextMapPropagator()
    return lambda headers: attach(propagator.extract(headers))
