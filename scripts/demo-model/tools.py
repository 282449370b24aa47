"""Example tools, the questions that need them, what they answer, and what the model says then."""

import json
from dataclasses import dataclass

import phrasing
import texts

CITIES = texts.LISTS["cities"]
SKIES = ["sunny", "cloudy", "rainy", "clear", "windy", "foggy", "snowy"]
NO_TOOL = {
    "weather": "I have no weather tool in this request, so I cannot look that up. "
    "Pass a `get_weather` tool and ask again.",
    "time": "I have no clock tool in this request, so I cannot tell the time. "
    "Pass a `get_time` tool and ask again.",
}


@dataclass
class Use:
    """One use of one tool: what is asked, the calls, what comes back, what is said then."""

    question: str
    calls: list[tuple[str, dict]]
    results: list[str]
    answer: str


def definition(name, description, parameters, required, random) -> dict:
    schema = {"type": "object", "properties": parameters, "required": required}
    if random.random() < 0.2:
        schema["additionalProperties"] = False
    if random.random() < 0.1:
        del schema["required"]
    function = {"name": name, "description": description, "parameters": schema}
    if random.random() < 0.15:
        del function["description"]
    if random.random() < 0.1:
        function["strict"] = True
    return {"type": "function", "function": function}


def string(random, *descriptions):
    if random.random() < 0.6:
        return {"type": "string", "description": random.choice(descriptions)}
    return {"type": "string"}


def number(random):
    return {"type": random.choice(["number", "number", "integer"])}


class Tool:
    """Fixed per conversation: the names in its definition are those its calls must use."""

    kind = ""

    def __init__(self, random):
        self.random = random
        self.setup()

    def ask(self, pattern, **values):
        text = phrasing.expand(pattern, self.random).format(**values)
        if phrasing.QUESTION.match(text) and self.random.random() < 0.65:
            text += "?"
        elif self.random.random() < 0.4:
            text += self.random.choice([".", " please", "!", ", please."])
        return text[:1].upper() + text[1:] if self.random.random() < 0.65 else text

    def wrapped(self, key, value):
        """A result as tools give it: bare, or in an object."""
        return json.dumps({key: value}) if self.random.random() < 0.5 else str(value)


class CityTool(Tool):
    def define(self, name, description):
        self.name = name
        self.parameter = self.random.choice(["city", "city", "city", "location", "location", "city"])
        parameters = {
            self.parameter: string(
                self.random,
                "The city",
                "City name",
                "The city, for example Paris",
                "The city and state, e.g. San Francisco, CA",
                "City and country e.g. Bogotá, Colombia",
            )
        }
        required = [self.parameter]
        if self.random.random() < 0.2:
            parameters["unit" if self.kind == "weather" else "format"] = {
                "type": "string",
                "enum": ["celsius", "fahrenheit"] if self.kind == "weather" else ["12h", "24h"],
            }
        self.definition = definition(name, description, parameters, required, self.random)

    def call(self, city):
        return self.name, {self.parameter: city}


class Weather(CityTool):
    kind = "weather"

    def setup(self):
        name = self.random.choice(["get_weather", "get_weather", "get_weather", "get_current_weather"])
        self.define(
            name,
            self.random.choice(
                [
                    "Get the weather in a city",
                    "Get the current weather",
                    "Get current temperature for a given location.",
                    "Current weather for a place",
                    "Get the current weather in a given location",
                    "Returns the weather",
                ]
            ),
        )

    def result(self, city):
        random, degrees, sky = self.random, self.random.randrange(-9, 36), self.random.choice(SKIES)
        draw = random.random()
        if draw < 0.4:
            record = {
                random.choice(["temperature", "temperature", "temp", "temp_c", "degrees"]): degrees,
                random.choice(["condition", "sky", "conditions", "weather", "description"]): sky,
            }
            if random.random() < 0.4:
                record = {self.parameter: city} | record
            return json.dumps(record), f"It is {degrees} degrees and {sky} in {city}."
        if draw < 0.5:
            record = {random.choice(["temperature", "temp", "degrees"]): degrees}
            return json.dumps(record), f"It is {degrees} degrees in {city}."
        if draw < 0.6:
            return str(degrees), f"It is {degrees} degrees in {city}."
        text = random.choice(
            [
                f"{degrees} degrees and {sky}",
                f"{sky}, {degrees} degrees",
                f"{sky}, {degrees}C",
                f"{degrees}°C, {sky}",
                f"{sky} and {degrees} °C",
                f"{degrees}°C",
                sky,
            ]
        )
        return text, f"The weather in {city}: {text}."

    def use(self):
        if self.random.random() < 0.12:
            pair = [self.random.choice(CITIES), self.random.choice(CITIES)]
            results = [self.result(city) for city in pair]
            question = self.ask(texts.WAYS["weather-pair"][0], a=pair[0], b=pair[1])
            calls, answer = [self.call(city) for city in pair], " ".join(answer for _, answer in results)
            return Use(question, calls, [result for result, _ in results], answer)
        city = self.random.choice(CITIES)
        pattern = texts.WAYS["weather"][0]
        result, answer = self.result(city)
        return Use(self.ask(pattern, city=city), [self.call(city)], [result], answer)


