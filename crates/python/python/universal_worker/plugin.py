"""A plugin's object, as the worker calls it.

The worker calls every method with JSON as text and gets JSON as text; exceptions are described by
:func:`errors.describe`.
"""

from universal_worker import (
    _native,
    coroutines,
    errors,
    generations,
    loading,
    process,
    trace,
    values,
)


class Plugin:
    """The one object of a class, made when the class is opened; it lives as long as the process."""

    def __init__(self, module, class_name, adapters):
        self.file = getattr(module, "__file__", None)
        self.cls = loading.find_class(module, class_name)
        self.object = loading.construct(self.cls)
        self.generation = generations.of(self.object)
        if self.generation is not None:
            self.generation.install_diagnostics()
        self.adapters = loading.bind_adapters(self.object, adapters)
        if not self.adapters:
            loading.check_plugin(self.object, module)
        self.has_cancel = _has_cancel(self.object)
        _report_attributes(self.object)

    def info(self):
        """The description of the class."""
        plugin = self.object
        document = (getattr(self.cls, "__doc__", None) or "").strip()
        positional, arguments = _parameters(getattr(plugin, "execute", None))
        description = values.encode(
            {
                "class": getattr(self.cls, "__name__", "unknown"),
                "name": _text_attribute(plugin, "name"),
                "version": _text_attribute(plugin, "version"),
                "description": document.partition("\n\n")[0],
                "concurrency": 1,
                "cancellable": True,
                "live_config": True,
                "config_schema": _schema(plugin),
                "positional": positional,
                "args_schema": arguments,
                "output_schema": True,
            }
        )
        return errors.plain(description, "replace")

    def health(self):
        """Further keys of ``/health``."""
        import sys

        keys = {"python_executable": sys.executable}
        version = self.generation and self.generation.substrate_version
        if version:
            keys["substrate_version"] = version
        return values.encode(keys)

    def initialize(self, text):
        config = values.decode(text)
        if not isinstance(config, dict):
            message = "the config must be a JSON object, not %s" % values.kind_of(config)
            raise values.CallError("arguments", message)
        method = getattr(self.object, "initialize", None)
        if method is not None:
            coroutines.wait(method(config))

    def config(self):
        """The config in force; None if the class does not tell."""
        method = getattr(self.object, "get_current_config", None)
        if method is None:
            return None
        config = values.encode(coroutines.wait(method()))
        return config if config.startswith("{") else None

    def cleanup(self):
        method = getattr(self.object, "cleanup", None)
        if method is not None:
            coroutines.wait(method())

    def cancel(self):
        coroutines.wait(self.object.cancel())

    def execute(self, text):
        body, args, kwargs = values.decode_call(text)
        method = self._method("execute")
        self._reset()
        return self._call(body, method, args, kwargs)

    def execute_stream(self, text):
        body, args, kwargs = values.decode_call(text)
        self._reset()
        if getattr(self.object, "execute_stream", None) is None:
            method = self._method("execute")
            _native.emit(self._call(body, method, args, kwargs))
            return
        method = self._method("execute_stream")
        context = self._context(body)
        try:
            # A generator function binds its arguments here, and runs later.
            results = context.run(method, *args, **kwargs)
            _native.arguments_bound()
            context.run(self._emit_all, results)
        finally:
            self._end(context)

    def prefetch(self):
        method = getattr(self.object, "prefetch", None)
        if method is None:
            raise errors.NotSupported("the class has no prefetch")
        trace.run(lambda: coroutines.wait(method()))

    def config_options(self):
        method = getattr(self.object, "get_config_options", None)
        if method is None:
            raise errors.NotSupported("the class has no get_config_options")
        return values.encode(coroutines.wait(method()))

    def extension(self, name, text):
        handler = _EXTENSIONS.get(name)
        if handler is None:
            raise errors.NotSupported("unknown extension '%s'" % name)
        return trace.run(handler, self, text)

    def _method(self, name):
        method = getattr(self.object, name, None)
        if method is None:
            message = "class %s has no method %s" % (self.cls.__name__, name)
            raise errors.NotSupported(message)
        if not callable(method):
            kind = type(method).__name__
            raise AttributeError("%s is no method, but of type %s" % (name, kind))
        return method

    def _context(self, body):
        context = trace.context()
        if self.generation is not None:
            context.run(self.generation.begin_call, body)
        return context

    def _call(self, body, method, args, kwargs):
        """Calls a method in a context of its own, and encodes its result."""
        context = self._context(body)
        try:
            result = context.run(method, *args, **kwargs)
            return self._encode(context.run(coroutines.wait, result))
        finally:
            self._end(context)

    def _encode(self, result):
        if self.generation is not None:
            result = self.generation.wire_encode(result)
        try:
            return values.encode(result)
        except (TypeError, ValueError, RecursionError) as error:
            raise errors.ResultError(errors.message(error)) from error

    def _emit(self, result):
        _native.emit(self._encode(result))

    def _emit_all(self, results):
        if hasattr(type(results), "__aiter__"):
            coroutines.run(coroutines.for_each(results, self._emit))
            return
        try:
            results = iter(coroutines.wait(results))
        except TypeError as error:
            raise errors.ResultError(errors.message(error)) from error
        try:
            for result in results:
                self._emit(result)
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()

    def _reset(self):
        """Clears what a former run may have left, as the original worker does."""
        plugin = self.object
        if getattr(plugin, "_cancel_requested", False):
            plugin._cancel_requested = False
        if self.generation is not None:
            plugin._last_api_usage = None

    def _end(self, context):
        process.end_line()
        generation = self.generation
        if generation is None:
            return
        accounts = context.run(generation.accounts)
        if accounts:
            _native.response_header(generations.ACCOUNTS_HEADER, accounts)
        if generation.flush is not None:
            generation.flush()

    def _task(self, text):
        body = values.decode(text) if text else {}
        if not isinstance(body, dict):
            raise values.CallError("arguments", "the body must be a JSON object")
        task, name = body.get("task"), body.get("method") or ""
        adapter = self.adapters.get(task)
        if adapter is None:
            bound = sorted(self.adapters)
            message = "no adapter bound for task %r (bound: %s)" % (task, bound)
            raise errors.NotSupported(message)
        method = None if not name or name.startswith("_") else getattr(adapter, name, None)
        if not callable(method):
            raise errors.NotSupported("task %r adapter has no method %r" % (task, name))
        kwargs = body.get("kwargs") or {}
        if not isinstance(kwargs, dict):
            raise values.CallError("arguments", "kwargs must be an object")
        self._reset()
        return self._call(body, self._recorded(task, name, method), (), kwargs)

    def _recorded(self, task, name, method):
        """The method of an adapter, with an account of its call where the generation has one."""
        generation = self.generation
        if generation is None:
            return method

        def call(**kwargs):
            account = generation.start_account(task, name)
            try:
                result = coroutines.wait(method(**kwargs))
            except Exception as error:
                account(ok=False, error_category=errors.category_of(error))
                raise
            account(ok=True)
            return result

        return call

    def _reconfigure(self, text):
        method = getattr(self.object, "reconfigure", None)
        if method is None:
            return _status("not_supported")
        body = values.decode(text) if text else {}
        if not isinstance(body, dict):
            raise values.CallError("arguments", "the body must be a JSON object")
        coroutines.wait(method(body.get("old_config"), body.get("new_config")))
        return _status("reconfigured")

    def _hook(self, name, done):
        method = getattr(self.object, name, None)
        if method is None:
            return _status("not_supported")
        try:
            coroutines.wait(method())
        except Exception as error:
            return values.encode({"status": "error", "detail": errors.message(error)})
        return _status(done)

    def _monitor(self, name):
        """A method that only monitors have: 404 without it, 501 if it is left to the base class."""
        method = getattr(self.object, name, None)
        if method is None:
            raise errors.NotSupported("class %s has no method %s" % (self.cls.__name__, name))
        try:
            result = coroutines.wait(method())
        except NotImplementedError as error:
            raise errors.NotImplementedByClass(str(error) or name + " is not implemented") from None
        if hasattr(result, "to_dict"):
            result = result.to_dict()
        return values.encode(result)

    def _structural_surface(self):
        surface = self.generation and self.generation.structural_surface(self.cls)
        if surface is None:
            raise errors.NotSupported("the library of the class derives no structural surface")
        return values.encode(surface)


