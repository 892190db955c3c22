"""Starts a worker in this interpreter, from the folder in UNIVERSAL_WORKER_TEST_DIST."""

import os
import sys
import threading  # noqa: F401 - takes the thread that imports it for the main thread

if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    sys.path.append(os.path.join(os.environ["UNIVERSAL_WORKER_TEST_DIST"], "python"))
    from universal_worker import bridge

    bridge.main(sys.argv[1:])
