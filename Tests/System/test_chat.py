"""`millrace chat` with piped input, and what every command says about itself."""

import os
import subprocess
import unittest

from program import BINARY, DEMO_MODEL, Server, free_port

COMMANDS = ("serve", "coordinator", "edge", "worker", "chat", "inspect", "simulate")


def run(*words, sent="", **environment):
    """The program's exit code, output and complaints."""
    done = subprocess.run(
        [BINARY, *map(str, words)],
        input=sent.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class AChat(unittest.TestCase):
    """Questions from a pipe to a running server."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)

    def chat(self, sent, *words):
        return run("chat", "--url", self.server.url, "--temperature", 0, *words, sent=sent)

    def answer(self, *messages, **fields):
        messages = [{"role": role, "content": content} for role, content in messages]
        return self.server.chat(messages=messages, temperature=0, **fields)["choices"][0]["message"][
            "content"
        ]

    def test_answers_each_line(self):
        code, output, complaints = self.chat("who are you?\n\nwhat is a lane?\n")
        first = self.answer(("user", "who are you?"))
        second = self.answer(("user", "who are you?"), ("assistant", first), ("user", "what is a lane?"))
        self.assertEqual((code, complaints), (0, ""))
        self.assertEqual(output.split(), f"{first}\n{second}".split())

    def test_needs_no_line_end(self):
        self.assertEqual(self.chat("hello")[1].strip(), self.answer(("user", "hello")).strip())

    def test_obeys_its_commands(self):
        code, output, _ = self.chat("hello\n/reset\nhello\n/quit\nhello\n")
        answer = self.answer(("user", "hello")).strip()
        self.assertEqual((code, output.count(answer)), (0, 2))

    def test_says_when_an_answer_is_cut(self):
        code, output, complaints = self.chat("tell me a story\n", "--max-tokens", 4)
        self.assertEqual(code, 0)
        self.assertEqual(output.strip(), self.answer(("user", "tell me a story"), max_tokens=4).strip())
        self.assertIn("cut", complaints)

    def test_says_that_there_is_no_server(self):
        url = f"http://127.0.0.1:{free_port()}"
        code, output, complaints = run("chat", "--url", url, sent="hello\n")
        self.assertEqual((code, output), (1, ""))
        self.assertIn(f"no server at {url}", complaints)
        self.assertIn("millrace serve", complaints)

    def test_says_that_there_is_no_such_model(self):
        code, output, complaints = self.chat("hello\n", "--model", "none")
        self.assertEqual((code, output), (1, ""))
        self.assertIn("none", complaints)
        self.assertIn("demo", complaints)


class CommandLine(unittest.TestCase):
    """Help where it is asked for, and a hint where something is wrong."""

    def test_every_command_explains_itself(self):
        code, overview, _ = run("--help")
        self.assertEqual(code, 0)
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertIn(f"  {command} ", overview)
                code, output, complaints = run(command, "--help")
                self.assertEqual((code, complaints), (0, ""))
                self.assertTrue(output.startswith(f"Usage: millrace {command}"), output)
                self.assertEqual(run("help", command)[1], output)
        self.assertEqual(run("--version")[0], 0)

    def test_wrong_words_get_a_suggestion(self):
        cases = (
            (("serv",), "serve"),
            (("serve", "--prot", 1), "--port"),
            (("chat", "--temprature", 1), "--temperature"),
            (("worker", "--modle", "x"), "--model"),
        )
        for words, suggestion in cases:
            with self.subTest(words=words):
                code, output, complaints = run(*words)
                self.assertEqual((code, output), (2, ""))
                self.assertIn(suggestion, complaints)

    def test_wrong_values_are_named(self):
        cases = (
            (("serve", "--port", 70_000), "--port"),
            (("serve", "--batch", "many"), "--batch"),
            (("serve", "extra"), "extra"),
            (("coordinator",), "--listen"),
            (("inspect", "nothing", "x"), "nothing"),
            (("coordinator", "--listen", "tcp://0.0.0.0:4000"), "--insecure-fleet"),
            (("coordinator", "--listen", "pgm://127.0.0.1:4000"), "pgm"),
        )
        for words, name in cases:
            with self.subTest(words=words):
                code, _, complaints = run(*words)
                self.assertEqual(code, 2, complaints)
                self.assertIn(name, complaints)

    def test_the_environment_is_read_and_named(self):
        code, _, complaints = run("serve", MILLRACE_PORT="none")
        self.assertEqual(code, 2)
        self.assertIn("MILLRACE_PORT", complaints)

    def test_what_cannot_start_says_why(self):
        server = Server()
        self.addCleanup(server.close)
        cases = (
            (("serve", "--model", "/nowhere"), "/nowhere"),
            (("serve", "--model", DEMO_MODEL, "--port", server.port), str(server.port)),
        )
        for words, name in cases:
            with self.subTest(words=words):
                code, _, complaints = run(*words)
                self.assertEqual(code, 1, complaints)
                self.assertIn(name, complaints)
