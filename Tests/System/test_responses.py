"""OpenAI's Responses API through the official client: streams, conversations, background, the store."""

import asyncio
import json
import pathlib
import resource
import shutil
import tempfile
import unittest

import openai
import pydantic

from echo import make_model, say, template
from program import Fleet, Server, until
from test_chat import run

TOOL = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Bern"}}\n</tool_call>'
# Much longer than a test takes.
ENDLESS = {"model": "demo", "input": "tell me a story", "extra_body": {"ignore_eos": True}}


def echo(folder):
    """A model that says what it is told, and may think and call."""
    marks = ["<think>", "</think>", "<tool_call>", "</tool_call>"]
    return make_model(pathlib.Path(folder) / "echo", template("<tool_call>"), added=marks)


def think(text):
    return f"<think>\n{text}\n</think>\n\n"


def client_of(place, key="none"):
    return openai.OpenAI(api_key=key, base_url=f"{place.url}/v1", max_retries=0)


class Suite(unittest.TestCase):
    """One server with the demo model and one that echoes."""

    server_words = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="millrace-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.server = Server("--model", echo(cls.folder), *cls.server_words)
        cls.addClassCleanup(cls.server.close)
        cls.client = client_of(cls.server)
        cls.addClassCleanup(cls.client.close)

    def create(self, text="Hello.", **fields):
        return self.client.responses.create(**{"model": "echo", "input": say(text), **fields})

    def wait(self, response, client=None):
        responses = (client or self.client).responses

        def look():
            found = responses.retrieve(response.id)
            return found if found.status not in ("queued", "in_progress") else None

        return until(look, f"{response.id} ends")


