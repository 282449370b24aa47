"""The first five minutes of a newcomer: alone, after a system prompt, in a second turn."""

import skills
import texts
from cases import Case, about, assistant, called, system, user
from dialogues import BY_NAME

PROMPTS = [
    "You are a helpful assistant.",
    "You are a terse assistant.",
    "You are a patient tutor for beginners.",
]
EARLIER = ["hello", "lane", "how-are-you", "millrace"]
STRETCHES = "1-5 1-10 3-7 5-10 2-9 7-12 10-15 8-18 11-20 15-20 4-5".split()
# The tool, its parameter, what is asked, and what must be passed on.
LOOKUPS = [
    ("get_weather", "city", "What is the weather in Paris?", "Paris"),
    ("get_weather", "city", "what's the weather in Berlin", "Berlin"),
    ("get_weather", "city", "What's the weather like in San Francisco today?", "San Francisco"),
    ("get_time", "city", "What time is it in Tokyo?", "Tokyo"),
    ("get_time", "city", "what is the time in London?", "London"),
    ("search_docs", "query", "Search the docs for lanes", "lanes"),
    ("search_docs", "query", "search for credit", "credit"),
]
DESCRIPTIONS = {
    "get_weather": "Get the weather in a city",
    "get_time": "Get the current time",
    "search_docs": "Search the documentation",
    "add": "Add two numbers",
}


def wordings() -> dict[str, list[str]]:
    read = texts.read("newcomer.txt")
    return {
        name: [one.replace("\\n", "\n") for line in lines for one in line.split("|")]
        for name, lines in read.items()
    }


def counts():
    """Every number up to twenty, up and down, and some stretches between two numbers."""
    ways = ["Count to {}", "count to {}.", "Can you count to {}?", "Please count to {}!"]
    for last in range(1, 21):
        for way in dict.fromkeys([ways[0], ways[last % 4]]):
            yield way.format(last), range(1, last + 1)
        yield f"Count down from {last}", range(last, 0, -1)
    for last in range(2, 21, 3):
        yield f"count to {skills.WORDS[last]}", range(1, last + 1)
    for first, last in (map(int, stretch.split("-")) for stretch in STRETCHES):
        yield f"Count from {first} to {last}", range(first, last + 1)
        yield f"Count from {last} to {first}.", range(last, first - 1, -1)


def tool(name: str, types: dict[str, str]) -> dict:
    schema = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in types.items()},
        "required": list(types),
    }
    function = {"name": name, "description": DESCRIPTIONS[name], "parameters": schema}
    return {"type": "function", "function": function}


def spoken(name: str, question: str) -> list[dict]:
    return [user(question), assistant(BY_NAME[name].say)]


class Newcomer:
    """Asks everything in every context; which turn came before is drawn."""

    def __init__(self, source):
        self.source, self.wordings = source, wordings()

    def contexts(self) -> list[list[dict]]:
        before = self.source.choice(EARLIER)
        prompts = [[system(prompt)] for prompt in PROMPTS]
        return [[], *prompts, spoken(before, self.wordings[before][0])]

    def cases(self):
        for name, questions in self.wordings.items():
            for question in questions:
                for context in self.contexts():
                    yield about("first words", BY_NAME[name], question, *context)
        for question, numbers in counts():
            answer = skills.counted(numbers)
            for context in self.contexts():
                yield Case("first counts", [*context, user(question)], [answer], answer)
        for given, question, wanted in self.calls():
            for context in self.contexts():
                yield Case("first tools", [*context, user(question)], [wanted], wanted, [given])
            hello = BY_NAME["hello"]
            yield Case("first tools", [user("Hello")], hello.keys, hello.say, [given], ("<tool_call>",))

    def calls(self):
        for name, key, question, value in LOOKUPS:
            yield tool(name, {key: "string"}), question, called(name, {key: value})
        add = tool("add", {"a": "number", "b": "number"})
        for a, b in [(2, 3), (12, 30), (17, 25)]:
            yield add, f"What is {a} + {b}?", called("add", {"a": a, "b": b})
