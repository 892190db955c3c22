"""What the later libraries of the original worker expect of it, beside the class itself."""

import json
import os
import sys
import time

#: The packages of the generations; the first has nothing of this.
_PACKAGES = ("cjm_substrate", "cjm_plugin_system")

ACCOUNTS_HEADER = "X-CJM-Accounts"

_IO_COUNTERS = ("read_bytes", "write_bytes", "cancelled_write_bytes", "rchar", "wchar")


class Generation:
    """The library that a plugin was written for, if it has the parts that a worker serves."""

    def __init__(self, package, wire):
        self.package = package
        self.wire = wire
        self.wire_encode = wire.wire_encode
        self.flush = None

    @property
    def substrate_version(self):
        if self.package != "cjm_substrate":
            return None
        return getattr(sys.modules[self.package], "__version__", None)

    def begin_call(self, body):
        """Runs in the context of a call, before the plugin's method."""
        envelope = body.get(self.wire.ENVELOPE_BODY_KEY)
        if envelope:
            self.wire.set_call_envelope(self.wire.CallEnvelope.from_wire(envelope))
        self.wire.begin_account_capture()

    def accounts(self):
        """What the call recorded, as the value of a header; None if nothing."""
        accounts = self.wire.drain_accounts()
        return json.dumps(accounts, default=str) if accounts else None

    def start_account(self, task, method):
        """Starts the account of a task; the result records how it ended."""
        start, before = time.monotonic(), self._io_counters()

        def end(**outcome):
            module = __import__(self.package + ".core.journal_store", fromlist=["x"])
            account = {"task": task, "method": method, "ok": outcome.pop("ok")}
            account["duration_s"] = round(time.monotonic() - start, 3)
            after = self._io_counters()
            if before and after:
                account["io"] = {name: after[name] - before.get(name, 0) for name in after}
            account.update(outcome)
            self.wire.record_account(module.SubstrateEventType.TASK_ACCOUNT.value, account)

        return end

    def _io_counters(self):
        """The I/O of this process in bytes (proc_pid_io(5)), for the accounts of the last generation."""
        if self.package != "cjm_substrate":
            return None
        try:
            with open("/proc/self/io") as lines:
                counters = dict(line.split(":", 1) for line in lines)
            return {name: int(counters[name]) for name in _IO_COUNTERS if name in counters}
        except (OSError, ValueError):
            return None

    def structural_surface(self, cls):
        """What the class offers, as the host derived it at its installation."""
        for name in ("capability", "interface", "plugin"):
            try:
                module = __import__("%s.core.%s" % (self.package, name), fromlist=["x"])
                derive = module.derive_structural_surface
            except (ImportError, AttributeError):
                continue
            return derive(cls)
        return None

    def install_diagnostics(self):
        """Sends log records to the host's store, too, where the host names one."""
        store = os.environ.get("CJM_DIAGNOSTICS_DB")
        if not store:
            return
        import logging
        import pathlib

        module = __import__(self.package + ".core.diagnostics_store", fromlist=["x"])
        logging.getLogger().addHandler(
            module.DiagnosticsLogHandler(
                store=module.LocalDiagnosticsStore(pathlib.Path(store)),
                worker_session_id=os.environ.get("CJM_WORKER_SESSION_ID"),
            )
        )
        self.flush = getattr(module, "flush_worker_diagnostics", None)


def of(plugin):
    """The generation of a plugin; None for a plain class or one of the first generation."""
    used = {cls.__module__.partition(".")[0] for cls in type(plugin).__mro__}
    # A host of a later generation sets such variables for each of its workers.
    has_host = any(name.startswith("CJM_") for name in os.environ)
    for package in _PACKAGES:
        if not (has_host or package in used or package in sys.modules):
            continue
        try:
            wire = __import__(package + ".core.wire", fromlist=["x"])
            return Generation(package, wire)
        except (ImportError, AttributeError):
            continue
    return None