_EXTENSIONS = {
    "task": Plugin._task,
    "reconfigure": Plugin._reconfigure,
    "on_disable": lambda plugin, _: plugin._hook("on_disable", "disabled"),
    "on_enable": lambda plugin, _: plugin._hook("on_enable", "enabled"),
    "structural_surface": lambda plugin, _: plugin._structural_surface(),
    "get_system_status": lambda plugin, _: plugin._monitor("get_system_status"),
    "list_processes": lambda plugin, _: plugin._monitor("list_processes"),
}


class Reported:
    """An attribute of a plugin whose writes the worker sees, from whatever thread."""

    def __init__(self, name, plugin, report, *default):
        self.name = name
        self.plugin = plugin
        self.report = report
        self.default = default

    def __get__(self, instance, owner):
        if instance is not None:
            try:
                return instance.__dict__[self.name]
            except KeyError:
                pass
        if self.default:
            return self.default[0]
        kind = owner.__name__
        raise AttributeError("'%s' object has no attribute '%s'" % (kind, self.name))

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value
        if instance is self.plugin:
            self.report(instance.__dict__, value)

    def __delete__(self, instance):
        try:
            del instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None


def _report_progress(attributes, _value):
    message = attributes.get("_status_message")
    try:
        progress = float(attributes.get("_progress", 0.0))
        _native.progress(progress, "" if message is None else str(message))
    except Exception:
        pass  # not the plugin's business: it may write anything


