"""The two sides of a comparison as child processes that answer lines, and what else ran meanwhile."""

import json
import os
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class SideError(Exception):
    pass


class Side:
    """One program under measurement: a line in, a line out, and at rest in between."""

    def __init__(self, name, words, environment=None):
        self.name = name
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment)
        self.facts = self._read()

    def ask(self, request):
        load = OtherLoad([self.process.pid])
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        answer["others_share"] = load.share()
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SideError(f"{self.name} ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise SideError(f"{self.name}: {answer['error']}")
        return answer


class OtherLoad:
    """What other programs take of the processors, from its making until it is asked."""

    # From here on a sample is marked.
    TOLERABLE = 0.12

    def __init__(self, own):
        self.own = own
        self.start = self._times()

    def share(self):
        whole, used, own = (after - before for before, after in zip(self.start, self._times()))
        return min(1.0, max(0.0, used - own) / whole) if whole > 0 else 0.0

    def _times(self):
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
        own = time.process_time() * TICKS
        for process in self.own:
            try:
                with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
                    # Behind the name, which may hold anything: utime and stime are fields 14 and 15.
                    fields = file.read().rpartition(")")[2].split()
                own += int(fields[11]) + int(fields[12])
            except OSError:
                continue
        return sum(ticks), sum(ticks) - ticks[3] - ticks[4], own