class AResponse(Suite):
    """Whole and streamed."""

    def test_answers_whole(self):
        reply = self.create(think("Should I?") + "I do.", metadata={"a": "b"}, instructions="Be brief.")
        self.assertEqual((reply.object, reply.status, reply.model), ("response", "completed", "echo"))
        self.assertTrue(reply.id.startswith("resp_"))
        self.assertEqual(reply.output_text, "I do.")
        thought, message = reply.output
        self.assertEqual((thought.type, thought.content[0].text), ("reasoning", "Should I?"))
        self.assertEqual((message.type, message.role, message.status), ("message", "assistant", "completed"))
        self.assertEqual((reply.metadata, reply.instructions), ({"a": "b"}, "Be brief."))
        self.assertGreater(reply.usage.output_tokens_details.reasoning_tokens, 0)
        self.assertEqual(reply.usage.total_tokens, reply.usage.input_tokens + reply.usage.output_tokens)
        self.assertGreaterEqual(reply.completed_at, reply.created_at)

    def test_is_what_a_chat_answers(self):
        ask = {"model": "demo", "temperature": 1.5, "extra_body": {"seed": 5}}
        said = self.client.chat.completions.create(
            messages=[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "who are you?"}],
            max_tokens=40,
            **ask,
        )
        reply = self.client.responses.create(
            input="who are you?", instructions="Be kind.", max_output_tokens=40, **ask
        )
        self.assertEqual(reply.output_text, said.choices[0].message.content)
        self.assertEqual(reply.usage.input_tokens, said.usage.prompt_tokens)

    def test_streams_what_it_answers_whole(self):
        text = think("Should I?") + "I look." + CALL
        whole = self.create(text, tools=[TOOL])
        events = list(self.create(text, tools=[TOOL], stream=True))
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        kinds = [event.type for event in events]
        self.assertEqual(kinds[:2], ["response.created", "response.in_progress"])
        self.assertEqual(kinds[-1], "response.completed")
        for kind, delta in (
            ("reasoning_text", "Should I?"),
            ("output_text", "I look."),
            ("function_call_arguments", '{"city":"Bern"}'),
        ):
            deltas = [event.delta for event in events if event.type == f"response.{kind}.delta"]
            self.assertEqual("".join(deltas), delta)
            self.assertIn(f"response.{kind}.done", kinds)
        added = [event.item.id for event in events if event.type == "response.output_item.added"]
        done = [event.item.id for event in events if event.type == "response.output_item.done"]
        self.assertEqual(added, done)
        self.assertEqual(added, [item.id for item in events[-1].response.output])
        final = events[-1].response
        self.assertEqual([item.type for item in final.output], ["reasoning", "message", "function_call"])
        self.assertEqual(final.output_text, whole.output_text)
        self.assertEqual(final.usage.output_tokens, whole.usage.output_tokens)

    def test_streams_through_the_librarys_helper(self):
        class City(pydantic.BaseModel):
            name: str

        with self.client.responses.stream(
            model="echo", input=say('{"name":"Bern"}'), text_format=City
        ) as stream:
            kinds = {event.type for event in stream}
            final = stream.get_final_response()
        self.assertIn("response.output_text.delta", kinds)
        self.assertEqual(final.output_parsed, City(name="Bern"))

    def test_is_parsed_into_a_model(self):
        class City(pydantic.BaseModel):
            name: str
            people: int

        reply = self.client.responses.parse(
            model="demo", input="a city", text_format=City, max_output_tokens=400, temperature=0
        )
        if reply.status == "completed":
            self.assertIsInstance(reply.output_parsed, City)
        reply = self.client.responses.parse(
            model="echo", input=say('{"name":"Bern","people":134}'), text_format=City
        )
        self.assertEqual(reply.output_parsed, City(name="Bern", people=134))

    def test_says_that_it_was_cut(self):
        reply = self.create("A long text.", max_output_tokens=4)
        self.assertEqual((reply.status, reply.incomplete_details.reason), ("incomplete", "max_output_tokens"))
        self.assertEqual(reply.output[0].status, "incomplete")
        self.assertEqual(list(self.create("A long text.", max_output_tokens=4, stream=True))[-1].type,
                         "response.incomplete")

    def test_tells_logprobs_if_asked(self):
        ask = {"include": ["message.output_text.logprobs"], "top_logprobs": 2, "temperature": 0}
        text = think("Hm.") + "Hello."
        part = self.create(text, **ask).output[1].content[0]
        # The thought is not among them; the lines behind it are tokens of the answer, and not of its text.
        self.assertEqual("".join(odds.token for odds in part.logprobs).strip(), "Hello.")
        self.assertTrue(all(len(odds.top_logprobs) == 2 for odds in part.logprobs))
        deltas = [e for e in self.create(text, stream=True, **ask) if e.type == "response.output_text.delta"]
        self.assertEqual("".join(odds.token for e in deltas for odds in e.logprobs).strip(), "Hello.")

    def test_answers_asynchronously(self):
        async def run():
            async with openai.AsyncOpenAI(
                api_key="none", base_url=f"{self.server.url}/v1", max_retries=0
            ) as client:
                whole = client.responses.create(model="echo", input=say("One."))
                stream = await client.responses.create(model="echo", input=say("Two."), stream=True)
                deltas = [e.delta async for e in stream if e.type == "response.output_text.delta"]
                return (await whole).output_text, "".join(deltas)

        self.assertEqual(asyncio.run(run()), ("One.", "Two."))

    def test_refuses_by_name(self):
        cases = (
            ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
            ({"conversation": "conv_1"}, "conversation"),
            ({"prompt": {"id": "pmpt_1"}}, "prompt"),
            ({"background": True, "store": False}, "background"),
            ({"temperature": 3}, "temperature"),
            ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
             "input[0].content[0].type"),
        )
        for fields, name in cases:
            with self.subTest(name=name), self.assertRaises(openai.BadRequestError) as raised:
                self.create(**fields)
            self.assertEqual(raised.exception.param, name)
            self.assertEqual(raised.exception.type, "invalid_request_error")
        with self.assertRaises(openai.NotFoundError) as raised:
            self.create(model="none")
        self.assertEqual(raised.exception.param, "model")

    def test_counts_tokens(self):
        reply = self.create("Hello.", instructions="Be brief.", tools=[TOOL])
        counted = self.client.responses.input_tokens.count(
            model="echo", input=say("Hello."), instructions="Be brief.", tools=[TOOL]
        )
        self.assertEqual(counted.object, "response.input_tokens")
        self.assertEqual(counted.input_tokens, reply.usage.input_tokens)
        behind = self.client.responses.input_tokens.count(
            model="echo", input="More.", previous_response_id=reply.id
        )
        self.assertEqual(
            behind.input_tokens, self.create(input="More.", previous_response_id=reply.id).usage.input_tokens
        )


