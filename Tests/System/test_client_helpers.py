"""What both client libraries build on top of requests: parsed answers, tool loops, streams."""

import asyncio
import json
import pathlib
import shutil
import tempfile
import typing
import unittest

import anthropic
import openai
import pydantic

from echo import make_model, say, template
from program import Server

QUESTION = [{"role": "user", "content": "what is a lane?"}]
MARKERS = ["<think>", "</think>", "<tool_call>", "</tool_call>"]


class Verdict(pydantic.BaseModel):
    """What an answer is parsed into."""

    model_config = pydantic.ConfigDict(extra="forbid")
    word: typing.Literal["yes", "no"]
    sure: bool


class Weather(pydantic.BaseModel):
    """The weather of a city."""

    city: str
    days: int


def calling(thought="", city="Bern"):
    """Has the model call for the weather."""
    call = json.dumps({"name": "Weather", "arguments": {"city": city, "days": 3}})
    return [
        {"role": "user", "content": say(f"<think>\n{thought}\n</think>\n\n<tool_call>\n{call}\n</tool_call>")}
    ]


ANSWER = say("<think>\n\n</think>\n\nSunny in Bern.")


class Helpers(unittest.TestCase):
    """One server with the demo model and one that says what it is told to."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        echo = make_model(cls.folder / "echo", template("<tool_call>", "<think>\n"), added=MARKERS)
        cls.server = Server("--model", echo)
        cls.addClassCleanup(cls.server.close)
        cls.words = {"api_key": "none", "max_retries": 0}


class OpenAIHelpers(Helpers):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.words["base_url"] = f"{cls.server.url}/v1"
        cls.client = openai.OpenAI(**cls.words)
        cls.addClassCleanup(cls.client.close)
        cls.tools = [openai.pydantic_function_tool(Weather)]

    def run_async(self, work):
        async def run():
            async with openai.AsyncOpenAI(**self.words) as client:
                return await work(client)

        return asyncio.run(run())

    def test_parse_an_answer(self):
        asked = {"model": "demo", "messages": QUESTION, "response_format": Verdict, "seed": 1}
        parsed = self.client.chat.completions.parse(**asked).choices[0].message.parsed
        self.assertIsInstance(parsed, Verdict)
        with self.client.chat.completions.stream(**asked) as stream:
            self.assertEqual(stream.get_final_completion().choices[0].message.parsed, parsed)

        async def both(client):
            whole = await client.chat.completions.parse(**asked)
            async with client.chat.completions.stream(**asked) as stream:
                return whole, await stream.get_final_completion()

        for reply in self.run_async(both):
            self.assertEqual(reply.choices[0].message.parsed, parsed)

    def test_say_that_an_answer_was_cut(self):
        with self.assertRaises(openai.LengthFinishReasonError):
            self.client.chat.completions.parse(
                model="demo", messages=QUESTION, response_format=Verdict, max_tokens=2
            )

    def test_parse_the_arguments_of_calls(self):
        asked = {"model": "echo", "messages": calling("Well."), "tools": self.tools}
        for reply in (self.client.chat.completions.parse(**asked), self.streamed(**asked)):
            message = reply.choices[0].message
            self.assertEqual(message.tool_calls[0].function.parsed_arguments, Weather(city="Bern", days=3))
            self.assertEqual(reply.choices[0].finish_reason, "tool_calls")

    def streamed(self, **asked):
        with self.client.chat.completions.stream(**asked) as stream:
            return stream.get_final_completion()

    def results(self, message):
        """The history of a loop behind a message that calls."""
        history = [*calling(), message.model_dump(exclude_none=True, exclude={"annotations"})]
        for call in message.tool_calls:
            history.append({"role": "tool", "tool_call_id": call.id, "content": ANSWER})
        return history

    def test_loop_over_tools(self):
        def ask(messages):
            asked = {"model": "echo", "messages": messages, "tools": self.tools}
            return self.client.chat.completions.create(**asked).choices[0]

        first = ask(calling())
        last = ask(self.results(first.message))
        self.assertEqual((last.finish_reason, last.message.content), ("stop", "Sunny in Bern."))

        async def loop(client):
            asked = {"model": "echo", "tools": self.tools}
            first = await client.chat.completions.create(messages=calling(), **asked)
            history = self.results(first.choices[0].message)
            stream = await client.chat.completions.create(messages=history, stream=True, **asked)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        self.assertEqual(self.run_async(loop), "Sunny in Bern.")

    def test_call_functions_as_before_there_were_tools(self):
        asked = {
            "model": "echo",
            "messages": calling(),
            "functions": [{"name": "Weather", "parameters": Weather.model_json_schema()}],
        }
        choice = self.client.chat.completions.create(**asked).choices[0]
        self.assertEqual(choice.finish_reason, "function_call")
        self.assertIsNone(choice.message.tool_calls)
        self.assertEqual(choice.message.function_call.name, "Weather")
        arguments = json.loads(choice.message.function_call.arguments)
        self.assertEqual(arguments, {"city": "Bern", "days": 3})
        chunks = list(self.client.chat.completions.create(stream=True, **asked))
        calls = [c.choices[0].delta.function_call for c in chunks if c.choices[0].delta.function_call]
        self.assertEqual([call.name for call in calls if call.name], ["Weather"])
        self.assertEqual(json.loads("".join(call.arguments for call in calls)), arguments)
        self.assertEqual(chunks[-1].choices[0].finish_reason, "function_call")
        asked["messages"] = [
            *asked["messages"],
            {
                "role": "assistant",
                "content": None,
                "function_call": choice.message.function_call.model_dump(),
            },
            {"role": "function", "name": "Weather", "content": ANSWER},
        ]
        reply = self.client.chat.completions.create(**asked)
        self.assertEqual(reply.choices[0].message.content, "Sunny in Bern.")

    def test_ask_from_a_loop(self):
        async def ask(client):
            asked = {"model": "demo", "messages": QUESTION, "max_tokens": 20, "seed": 7}
            whole = await client.chat.completions.create(**asked)
            stream = await client.chat.completions.create(stream=True, **asked)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            plain = await client.completions.create(model="demo", prompt="A lane", max_tokens=5)
            models = [model.id async for model in client.models.list()]
            return whole.choices[0].message.content, text, plain.choices[0].text, models

        whole, text, plain, models = self.run_async(ask)
        self.assertEqual(whole, text)
        self.assertTrue(plain)
        self.assertEqual(sorted(models), ["demo", "echo"])

    def test_show_the_head_of_an_answer(self):
        asked = {"model": "demo", "messages": QUESTION, "max_tokens": 2}
        raw = self.client.chat.completions.with_raw_response.create(**asked)
        self.assertTrue(raw.request_id.startswith("req_"))
        self.assertEqual(raw.parse()._request_id, raw.request_id)
        self.assertGreater(int(raw.headers["x-ratelimit-remaining-requests"]), 0)
        self.assertEqual(raw.retries_taken, 0)
        with self.client.chat.completions.with_streaming_response.create(stream=True, **asked) as streamed:
            self.assertTrue(streamed.headers["content-type"].startswith("text/event-stream"))
            self.assertTrue(streamed.headers["x-request-id"].startswith("req_"))
            self.assertIn("data: [DONE]", list(streamed.iter_lines()))


class AnthropicHelpers(Helpers):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.words["base_url"] = cls.server.url
        cls.client = anthropic.Anthropic(**cls.words)
        cls.addClassCleanup(cls.client.close)

    def run_async(self, work):
        async def run():
            async with anthropic.AsyncAnthropic(**self.words) as client:
                return await work(client)

        return asyncio.run(run())

    def test_parse_an_answer(self):
        asked = {"model": "demo", "messages": QUESTION, "max_tokens": 200, "output_format": Verdict}
        greedy = {"extra_body": {"temperature": 0}}
        parsed = self.client.messages.parse(**asked, **greedy).parsed_output
        self.assertIsInstance(parsed, Verdict)
        with self.client.messages.stream(**asked, **greedy) as stream:
            self.assertEqual(stream.get_final_message().parsed_output, parsed)

        async def parse(client):
            return await client.messages.parse(**asked, **greedy)

        self.assertEqual(self.run_async(parse).parsed_output, parsed)

    def test_run_tools(self):
        asked = []

        def weather(city: str, days: int) -> str:
            """The weather of a city.

            Args:
                city: its name
                days: how many
            """
            asked.append((city, days))
            return ANSWER

        tool = anthropic.beta_tool(weather, name="Weather")
        for stream in (False, True):
            with self.subTest(stream=stream):
                asked.clear()
                runner = self.client.beta.messages.tool_runner(
                    model="echo", messages=calling(), max_tokens=500, tools=[tool], stream=stream
                )
                final = runner.until_done()
                self.assertEqual(asked, [("Bern", 3)])
                self.assertEqual(final.stop_reason, "end_turn")
                self.assertEqual(final.content[-1].text, "Sunny in Bern.")

    def test_run_tools_from_a_loop(self):
        asked = []

        async def weather(city: str, days: int) -> str:
            """The weather of a city."""
            asked.append((city, days))
            return ANSWER

        async def run(client):
            tool = anthropic.beta_async_tool(weather, name="Weather")
            runner = client.beta.messages.tool_runner(
                model="echo", messages=calling(), max_tokens=500, tools=[tool]
            )
            return await runner.until_done()

        self.assertEqual(self.run_async(run).content[-1].text, "Sunny in Bern.")
        self.assertEqual(asked, [("Bern", 3)])

    def test_give_thoughts_back(self):
        thinking = {"type": "enabled", "budget_tokens": 1024}
        asked = {"model": "echo", "max_tokens": 2000, "thinking": thinking}
        first = self.client.messages.create(messages=calling("Should I?"), **asked)
        self.assertEqual(first.content[0].thinking, "Should I?")
        history = [*calling("Should I?"), {"role": "assistant", "content": first.content}]
        history.append({"role": "user", "content": ANSWER})
        self.assertEqual(
            self.client.messages.create(messages=history, **asked).content[-1].text, "Sunny in Bern."
        )

    def test_ask_from_a_loop(self):
        async def ask(client):
            asked = {
                "model": "demo",
                "messages": QUESTION,
                "max_tokens": 20,
                "extra_body": {"temperature": 0},
            }
            whole = await client.messages.create(**asked)
            events = [event.type async for event in await client.messages.create(stream=True, **asked)]
            async with client.messages.stream(**asked) as stream:
                text = "".join([piece async for piece in stream.text_stream])
                final = await stream.get_final_message()
            count = await client.messages.count_tokens(model="demo", messages=QUESTION)
            models = [model.id async for model in client.models.list()]
            one = await client.models.retrieve("demo")
            return whole, events, text, final, count.input_tokens, models, one

        whole, events, text, final, count, models, one = self.run_async(ask)
        self.assertEqual([whole.content[0].text] * 2, [text, final.content[0].text])
        self.assertEqual((events[0], events[-1]), ("message_start", "message_stop"))
        self.assertEqual(count, whole.usage.input_tokens + whole.usage.cache_read_input_tokens)
        self.assertEqual((sorted(models), one.id), (["demo", "echo"], "demo"))

    def test_list_models_page_by_page(self):
        pages = list(self.client.models.list(limit=1).iter_pages())
        self.assertEqual(sorted(model.id for page in pages for model in page.data), ["demo", "echo"])
        self.assertEqual([page.has_more for page in pages], [True, False])

    def test_show_the_head_of_an_answer(self):
        asked = {"model": "demo", "messages": QUESTION, "max_tokens": 2}
        raw = self.client.messages.with_raw_response.create(**asked)
        self.assertTrue(raw.headers["request-id"].startswith("req_"))
        self.assertEqual(raw.parse()._request_id, raw.headers["request-id"])
        self.assertGreater(int(raw.headers["anthropic-ratelimit-requests-remaining"]), 0)


if __name__ == "__main__":
    unittest.main()
