"""`python -m universal_worker` starts a worker in this interpreter."""

from universal_worker import worker

if __name__ == "__main__":
    worker.main()