class AConversation(Suite):
    """What builds on what was said before."""

    def test_goes_on_over_three_turns(self):
        first = self.create(think("Aha.") + "One.", instructions="Be brief.")
        second = self.create("Two.", previous_response_id=first.id, instructions="Be kind.")
        third = self.create("Three.", previous_response_id=second.id)
        self.assertEqual(third.previous_response_id, second.id)
        whole = self.create(
            input=[
                {"role": "user", "content": say(think("Aha.") + "One.")},
                {"role": "assistant", "content": "One."},
                {"role": "user", "content": say("Two.")},
                {"role": "assistant", "content": "Two."},
                {"role": "user", "content": say("Three.")},
            ]
        )
        self.assertEqual((third.output_text, whole.output_text), ("Three.", "Three."))
        self.assertEqual(third.usage.input_tokens, whole.usage.input_tokens)
        items = list(self.client.responses.input_items.list(third.id, order="asc", limit=2))
        self.assertEqual(
            [item.type for item in items],
            ["message", "reasoning", "message", "message", "message", "message"],
        )
        self.assertEqual(items[-1].content[0].text, say("Three."))
        down = list(self.client.responses.input_items.list(third.id, limit=4))
        self.assertEqual([item.id for item in down], [item.id for item in reversed(items)])
        page = self.client.responses.input_items.list(third.id, order="asc", after=items[1].id, limit=1)
        self.assertEqual(([item.id for item in page.data], page.has_more), ([items[2].id], True))

    def test_calls_tools_in_a_loop(self):
        first = self.create("I look." + CALL, tools=[TOOL])
        call = first.output[-1]
        self.assertEqual((call.type, call.name), ("function_call", "get_weather"))
        self.assertEqual(json.loads(call.arguments), {"city": "Bern"})
        result = {"type": "function_call_output", "call_id": call.call_id, "output": say("It rains.")}
        second = self.create(input=[result], previous_response_id=first.id, tools=[TOOL])
        self.assertEqual(second.output_text, "It rains.")
        # The same without a store, as agents do it: all items go back as they came.
        items = [{"role": "user", "content": say("I look." + CALL)}]
        items += [item.model_dump(exclude_none=True) for item in first.output]
        again = self.create(input=[*items, result], tools=[TOOL], store=False)
        self.assertEqual(again.usage.input_tokens, second.usage.input_tokens)
        referred = [{"type": "item_reference", "id": call.id}, result]
        self.assertEqual(self.create(input=referred, tools=[TOOL]).output_text, "It rains.")

    def test_is_found_and_deleted(self):
        reply = self.create("Hello.")
        found = self.client.responses.retrieve(reply.id)
        self.assertEqual(found.to_dict(), reply.to_dict())
        self.client.responses.delete(reply.id)
        for ask in (
            lambda: self.client.responses.retrieve(reply.id),
            lambda: self.client.responses.delete(reply.id),
            lambda: self.client.responses.input_items.list(reply.id),
            lambda: self.create("x", previous_response_id=reply.id),
            lambda: self.client.responses.retrieve("resp_none"),
        ):
            with self.assertRaises(openai.NotFoundError) as raised:
                ask()
            self.assertEqual(raised.exception.type, "invalid_request_error")

    def test_is_its_owners_alone(self):
        reply = self.create("Hello.")
        with client_of(self.server, "somebody-else") as other:
            for ask in (
                lambda: other.responses.retrieve(reply.id),
                lambda: other.responses.delete(reply.id),
                lambda: other.responses.cancel(reply.id),
                lambda: other.responses.create(model="echo", input="x", previous_response_id=reply.id),
                lambda: other.responses.create(
                    model="echo", input=[{"type": "item_reference", "id": reply.output[0].id}]
                ),
            ):
                with self.assertRaises(openai.NotFoundError):
                    ask()
        self.assertEqual(self.client.responses.retrieve(reply.id).id, reply.id)

    def test_is_not_kept_if_so_asked(self):
        reply = self.create("Hello.", store=False)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(reply.id)

    def test_is_streamed_again_from_any_event(self):
        events = list(self.create(think("Hm.") + "Hello." + CALL, tools=[TOOL], stream=True))
        told = [event.to_dict() for event in events]
        for start in (None, 0, 5, len(events) - 2):
            again = self.client.responses.retrieve(
                events[0].response.id, stream=True, **({} if start is None else {"starting_after": start})
            )
            self.assertEqual([event.to_dict() for event in again], told[0 if start is None else start + 1 :])


