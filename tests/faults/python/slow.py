"""A module whose import takes long."""

import os
import time

with open(os.path.join(os.environ["FAULTS_FOLDER"], "importing"), "w"):
    pass
time.sleep(600)


class Slow:
    def execute(self):
        pass
