"""The server is what its OpenAPI description says, and takes and refuses what that says.

Requests per route are MILLRACE_EXAMPLES (5; `scripts/fuzz http` sends many more), the seed MILLRACE_SEED (1).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from program import ROOT, Server

EXAMPLES = int(os.environ.get("MILLRACE_EXAMPLES", "5"))
SEED = int(os.environ.get("MILLRACE_SEED", "1"))
RULES = ROOT / "Tests" / "System" / "description"


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--default-model", "demo")
        cls.addClassCleanup(cls.server.close)

    def test_is_served_as_it_is_written(self):
        status, headers, body = self.server.ask("GET", "/openapi.json")
        self.assertEqual((status, headers["content-type"]), (200, "application/json"))
        self.assertEqual(body, (ROOT / "schemas" / "openapi.json").read_bytes())

    def test_is_what_the_server_does(self):
        """Status codes, content types, headers and bodies, whole and streamed, by `schemathesis`."""
        # What it remembers of a run would lie beside its rules.
        folder = tempfile.mkdtemp(prefix="millrace-")
        self.addCleanup(shutil.rmtree, folder, True)
        for name in ("schemathesis.toml", "rules.py"):
            shutil.copy(RULES / name, folder)
        words = ["--phases", "examples,coverage,fuzzing", "--request-timeout", "30", "--no-color"]
        words += ["--seed", SEED, "--max-examples", EXAMPLES]
        program = pathlib.Path(sys.executable).parent / "st"
        done = subprocess.run(
            [program, "run", f"{self.server.url}/openapi.json", *map(str, words)],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
        )
        report = done.stdout.decode()
        self.assertEqual(done.returncode, 0, f"seed {SEED}:\n{report[-8000:]}{done.stderr.decode()[-2000:]}")
        self.assertTrue(self.server.is_alive)
        print(re.search(r"\d+ generated.*", report)[0], end="; ")


if __name__ == "__main__":
    unittest.main()
