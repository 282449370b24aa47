"""Tenants share the machine as the configuration says, and high jobs pass low ones that fill it."""

import asyncio
import hashlib
import json
import pathlib
import tempfile
import unittest

from program import Server
from stream import Stream, chat_body, mixed_bodies, texts

KEYS = {"acme": "key-of-acme-1", "bolt": "key-of-bolt-1"}


def config(folder, **weights):
    """A configuration with a tenant for each key: one by its hash, one by a file."""
    keys = folder / "bolt.keys"
    keys.write_text(f"# of bolt\n{KEYS['bolt']}\n")
    digest = hashlib.sha256(KEYS["acme"].encode()).hexdigest()
    tenants = {
        "acme": {"keys": [f"sha256:{digest}"], "weight": weights.get("acme", 1)},
        "bolt": {"key_file": str(keys), "weight": weights.get("bolt", 1)},
    }
    path = folder / "config.json"
    path.write_text(json.dumps({"tenants": tenants}))
    return path


def bearer(tenant):
    return (f"Authorization: Bearer {KEYS[tenant]}",)


class Tenants(unittest.TestCase):
    def server(self, *words, **weights):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = Server("--config", config(pathlib.Path(folder.name), **weights), *words)
        self.addCleanup(server.close)
        return server

    def test_a_key_is_needed_and_may_come_as_either_api_sends_it(self):
        server = self.server()
        body = json.dumps({**chat_body(max_tokens=1), "stream": False})
        path = "/v1/chat/completions"
        status, fields, reply = server.ask("POST", path, body)
        self.assertEqual(status, 401, reply)
        self.assertEqual(fields["www-authenticate"], "Bearer")
        self.assertEqual(json.loads(reply)["error"]["code"], "invalid_api_key")
        wrong = {"Authorization": "Bearer nobody-has-this"}
        self.assertEqual(server.ask("POST", path, body, wrong)[0], 401)
        for fields in ({"Authorization": f"Bearer {KEYS['acme']}"}, {"x-api-key": KEYS["bolt"]}):
            status, _, reply = server.ask("POST", path, body, fields)
            self.assertEqual(status, 200, reply)
        self.assertEqual(server.ask("GET", "/v1/models")[0], 401)
        self.assertEqual(server.ask("GET", "/livez")[0], 200)
        metrics = server.metrics()
        for tenant in KEYS:
            self.assertEqual(metrics[f'millrace_tenant_tokens_total{{tenant="{tenant}"}}'], 1)

    def shares(self, server, crowd):
        """Tokens of each tenant while both want more than there is; `crowd`: clients of each."""
        # Long enough that it is the server that is busy all the time, and not these clients.
        length, count = 32, 640

        async def run():
            tokens = dict.fromkeys(crowd, 0)
            done = asyncio.Event()

            async def client(tenant, number):
                seed = 0
                while not done.is_set():
                    seed += 1
                    body = chat_body(max_tokens=length, ignore_eos=True, seed=1000 * number + seed)
                    await Stream(server.port, body, headers=bearer(tenant)).run()
                    # What ends after the others tells how many clients there are, and not who was served.
                    if not done.is_set():
                        tokens[tenant] += length
                    if sum(tokens.values()) >= count * length:
                        done.set()

            clients = [client(tenant, number) for tenant in crowd for number in range(crowd[tenant])]
            await asyncio.gather(*clients)
            return tokens

        return asyncio.run(run())

    def test_equal_tenants_get_as_much_however_many_clients_they_have(self):
        server = self.server("--batch", 8)
        tokens = self.shares(server, {"acme": 16, "bolt": 64})
        ratio = tokens["acme"] / tokens["bolt"]
        self.assertTrue(0.9 <= ratio <= 1.1, tokens)

    def test_three_times_the_weight_is_three_times_as_much(self):
        server = self.server("--batch", 8, acme=3, bolt=1)
        tokens = self.shares(server, {"acme": 48, "bolt": 48})
        ratio = tokens["acme"] / tokens["bolt"]
        self.assertTrue(2.6 <= ratio <= 3.4, tokens)


class HighJobs(unittest.TestCase):
    def test_pass_low_ones_which_then_say_the_same(self):
        server = Server("--batch", 4)
        self.addCleanup(server.close)
        low = mixed_bodies(12, max_tokens=160)
        alone = texts(server.port, low, at_once=1)

        async def run():
            lane = ("X-Millrace-Lane: low",)
            streams = [Stream(server.port, body, headers=lane) for body in low]
            running = [asyncio.ensure_future(stream.run()) for stream in streams]
            while sum(bool(stream.text) for stream in streams) < 4:
                await asyncio.sleep(0.005)
            high = Stream(server.port, chat_body(max_tokens=4), headers=("X-Millrace-Lane: high",))
            await high.run()
            unfinished = sum(not task.done() for task in running)
            await asyncio.gather(*running)
            return unfinished, [(stream.text, stream.finish_reason) for stream in streams]

        unfinished, beside = asyncio.run(run())
        self.assertEqual(beside, alone)
        # It did not wait for the twelve, of which four filled the batch.
        self.assertGreaterEqual(unfinished, 9)
        metrics = server.metrics()
        paused = [value for name, value in metrics.items() if 'kind="paused"' in name]
        self.assertEqual(sum(paused), 1, metrics)


class Deadlines(unittest.TestCase):
    def test_that_cannot_be_met_are_refused_at_once(self):
        server = Server("--batch", 1)
        self.addCleanup(server.close)
        for number in range(6):
            server.chat(messages=[{"role": "user", "content": "hello"}], max_tokens=200, ignore_eos=True)
        body = json.dumps({**chat_body(max_tokens=200, ignore_eos=True), "stream": False})
        status, fields, reply = server.ask(
            "POST", "/v1/chat/completions", body, {"X-Millrace-Timeout-Ms": "1"}
        )
        self.assertEqual(status, 503, reply)
        self.assertGreaterEqual(int(fields["retry-after"]), 1)
        error = json.loads(reply)["error"]
        self.assertEqual(error["code"], "deadline_unreachable")
        self.assertIn("cannot be met: about", error["message"])


if __name__ == "__main__":
    unittest.main()
