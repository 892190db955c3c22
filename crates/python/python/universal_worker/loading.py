"""Imports the module of a plugin and makes its object; explains what is wrong if that fails."""

import os
import sys

from universal_worker import _native, errors

NO_CLASS = "it has no class with a method execute"

#: Methods of which a plugin has at least one.
_SERVED = ("execute", "execute_stream", "get_config_schema", "get_system_status")


class LoadError(Exception):
    """Why there is no plugin: a message, a hint, and the traceback if there is one."""

    def __init__(self, message, hint, detail=None):
        super().__init__(message)
        self.hint = hint
        self.detail = detail


def load_module(name):
    """The module of a dotted name, or of the path of a file or package folder."""
    if "/" in name:
        return _module_of_file(name)
    return _import(name)


def find_class(module, name):
    """The class with this name; without a name, the only one in the module that can be a plugin."""
    if name is not None:
        found = getattr(module, name, None)
        if found is None:
            raise _no_such_class(module, name)
        if not callable(found):
            kind = type(found).__name__
            raise LoadError("'%s' in it is no class, but of type %s" % (name, kind), _choose(module))
        return found
    found = plugin_classes(module)
    if len(found) == 1:
        return found[0]
    if not found:
        raise LoadError(NO_CLASS, "--class names a class")
    names = ", ".join(cls.__name__ for cls in found)
    raise LoadError("it has several classes: %s" % names, "choose one with --class")


def plugin_classes(module):
    """The classes that the module itself defines and that have a method of a plugin."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and not getattr(value, "__abstractmethods__", None)
        and any(hasattr(value, name) for name in _SERVED)
    ]


def construct(cls):
    """An object of the class."""
    try:
        return cls()
    except Exception as error:
        name = getattr(cls, "__name__", str(cls))
        missing = getattr(cls, "__abstractmethods__", None)
        if missing:
            message = "class %s lacks methods: %s" % (name, ", ".join(sorted(missing)))
            raise LoadError(message, "implement them, or name another class") from None
        if errors.is_call_mismatch(error):
            message = "the constructor of %s needs arguments: %s" % (name, error)
            hint = "the worker calls it without any; initialize() gets the config"
            raise LoadError(message, hint) from None
        raise _raised("the constructor of %s" % name, error) from None


def check_plugin(plugin, module):
    """Whether an object has anything that a worker can serve."""
    if not any(hasattr(plugin, name) for name in _SERVED):
        kind = type(plugin).__name__
        raise LoadError("class %s has no method execute" % kind, _choose(module))


def bind_adapters(plugin, specs):
    """The task adapters 'MODULE:CLASS' by task name; one that fails is logged and left out."""
    adapters = {}
    for spec in specs:
        module_name, _, class_name = spec.rpartition(":")
        try:
            cls = getattr(_import(module_name), class_name)
            task = getattr(cls, "task_name", "")
            if not task:
                raise LoadError("the class has no task_name", "")
            if task in adapters:
                raise LoadError("another adapter has the task '%s'" % task, "")
            adapters[task] = cls(plugin)
        except Exception as error:
            _native.log(40, __name__, "adapter %s is left out: %s" % (spec, errors.message(error)))
    return adapters


def environment():
    """The environment of this interpreter, for messages."""
    return sys.prefix if sys.prefix != sys.base_prefix else sys.executable


def _import(name):
    try:
        __import__(name)
        return sys.modules[name]
    except ModuleNotFoundError as error:
        missing = error.name or name
        if missing == name or name.startswith(missing + "."):
            raise _no_such_module(name, missing) from None
        message = "it needs '%s', which is not installed in %s" % (missing, environment())
        raise LoadError(message, _install(missing), errors.traceback_of(error)) from None
    except SyntaxError as error:
        place = "%s line %s" % (error.filename, error.lineno)
        raise LoadError("%s: %s" % (place, error.msg), "correct the file") from None
    except errors.Cancelled:
        raise
    except BaseException as error:
        raise _raised("importing it", error) from None


def _module_of_file(path):
    path = os.path.abspath(path)
    folder, _, file = path.rpartition("/")
    name = file[:-3] if file.endswith(".py") else file
    if not name.isidentifier():
        raise LoadError("'%s' cannot be imported as '%s'" % (path, name), "rename the file")
    sys.path.insert(0, folder or "/")
    module = _import(name)
    found = getattr(module, "__file__", None) or ""
    if os.path.realpath(found) not in map(os.path.realpath, (path, path + "/__init__.py")):
        message = "%s is hidden by another module of the name '%s' (%s)"
        raise LoadError(message % (path, name, found or "built in"), "rename the file")
    return module


def _install(module):
    distribution = module.partition(".")[0].replace("_", "-")
    return "install it: %s -m pip install %s" % (sys.executable, distribution)


def _no_such_module(name, missing):
    parent, _, last = missing.rpartition(".")
    if name.endswith(".py") and os.path.isfile(name):
        return LoadError("'%s' is a file" % name, "a path has a slash: ./%s" % name)
    import pkgutil

    path = getattr(sys.modules[parent], "__path__", []) if parent else None
    names = [module.name for module in pkgutil.iter_modules(path)]
    prefix = parent + "." if parent else ""
    near = [prefix + found for found in _native.suggest(last, names)]
    if parent:
        message = "the package '%s' has no module '%s'" % (parent, last)
        return LoadError(message, _did_you_mean(near) or "see what it contains")
    message = "there is no module '%s' in %s" % (missing, environment())
    searched = _native.searched()
    if searched is not None and missing == name:
        message += ", and no such plugin in %s" % searched[0]
        near = searched[1] + near
    return LoadError(message, _did_you_mean(near) or _install(name))


def _did_you_mean(names):
    text = " or ".join("'%s'" % name for name in names[:3])
    return "did you mean %s?" % text if text else None


def _no_such_class(module, name):
    if hasattr(module, name):
        return LoadError("'%s' in it is None, not a class" % name, _choose(module))
    classes = [key for key, value in vars(module).items() if isinstance(value, type)]
    hint = _did_you_mean(_native.suggest(name, classes))
    return LoadError("it has no class '%s'" % name, hint or _choose(module))


def _choose(module):
    names = ", ".join(cls.__name__ for cls in plugin_classes(module))
    return "its classes: %s" % names if names else "it defines no class that can be a plugin"


def _raised(what, error):
    kind = type(error).__name__
    message = "%s raises %s: %s" % (what, kind, errors.message(error))
    return LoadError(message, "see its traceback in the log", errors.traceback_of(error))
