"""Example tools, the questions that need them, what they answer, and what the model says then."""

import json
from dataclasses import dataclass

import phrasing

CITIES = """Paris, London, Berlin, Rome, Madrid, Tokyo, New York, Oslo, Vienna, San Francisco, Lisbon, Prague, Athens, Dublin, Warsaw, Stockholm,
Copenhagen, Helsinki, Budapest, Amsterdam, Brussels, Zurich, Munich, Hamburg, Milan, Barcelona, Istanbul, Cairo, Singapore, Beijing, Sydney,
Boston, Chicago, Seattle, Los Angeles, Toronto""".replace("\n", " ").split(", ")
SKIES = ["sunny", "cloudy", "rainy", "clear", "windy", "foggy", "snowy"]
NO_TOOL = {
    "weather": "I have no weather tool in this request, so I cannot look that up. Pass a `get_weather` tool and ask again.",
    "time": "I have no clock tool in this request, so I cannot tell the time. Pass a `get_time` tool and ask again.",
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
    return {"type": "string", "description": random.choice(descriptions)} if random.random() < 0.6 else {"type": "string"}


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
        parameters = {self.parameter: string(self.random, "The city", "City name", "The city, for example Paris", "The city and state, e.g. San Francisco, CA", "City and country e.g. Bogotá, Colombia")}
        required = [self.parameter]
        if self.random.random() < 0.2:
            parameters["unit" if self.kind == "weather" else "format"] = {"type": "string", "enum": ["celsius", "fahrenheit"] if self.kind == "weather" else ["12h", "24h"]}
        self.definition = definition(name, description, parameters, required, self.random)

    def call(self, city):
        return self.name, {self.parameter: city}


class Weather(CityTool):
    kind = "weather"

    def setup(self):
        name = self.random.choice(["get_weather", "get_weather", "get_weather", "get_current_weather"])
        self.define(name, self.random.choice(["Get the weather in a city", "Get the current weather", "Get current temperature for a given location.", "Current weather for a place", "Get the current weather in a given location", "Returns the weather"]))

    def result(self, city):
        random, degrees, sky = self.random, self.random.randrange(-9, 36), self.random.choice(SKIES)
        draw = random.random()
        if draw < 0.4:
            record = {random.choice(["temperature", "temperature", "temp", "temp_c", "degrees"]): degrees, random.choice(["condition", "sky", "conditions", "weather", "description"]): sky}
            if random.random() < 0.4:
                record = {self.parameter: city} | record
            return json.dumps(record), f"It is {degrees} degrees and {sky} in {city}."
        if draw < 0.5:
            return json.dumps({random.choice(["temperature", "temp", "degrees"]): degrees}), f"It is {degrees} degrees in {city}."
        if draw < 0.6:
            return str(degrees), f"It is {degrees} degrees in {city}."
        text = random.choice([f"{degrees} degrees and {sky}", f"{sky}, {degrees} degrees", f"{sky}, {degrees}C", f"{degrees}°C, {sky}", f"{sky} and {degrees} °C", f"{degrees}°C", sky])
        return text, f"The weather in {city}: {text}."

    def use(self):
        if self.random.random() < 0.12:
            pair = [self.random.choice(CITIES), self.random.choice(CITIES)]
            results = [self.result(city) for city in pair]
            question = self.ask("(what is the weather in|how is the weather in|weather in|compare the weather in|get the weather for|what's the weather like in) {a} and( in|) {b}", a=pair[0], b=pair[1])
            return Use(question, [self.call(city) for city in pair], [r for r, _ in results], " ".join(a for _, a in results))
        city = self.random.choice(CITIES)
        pattern = "(what is the weather in|what's the weather in|what's the weather like in|how is the weather in|what is the weather like in|weather in|is it raining in|is it sunny in|is it cold in|how warm is it in|how hot is it in|what is the temperature in|tell me the weather in|get the weather for|check the weather in|do i need an umbrella in|weather forecast for|what's the temperature in|will it rain in|give me the weather for|can you check the weather in) {city}( today| now| right now| tomorrow||||)"
        result, answer = self.result(city)
        return Use(self.ask(pattern, city=city), [self.call(city)], [result], answer)


class Clock(CityTool):
    kind = "time"

    def setup(self):
        name = self.random.choice(["get_time", "get_time", "get_current_time"])
        self.define(name, self.random.choice(["Get the time in a city", "Get the current time", "Local time of a city", "Current time for a place"]))

    def use(self):
        city, time = self.random.choice(CITIES), f"{self.random.randrange(24):02d}:{self.random.randrange(60):02d}"
        pattern = "(what time is it in|what's the time in|what is the time in|time in|current time in|tell me the time in|how late is it in|what is the local time in|get the time for|do you know what time it is in|the time in) {city}( now| right now|||)"
        result = self.wrapped(self.random.choice(["time", "time", "local_time", "current_time"]), time)
        return Use(self.ask(pattern, city=city), [self.call(city)], [result], f"It is {time} in {city}.")


class Calculator(Tool):
    kind = "sum"

    def setup(self):
        self.keys = self.random.choice([("a", "b"), ("a", "b"), ("x", "y")])
        parameters = {key: number(self.random) for key in self.keys}
        self.definition = definition("add", self.random.choice(["Add two numbers", "Adds a and b"]), parameters, list(self.keys), self.random)

    def use(self):
        top = self.random.choice([10, 100, 100, 1000])
        a, b = self.random.randrange(top), self.random.randrange(top)
        pattern = "(what is|what's|how much is|calculate|compute||) " + self.random.choice(["{a} + {b}", "{a}+{b}", "{a} plus {b}"])
        if self.random.random() < 0.3:
            pattern = "(add|please add|can you add|sum up) {a} and {b}"
        result = self.wrapped(self.random.choice(["result", "sum"]), a + b)
        return Use(self.ask(pattern, a=a, b=b), [("add", dict(zip(self.keys, (a, b))))], [result], f"The result is {a + b}.")


class Search(Tool):
    kind = "search"
    sentences: list[str] = []  # filled from the facts by whoever makes the dialogues
    TOPICS = ["lanes", "credit", "workers", "leases", "the prefix cache", "seeds", "batches", "streaming", "metrics", "API keys", "the coordinator", "the edge", "embeddings", "models", "tools", "priorities"]

    def setup(self):
        self.name = self.random.choice(["search_docs", "search_docs", "search"])
        self.definition = definition(self.name, self.random.choice(["Search the documentation", "Search for a text", "Full text search"]), {"query": string(self.random, "What to search for", "The search query")}, ["query"], self.random)

    def use(self):
        topic = self.random.choice(self.TOPICS)
        pattern = "(search for|search the docs for|look up|search|find|can you look up|please search for|search the documentation for|look for|find something about|do a search for) {topic}( in the docs||||)"
        result = self.random.choice(self.sentences)
        return Use(self.ask(pattern, topic=topic), [(self.name, {"query": topic})], [result], f"I found this: {result}")


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
    reason = random.choice(["not found", "timeout", "no such city", "permission denied", "service unavailable", "unknown name"])
    result = random.choice([json.dumps({"error": reason}), f"error: {reason}", f"Error: {reason}"])
    return Use(use.question, use.calls[:1], [result], f"The tool failed: {reason}.")
