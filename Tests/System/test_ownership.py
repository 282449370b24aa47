"""Conversations stay with the worker that holds what they begin with, and nobody relies on a dead one."""

import concurrent.futures
import json
import signal
import tempfile
import unittest

from program import Fleet, until

TOPICS = ("the sea", "a forest", "the moon")


def question(topic):
    """The beginning of a conversation: long enough to be worth finding, and like no other."""
    words = " ".join(f"In this talk about {topic} remark number {number} counts." for number in range(24))
    return [
        {"role": "system", "content": f"You answer in one short sentence. {words}"},
        {"role": "user", "content": f"What is {topic}?"},
    ]


def cached(reply):
    return reply["usage"]["prompt_tokens_details"]["cached_tokens"]


class Ownership(unittest.TestCase):
    def fleet(self, **fields):
        fleet = Fleet("ipc", worker_words=("--block", 16), **fields)
        self.addCleanup(fleet.close)
        return fleet

    def ask(self, fleet, messages, **headers):
        body = {"model": "demo", "messages": messages, "temperature": 0, "max_tokens": 12}
        status, _, reply = fleet.ask("POST", "/v1/chat/completions", json.dumps(body), headers)
        self.assertEqual(status, 200, reply)
        return json.loads(reply)

    def turn(self, fleet, messages):
        """One more answer and the question behind it; returns what was found and what was asked."""
        reply = self.ask(fleet, messages)
        messages.append({"role": "assistant", "content": reply["choices"][0]["message"]["content"]})
        messages.append({"role": "user", "content": "And what else?"})
        return cached(reply), reply["usage"]["prompt_tokens"]

    def test_follow_up_turns_go_to_the_worker_that_has_the_beginning(self):
        fleet = self.fleet(workers=2)
        talks = [question(topic) for topic in TOPICS]
        before = [self.turn(fleet, talk)[1] for talk in talks]
        for _ in range(3):
            for index, talk in enumerate(talks):
                found, asked = self.turn(fleet, talk)
                # All whole blocks of what was asked the last time, at least.
                self.assertGreaterEqual(found, before[index] - 16, f"{TOPICS[index]}: {found} of {asked}")
                before[index] = asked

    def test_a_dead_workers_beginnings_are_forgotten(self):
        fleet = self.fleet(workers=2)
        talk = question("a river")
        self.turn(fleet, talk)
        found, _ = self.turn(fleet, talk)
        self.assertGreater(found, 0)
        for worker in list(fleet.workers):
            worker.kill()
            fleet.restart_worker(fleet.workers.index(worker))
        until(lambda: fleet.joined_count("worker") >= 4, "both workers have come back")
        found, asked = self.turn(fleet, talk)
        self.assertEqual(found, 0)
        # And whoever computed it holds it.
        found, _ = self.turn(fleet, talk)
        self.assertGreaterEqual(found, asked - 16)

    def test_siblings_that_come_together_are_computed_once(self):
        fleet = self.fleet(workers=2)
        talk = question("a mountain")
        words = ("high", "old", "far")
        prompts = [[talk[0], {"role": "user", "content": f"Is it {word}?"}] for word in words]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            replies = list(pool.map(lambda prompt: self.ask(fleet, prompt), prompts))
        found = sorted(cached(reply) for reply in replies)
        # One of them computes what all have in common.
        self.assertGreater(found[1], 100, found)

    def test_a_coordinators_restart_keeps_what_workers_hold(self):
        fleet = self.fleet(workers=2)
        talks = [question(topic) for topic in TOPICS]
        before = [self.turn(fleet, talk)[1] for talk in talks]
        fleet.coordinator.signal(signal.SIGKILL)
        fleet.coordinator.wait()
        fleet.programs.remove(fleet.coordinator)
        fleet.coordinator = fleet.start_coordinator()
        until(fleet.is_complete, "the fleet is complete again")
        for index, talk in enumerate(talks):
            found, _ = self.turn(fleet, talk)
            self.assertGreaterEqual(found, before[index] - 16, TOPICS[index])

    def test_tenants_share_only_where_both_say_so(self):
        tenants = {
            "one": {"prefix_scope": "shared:club", "key_file": "one.key"},
            "two": {"prefix_scope": "shared:club", "key_file": "two.key"},
            "three": {"key_file": "three.key"},
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, tenant in tenants.items():
                tenant["key_file"] = f"{folder}/{name}.key"
                with open(tenant["key_file"], "w", encoding="utf-8") as file:
                    file.write(f"key-of-{name}\n")
            config = f"{folder}/millrace.json"
            with open(config, "w", encoding="utf-8") as file:
                json.dump({"tenants": tenants}, file)
            fleet = self.fleet(workers=1, edge_words=("--config", config))
            talk = question("a lake")
            found = [
                cached(self.ask(fleet, talk, authorization=f"Bearer key-of-{name}"))
                for name in ("one", "two", "three")
            ]
        self.assertEqual(found[0], 0)
        self.assertGreater(found[1], 100)
        self.assertEqual(found[2], 0)


if __name__ == "__main__":
    unittest.main()