def _report_usage(_attributes, value):
    if isinstance(value, dict):
        try:
            _native.usage(errors.plain(values.encode(value), "replace"))
        except Exception as error:
            _native.log_once(30, __name__, "usage ignored: %s" % errors.name_of(error))


def _report_attributes(plugin):
    cls = type(plugin)
    reports = {
        "_progress": _report_progress,
        "_status_message": _report_progress,
        "_last_api_usage": _report_usage,
    }
    if not hasattr(plugin, "__dict__"):
        return
    for name, report in reports.items():
        default = [vars(base)[name] for base in cls.__mro__ if name in vars(base)][:1]
        if default and hasattr(type(default[0]), "__set__"):
            continue  # a property or slot of the class itself
        try:
            setattr(cls, name, Reported(name, plugin, report, *default))
        except (AttributeError, TypeError):
            continue


def _has_cancel(plugin):
    """Whether the class has a ``cancel`` that does anything; the first generation's base does not."""
    method = getattr(type(plugin), "cancel", None)
    if method is None:
        return callable(getattr(plugin, "cancel", None))
    code, empty = getattr(method, "__code__", None), _empty.__code__
    return code is None or code.co_names != () or len(code.co_code) != len(empty.co_code)


def _empty(self):
    """Does nothing."""
    pass


def _status(word):
    return values.encode({"status": word})


def _text_attribute(plugin, name):
    try:
        return str(getattr(plugin, name, "unknown"))
    except Exception as error:
        _native.log(30, __name__, "the plugin's %s: %s" % (name, errors.message(error)))
        return "unknown"


def _schema(plugin):
    method = getattr(plugin, "get_config_schema", None)
    if method is None:
        return {}
    try:
        schema = coroutines.wait(method())
        values.encode(schema)
        return schema if isinstance(schema, (dict, bool)) else {}
    except Exception as error:
        _native.log(30, __name__, "get_config_schema: %s" % errors.message(error))
        return {}


_JSON_TYPES = {
    str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object",
}  # fmt: skip


def _parameters(method):
    """The names of a method's positional parameters, and a schema of all of them by keyword."""
    function = getattr(method, "__func__", method)
    code = getattr(function, "__code__", None)
    if code is None:
        return None, True
    first = 1 if hasattr(method, "__func__") else 0
    count = code.co_argcount
    positional = list(code.co_varnames[first:count])
    keyword_only = list(code.co_varnames[count : count + code.co_kwonlyargcount])
    hints = getattr(function, "__annotations__", {})
    properties = {}
    for name in positional + keyword_only:
        hint = hints.get(name)
        known = isinstance(hint, type) and hint in _JSON_TYPES
        properties[name] = {"type": _JSON_TYPES[hint]} if known else True
    required = positional[: len(positional) - len(function.__defaults__ or ())]
    required += [name for name in keyword_only if name not in (function.__kwdefaults__ or {})]
    schema = {"type": "object", "properties": properties, "required": required}
    if not code.co_flags & 0x08:  # CO_VARKEYWORDS
        schema["additionalProperties"] = False
    return positional, schema
