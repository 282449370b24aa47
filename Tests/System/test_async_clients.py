"""The asynchronous clients of both libraries say what the others say, many at once."""

import asyncio
import unittest

import anthropic
import openai

from program import Server

QUESTION = [{"role": "user", "content": "what is a lane?"}]


class AsyncClients(unittest.TestCase):
    """One loop, one server, both libraries."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.words = {"api_key": "none", "max_retries": 0}
        cls.openai = openai.OpenAI(base_url=f"{cls.server.url}/v1", **cls.words)
        cls.addClassCleanup(cls.openai.close)
        cls.anthropic = anthropic.Anthropic(base_url=cls.server.url, **cls.words)
        cls.addClassCleanup(cls.anthropic.close)

    def with_openai(self, work):
        async def run():
            async with openai.AsyncOpenAI(base_url=f"{self.server.url}/v1", **self.words) as client:
                return await work(client)

        return asyncio.run(run())

    def with_anthropic(self, work):
        async def run():
            async with anthropic.AsyncAnthropic(base_url=self.server.url, **self.words) as client:
                return await work(client)

        return asyncio.run(run())

    def test_chat_many_at_once_whole_and_streamed(self):
        asked = {"model": "demo", "messages": QUESTION, "max_tokens": 400}
        alone = [
            self.openai.chat.completions.create(seed=seed, **asked).choices[0].message.content
            for seed in range(4)
        ]

        async def whole(client, seed):
            reply = await client.chat.completions.create(seed=seed, **asked)
            return reply.choices[0].message.content

        async def streamed(client, seed):
            chunks = await client.chat.completions.create(seed=seed, stream=True, **asked)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

        async def helped(client, seed):
            async with client.chat.completions.stream(seed=seed, **asked) as stream:
                text = "".join([event.delta async for event in stream if event.type == "content.delta"])
                final = await stream.get_final_completion()
            self.assertEqual(final.choices[0].message.content, text)
            return text

        async def all_of_them(client):
            ways = (whole, streamed, helped)
            return await asyncio.gather(*(way(client, seed) for way in ways for seed in range(4)))

        self.assertEqual(self.with_openai(all_of_them), alone * 3)

    def test_completions_and_their_streams(self):
        asked = {"model": "demo", "prompt": "Once upon a time", "max_tokens": 12, "seed": 2, "logprobs": 1}
        alone = self.openai.completions.create(**asked).choices[0]

        async def both(client):
            whole, stream = await asyncio.gather(
                client.completions.create(**asked), client.completions.create(stream=True, **asked)
            )
            return whole, [chunk async for chunk in stream]

        whole, chunks = self.with_openai(both)
        self.assertEqual(whole.choices[0], alone)
        self.assertEqual("".join(chunk.choices[0].text for chunk in chunks), alone.text)

    def test_responses_and_their_helper(self):
        greedy = {"model": "demo", "input": "what is a lane?", "temperature": 0}
        alone = self.openai.responses.create(**greedy).output_text

        async def both(client):
            async with client.responses.stream(**greedy) as stream:
                deltas = [e.delta async for e in stream if e.type == "response.output_text.delta"]
                final = await stream.get_final_response()
            again = await client.responses.retrieve(final.id)
            events = await client.responses.retrieve(final.id, stream=True, starting_after=1)
            numbers = [event.sequence_number async for event in events]
            further = await client.responses.create(
                model="demo", input="And?", previous_response_id=final.id, max_output_tokens=4
            )
            items = [item async for item in await client.responses.input_items.list(further.id)]
            count = await client.responses.input_tokens.count(model="demo", input="what is a lane?")
            await client.responses.delete(final.id)
            return "".join(deltas), final, again, numbers, items, count

        text, final, again, numbers, items, count = self.with_openai(both)
        self.assertEqual((text, final.output_text, again.output_text), (alone,) * 3)
        self.assertEqual(numbers, list(range(2, 2 + len(numbers))))
        self.assertTrue(items and count.input_tokens > 0)

    def test_a_response_in_the_background_is_cancelled(self):
        async def cancelled(client):
            begun = await client.responses.create(
                model="demo",
                input="count",
                background=True,
                max_output_tokens=20_000,
                extra_body={"ignore_eos": True},
            )
            await client.responses.cancel(begun.id)
            while (reply := await client.responses.retrieve(begun.id)).status in ("queued", "in_progress"):
                await asyncio.sleep(0.05)
            return reply.status

        self.assertIn(self.with_openai(cancelled), ("cancelled", "incomplete", "completed"))

    def test_embeddings_are_refused_by_a_model_that_writes(self):
        async def embed(client):
            return await client.embeddings.create(model="demo", input="a lane")

        with self.assertRaises(openai.BadRequestError):
            self.with_openai(embed)

    def test_models(self):
        async def names(client):
            return [model.id async for model in client.models.list()]

        self.assertEqual(self.with_openai(names), ["demo"])
        self.assertEqual(self.with_anthropic(names), ["demo"])

    def test_messages_many_at_once_whole_and_streamed(self):
        asked = {"model": "demo", "messages": QUESTION, "max_tokens": 24, "extra_body": {"temperature": 0}}
        alone = self.anthropic.messages.create(**asked).content[0].text

        async def whole(client):
            return (await client.messages.create(**asked)).content[0].text

        async def streamed(client):
            events = await client.messages.create(stream=True, **asked)
            kinds, text = [], ""
            async for event in events:
                kinds.append(event.type)
                if event.type == "content_block_delta":
                    text += event.delta.text
            self.assertEqual((kinds[0], kinds[-2:]), ("message_start", ["message_delta", "message_stop"]))
            return text

        async def helped(client):
            async with client.messages.stream(**asked) as stream:
                text = "".join([piece async for piece in stream.text_stream])
                self.assertEqual(await stream.get_final_text(), text)
            return text

        async def all_of_them(client):
            return await asyncio.gather(*(way(client) for way in (whole, streamed, helped) for _ in range(3)))

        self.assertEqual(self.with_anthropic(all_of_them), [alone] * 9)

    def test_count_tokens(self):
        async def count(client):
            return await client.messages.count_tokens(model="demo", messages=QUESTION)

        self.assertGreater(self.with_anthropic(count).input_tokens, 0)

    def test_a_client_that_gives_up_frees_the_server(self):
        async def give_up(client):
            stream = await client.chat.completions.create(
                model="demo",
                messages=QUESTION,
                max_tokens=20_000,
                stream=True,
                extra_body={"ignore_eos": True},
            )
            async for _ in stream:
                break
            await stream.close()
            return await client.chat.completions.create(model="demo", messages=QUESTION, max_tokens=2)

        self.assertEqual(self.with_openai(give_up).usage.completion_tokens, 2)


if __name__ == "__main__":
    unittest.main()