class InTheBackground(Suite):
    """Without a client that waits."""

    def test_is_polled(self):
        reply = self.create("Hello.", background=True)
        self.assertEqual((reply.status, reply.background), ("queued", True))
        done = self.wait(reply)
        self.assertEqual((done.status, done.output_text), ("completed", "Hello."))

    def test_is_streamed_and_gone_on_with(self):
        seen = []
        with self.client.responses.create(
            background=True, stream=True, max_output_tokens=900, **ENDLESS
        ) as stream:
            for event in stream:
                seen.append(event)
                if event.sequence_number == 25:
                    break
        self.assertEqual([event.type for event in seen[:3]],
                         ["response.created", "response.queued", "response.in_progress"])
        id = seen[0].response.id
        rest = list(self.client.responses.retrieve(id, stream=True, starting_after=25))
        self.assertEqual([event.sequence_number for event in rest], list(range(26, 26 + len(rest))))
        final = rest[-1].response
        self.assertEqual(final.status, "incomplete")
        deltas = [e.delta for e in [*seen, *rest] if e.type == "response.output_text.delta"]
        self.assertEqual("".join(deltas), final.output_text)
        self.assertEqual(self.client.responses.retrieve(id).output_text, final.output_text)
        whole = list(self.client.responses.retrieve(id, stream=True))
        self.assertEqual([e.to_dict() for e in whole], [e.to_dict() for e in [*seen, *rest]])

    def test_is_followed_by_several(self):
        reply = self.client.responses.create(background=True, max_output_tokens=500, **ENDLESS)

        async def run():
            async with openai.AsyncOpenAI(
                api_key="none", base_url=f"{self.server.url}/v1", max_retries=0
            ) as client:

                async def follow():
                    stream = await client.responses.retrieve(reply.id, stream=True)
                    return [event.to_dict() async for event in stream]

                return await asyncio.gather(*(follow() for _ in range(4)))

        first, *others = asyncio.run(run())
        self.assertEqual(first[-1]["type"], "response.incomplete")
        self.assertTrue(all(other == first for other in others))

    def test_is_cancelled(self):
        reply = self.client.responses.create(background=True, **ENDLESS)
        self.assertEqual(self.client.responses.cancel(reply.id).status, "cancelled")
        self.assertEqual(self.client.responses.retrieve(reply.id).status, "cancelled")
        self.assertEqual(self.client.responses.cancel(reply.id).status, "cancelled")
        until(lambda: self.server.metrics()["millrace_edge_jobs"] == 0, "nothing runs")
        with self.assertRaises(openai.BadRequestError):
            self.client.responses.cancel(self.create("Hello.").id)

    def test_is_deleted_while_it_runs(self):
        reply = self.client.responses.create(background=True, **ENDLESS)
        self.client.responses.delete(reply.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(reply.id)
        until(lambda: self.server.metrics()["millrace_edge_jobs"] == 0, "nothing runs")

    def test_is_not_built_on_while_it_runs(self):
        reply = self.client.responses.create(background=True, **ENDLESS)
        with self.assertRaises(openai.BadRequestError) as raised:
            self.create("x", previous_response_id=reply.id)
        self.assertEqual(raised.exception.param, "previous_response_id")
        self.client.responses.cancel(reply.id)

    def test_stops_with_its_client_otherwise(self):
        with self.client.responses.create(stream=True, **ENDLESS) as stream:
            id = next(iter(stream)).response.id
        until(lambda: self.client.responses.retrieve(id).status == "cancelled", "it is cancelled")


class TheFile(unittest.TestCase):
    """`--store`: what outlives the process."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="millrace-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.path = pathlib.Path(self.folder) / "responses.db"
        self.words = ("--model", echo(self.folder), "--store", f"sqlite://{self.path}")

    def server(self):
        server = Server(*self.words)
        self.addCleanup(server.close)
        return server, client_of(server)

    def create(self, client, text, **fields):
        return client.responses.create(**{"model": "echo", "input": say(text), **fields})

    def test_outlives_a_restart(self):
        server, client = self.server()
        first = self.create(client, think("Hm.") + "One.")
        events = [event.to_dict() for event in self.create(client, "Two.", stream=True)]
        running = client.responses.create(background=True, **ENDLESS)
        server.kill()
        server, client = self.server()
        self.assertEqual(client.responses.retrieve(first.id).to_dict(), first.to_dict())
        self.assertEqual(self.create(client, "x", previous_response_id=first.id).output_text, "x")
        again = client.responses.retrieve(events[0]["response"]["id"], stream=True)
        self.assertEqual([event.to_dict() for event in again], events)
        lost = client.responses.retrieve(running.id)
        self.assertEqual((lost.status, lost.error.code), ("failed", "server_error"))
        self.assertIn("stopped", lost.error.message)
        self.assertEqual(list(client.responses.retrieve(running.id, stream=True))[-1].type, "response.failed")
        last = list(client.responses.retrieve(running.id, stream=True, starting_after=500))
        self.assertEqual([event.type for event in last], ["error"])

    def test_is_shared_by_edges(self):
        one, here = self.server()
        _, there = self.server()
        first = self.create(here, "One.")
        second = self.create(there, "Two.", previous_response_id=first.id)
        self.assertEqual(here.responses.retrieve(second.id).output_text, "Two.")
        running = here.responses.create(background=True, max_output_tokens=300, **ENDLESS)
        mine = [e.to_dict() for e in here.responses.retrieve(running.id, stream=True)]
        self.assertEqual([e.to_dict() for e in there.responses.retrieve(running.id, stream=True)], mine)
        # So many that none has ended when it is to stop.
        for _ in range(20):
            running = here.responses.create(background=True, **ENDLESS)
        self.assertIn(there.responses.retrieve(running.id).status, ("queued", "in_progress"))
        self.assertEqual(there.responses.cancel(running.id).status, "cancelled")
        for _ in range(20):
            running = here.responses.create(background=True, **ENDLESS)
        one.kill()
        self.assertEqual(there.responses.retrieve(running.id).status, "failed")

    def test_that_is_broken_fails_only_who_needs_it(self):
        self.path.write_bytes(b"This is no database. " * 1000)
        server, client = self.server()
        reply = self.create(client, "Hello.")
        self.assertEqual((reply.output_text, reply.to_dict()["store"]), ("Hello.", False))
        self.assertEqual(list(self.create(client, "Hi.", stream=True))[-1].response.output_text, "Hi.")
        for ask in (
            lambda: client.responses.retrieve(reply.id),
            lambda: self.create(client, "x", previous_response_id=reply.id),
            lambda: self.create(client, "x", background=True),
        ):
            with self.assertRaises(openai.InternalServerError) as raised:
                ask()
            self.assertIn(str(self.path), str(raised.exception))
        self.assertTrue(self.path.read_bytes().startswith(b"This is no database."))
        self.assertIn("cannot be stored", server.said())

    def test_that_is_full_fails_only_who_needs_it(self):
        server, client = self.server()
        kept = self.create(client, "Kept.")
        wal = pathlib.Path(f"{self.path}-wal")
        size = max(self.path.stat().st_size, wal.stat().st_size if wal.exists() else 0)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        replies = [self.create(client, "x" * 2000).to_dict() for _ in range(8)]
        self.assertFalse(replies[-1]["store"])
        self.assertEqual(client.responses.retrieve(kept.id).output_text, "Kept.")
        with self.assertRaises(openai.InternalServerError):
            self.create(client, "x" * 2000, background=True)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        self.assertTrue(self.create(client, "again").to_dict()["store"])

    def test_needs_a_place(self):
        code, _, complaints = run("serve", "--store", "sqlite:///nowhere/at/all.db")
        self.assertEqual(code, 1, complaints)
        self.assertIn("/nowhere/at/all.db", complaints)
        code, _, complaints = run("serve", "--store", "postgres://somewhere")
        self.assertEqual(code, 2, complaints)
        self.assertIn("--store", complaints)


class Deaths(unittest.TestCase):
    """A fleet whose processes are killed."""

    def test_a_worker_killed_in_mid_stream_is_not_noticed(self):
        fleet = Fleet("ipc", workers=2, edge_words=("--loops", 2))
        self.addCleanup(fleet.close)
        client = client_of(fleet)
        ask = {**ENDLESS, "max_output_tokens": 600, "temperature": 1.2}
        ask["extra_body"] = {"ignore_eos": True, "seed": 3}
        whole = client.responses.create(**ask)
        reply = client.responses.create(background=True, **ask)
        events = []
        for event in client.responses.create(stream=True, **ask):
            events.append(event)
            if event.sequence_number == 40:
                # Whichever runs it, one is killed and comes back, then the other.
                for index in range(2):
                    joined = fleet.joined_count("worker")
                    fleet.workers[index].kill()
                    fleet.restart_worker(index)
                    until(lambda: fleet.joined_count("worker") > joined, "it joins")
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual(events[-1].response.output_text, whole.output_text)
        until(lambda: client.responses.retrieve(reply.id).status == "incomplete", "the other ends")
        self.assertEqual(client.responses.retrieve(reply.id).output_text, whole.output_text)
