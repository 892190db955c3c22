"""Serves a Python class over HTTP, in a process of its own.

``python -m universal_worker --module MODULE --class CLASS`` starts a worker in this interpreter; the
program ``universal-worker`` finds the interpreter first, and starts the same worker.
"""