class Clock(CityTool):
    kind = "time"

    def setup(self):
        name = self.random.choice(["get_time", "get_time", "get_current_time"])
        self.define(
            name,
            self.random.choice(
                [
                    "Get the time in a city",
                    "Get the current time",
                    "Local time of a city",
                    "Current time for a place",
                ]
            ),
        )

    def use(self):
        city = self.random.choice(CITIES)
        time = f"{self.random.randrange(24):02d}:{self.random.randrange(60):02d}"
        pattern = texts.WAYS["time"][0]
        result = self.wrapped(self.random.choice(["time", "time", "local_time", "current_time"]), time)
        return Use(self.ask(pattern, city=city), [self.call(city)], [result], f"It is {time} in {city}.")


class Calculator(Tool):
    kind = "sum"

    def setup(self):
        self.keys = self.random.choice([("a", "b"), ("a", "b"), ("x", "y")])
        parameters = {key: number(self.random) for key in self.keys}
        self.definition = definition(
            "add",
            self.random.choice(["Add two numbers", "Adds a and b"]),
            parameters,
            list(self.keys),
            self.random,
        )

    def use(self):
        top = self.random.choice([10, 100, 100, 1000])
        a, b = self.random.randrange(top), self.random.randrange(top)
        pattern = (
            texts.WAYS["sum-tool"][0] + " " + self.random.choice(["{a} + {b}", "{a}+{b}", "{a} plus {b}"])
        )
        if self.random.random() < 0.3:
            pattern = texts.WAYS["add-tool"][0]
        result = self.wrapped(self.random.choice(["result", "sum"]), a + b)
        call = ("add", dict(zip(self.keys, (a, b), strict=True)))
        return Use(self.ask(pattern, a=a, b=b), [call], [result], f"The result is {a + b}.")


class Search(Tool):
    kind = "search"
    sentences: list[str] = []  # filled from the facts by whoever makes the dialogues

    def setup(self):
        self.name = self.random.choice(["search_docs", "search_docs", "search"])
        self.definition = definition(
            self.name,
            self.random.choice(["Search the documentation", "Search for a text", "Full text search"]),
            {"query": string(self.random, "What to search for", "The search query")},
            ["query"],
            self.random,
        )

    def use(self):
        topic = self.random.choice(texts.LISTS["searched"])
        pattern = texts.WAYS["search"][0]
        result = self.random.choice(self.sentences)
        call = (self.name, {"query": topic})
        return Use(self.ask(pattern, topic=topic), [call], [result], f"I found this: {result}")


KINDS = [Weather, Clock, Calculator, Search]


def toolbox(random) -> list[Tool]:
    """One to three tools, at most one of a kind, in any order."""
    count = random.choice([1, 1, 1, 2, 2, 3])
    picked = []
    while len(picked) < count:
        kind = random.choices(KINDS, [5, 3, 3, 2])[0]
        if kind not in picked:
            picked.append(kind)
    return [kind(random) for kind in picked]


def failed(use: Use, random) -> Use:
    """Sometimes a tool fails, and the model must say so."""
    reason = random.choice(
        ["not found", "timeout", "no such city", "permission denied", "service unavailable", "unknown name"]
    )
    result = random.choice([json.dumps({"error": reason}), f"error: {reason}", f"Error: {reason}"])
    return Use(use.question, use.calls[:1], [result], f"The tool failed: {reason}.")
