"""The engine's thread asks for memory to tell what it has computed, and not to compute it."""

import concurrent.futures
import mmap
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from program import Server

COUNTER = pathlib.Path(__file__).with_name("count_allocations.c")
COMPILER = shutil.which("clang") or shutil.which("cc")
STREAMS = 8


class EngineThread(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if COMPILER is None:
            raise unittest.SkipTest("there is no C compiler to build the counter with")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        library = os.path.join(folder.name, "count.so")
        subprocess.run([COMPILER, "-O1", "-shared", "-fPIC", "-o", library, COUNTER], check=True)
        file = open(os.path.join(folder.name, "count"), "w+b")
        cls.addClassCleanup(file.close)
        file.truncate(8)
        cls.count = mmap.mmap(file.fileno(), 8)
        added = {"LD_PRELOAD": library, "ALLOCATION_COUNT": file.name}
        cls.server = Server("--speculate", "off", environment={**os.environ, **added})
        cls.addClassCleanup(cls.server.close)

    def steps(self):
        return self.server.metrics()['millrace_engine_steps_total{model="demo"}']

    def run_streams(self, token_count):
        """Allocations and steps of streams that run together, each with a prompt of its own."""
        before = struct.unpack("q", self.count[:8])[0], self.steps()

        def chat(number):
            return self.server.chat(
                messages=[{"role": "user", "content": f"{number}: tell me of {token_count} things."}],
                max_tokens=token_count,
                temperature=1,
                seed=number,
                ignore_eos=True,
            )

        with concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
            for reply in pool.map(chat, range(STREAMS)):
                self.assertEqual(reply["usage"]["completion_tokens"], token_count)
        after = struct.unpack("q", self.count[:8])[0], self.steps()
        return after[0] - before[0], after[1] - before[1]

    def test_asks_for_memory_to_tell_of_a_step_and_for_no_stream_of_it(self):
        self.run_streams(20)
        short, short_steps = self.run_streams(50)
        long, long_steps = self.run_streams(450)
        self.assertGreater(short, 0, "nothing was counted")
        # What is told of a step, and the place for it in the mailbox. Texts grow now and then, and hold back
        # what may become a marker.
        allowance = 2 * (long_steps - short_steps) + 40 * STREAMS
        self.assertLess(long - short, allowance, f"in {long_steps - short_steps} steps")


if __name__ == "__main__":
    unittest.main()
