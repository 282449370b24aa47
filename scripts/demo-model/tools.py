"""Example tools, the questions that need them, what they answer, and what the model says then."""

import json
from dataclasses import dataclass

import phrasing
from skills import NAMES, UNKNOWN_LISTS

CITIES = """Paris, London, Berlin, Rome, Madrid, Tokyo, New York, Oslo, Vienna, San Francisco, Lisbon, Prague, Athens, Dublin, Warsaw,
Stockholm, Copenhagen, Helsinki, Budapest, Amsterdam, Brussels, Zurich, Geneva, Munich, Hamburg, Cologne, Milan, Naples, Venice, Barcelona,
Seville, Porto, Lyon, Nice, Marseille, Moscow, Kyiv, Istanbul, Cairo, Nairobi, Lagos, Cape Town, Dubai, Delhi, Mumbai, Bangkok, Singapore,
Hong Kong, Shanghai, Beijing, Seoul, Osaka, Kyoto, Sydney, Melbourne, Auckland, Honolulu, Los Angeles, Seattle, Portland, Denver, Chicago,
Boston, Miami, Houston, Dallas, Austin, Toronto, Montreal, Vancouver, Mexico City, Lima, Bogota, Santiago, Buenos Aires, Rio de Janeiro""".replace("\n", " ").split(", ")
CITIES = [city.strip() for city in CITIES]
SKIES = ["sunny", "cloudy", "rainy", "clear", "windy", "foggy", "snowy", "partly cloudy", "overcast", "stormy"]
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


def any_city(random):
    """A third are invented: the model has to copy the name, not to know it."""
    return phrasing.invented_word(random).capitalize() if random.random() < 0.35 else random.choice(CITIES)


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
        self.parameter = self.random.choice(["city", "city", "city", "location", "location", "place"])
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
        name = self.random.choice(["get_weather", "get_weather", "get_weather", "get_current_weather", "weather", "fetch_weather"])
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
            pair = [any_city(self.random), any_city(self.random)]
            results = [self.result(city) for city in pair]
            question = self.ask("(what is the weather in|how is the weather in|weather in|compare the weather in|get the weather for|what's the weather like in) {a} and( in|) {b}", a=pair[0], b=pair[1])
            return Use(question, [self.call(city) for city in pair], [r for r, _ in results], " ".join(a for _, a in results))
        city = any_city(self.random)
        pattern = "(what is the weather in|what's the weather in|what's the weather like in|how is the weather in|what is the weather like in|weather in|is it raining in|is it sunny in|is it cold in|how warm is it in|how hot is it in|what is the temperature in|tell me the weather in|get the weather for|check the weather in|do i need an umbrella in|weather forecast for|what's the temperature in|will it rain in|give me the weather for|can you check the weather in) {city}( today| now| right now| tomorrow||||)"
        result, answer = self.result(city)
        return Use(self.ask(pattern, city=city), [self.call(city)], [result], answer)


class Clock(CityTool):
    kind = "time"

    def setup(self):
        name = self.random.choice(["get_time", "get_time", "get_current_time", "current_time", "get_local_time"])
        self.define(name, self.random.choice(["Get the time in a city", "Get the current time", "Local time of a city", "Current time for a place"]))

    def use(self):
        city, time = any_city(self.random), f"{self.random.randrange(24):02d}:{self.random.randrange(60):02d}"
        pattern = "(what time is it in|what's the time in|what is the time in|time in|current time in|tell me the time in|how late is it in|what is the local time in|get the time for|do you know what time it is in|the time in) {city}( now| right now|||)"
        result = self.wrapped(self.random.choice(["time", "time", "local_time", "current_time"]), time)
        return Use(self.ask(pattern, city=city), [self.call(city)], [result], f"It is {time} in {city}.")


class Calculator(Tool):
    kind = "sum"

    def setup(self):
        self.word, self.sign, name, description = self.random.choice([
            ("plus", "+", "add", "Add two numbers"), ("plus", "+", "add", "Adds a and b"),
            ("plus", "+", "add_numbers", "Sum of two numbers"), ("times", "*", "multiply", "Multiply two numbers"),
        ])
        self.name, self.keys = name, self.random.choice([("a", "b"), ("a", "b"), ("x", "y")])
        parameters = {key: number(self.random) for key in self.keys}
        self.definition = definition(name, description, parameters, list(self.keys), self.random)

    def use(self):
        top = self.random.choice([10, 100, 1000, 10000])
        a, b = self.random.randrange(top), self.random.randrange(top)
        total = a + b if self.sign == "+" else a * b
        forms = ["{a} {s} {b}", "{a}{s}{b}", "{a} {w} {b}"]
        pattern = "(what is|what's|how much is|calculate|compute||) " + self.random.choice(forms)
        if self.random.random() < 0.3:
            pattern = "(add|please add|can you add|sum up) {a} and {b}" if self.sign == "+" else "(multiply|please multiply) {a} (and|by|with) {b}"
        question = self.ask(pattern, a=a, b=b, s=self.sign, w=self.word)
        result = self.wrapped(self.random.choice(["result", "sum" if self.sign == "+" else "product"]), total)
        return Use(question, [(self.name, dict(zip(self.keys, (a, b))))], [result], f"The result is {total}.")


class Search(Tool):
    kind = "search"
    sentences: list[str] = []  # filled from the facts by whoever makes the dialogues

    def setup(self):
        self.name = self.random.choice(["search_docs", "search_docs", "search", "search_documents", "search_web"])
        self.definition = definition(self.name, self.random.choice(["Search the documentation", "Search for a text", "Full text search"]), {"query": string(self.random, "What to search for", "The search query")}, ["query"], self.random)

    def use(self):
        topic = self.random.choice(["lanes", "credit", "workers", "leases", "prefix cache", "how to add a worker", "seeds", "batches", "streaming", "metrics", "API keys", "lane header"] + UNKNOWN_LISTS["nouns"][:60])
        if self.random.random() < 0.35:
            topic = phrasing.invented_word(self.random)
        pattern = "(search for|search the docs for|look up|search|find|can you look up|please search for|search the documentation for|look for|google|find something about|do a search for) {topic}( in the docs||||)"
        result = self.random.choice(self.sentences)
        return Use(self.ask(pattern, topic=topic), [(self.name, {"query": topic})], [result], f"I found this: {result}")


class Timer(Tool):
    kind = "timer"

    def setup(self):
        self.name = self.random.choice(["set_timer", "set_timer", "start_timer"])
        self.definition = definition(self.name, "Set a timer", {"minutes": number(self.random)}, ["minutes"], self.random)

    def use(self):
        minutes = self.random.randrange(2, 91)
        pattern = "(set a timer for|set a timer to|start a timer for|timer for|wake me in|remind me in|give me a timer of) {m} minutes"
        result = self.wrapped("status", self.random.choice(["ok", "done", "started", "set"]))
        return Use(self.ask(pattern, m=minutes), [(self.name, {"minutes": minutes})], [result], f"The timer is set for {minutes} minutes.")


class Messenger(Tool):
    kind = "message"

    def setup(self):
        self.name = self.random.choice(["send_message", "send_message", "send_email"])
        self.definition = definition(self.name, "Send a message to a person", {"to": string(self.random, "Who gets it", "Recipient"), "text": string(self.random, "What to say")}, ["to", "text"], self.random)

    def use(self):
        to = self.random.choice(NAMES)
        text = self.random.choice(["dinner is ready", "i am late", "the batch is done", "call me back", "the meeting is at noon", "happy birthday", "see you tomorrow", "the server is up", "good luck", "thank you", "we need more workers"])
        pattern = "(send a message to {to}: {text}|tell {to}: {text}|message {to}: {text}|write to {to}: {text}|tell {to} that {text})"
        result = self.wrapped("status", self.random.choice(["ok", "sent", "delivered"]))
        return Use(self.ask(pattern, to=to, text=text).rstrip("!"), [(self.name, {"to": to, "text": text})], [result], f"I sent your message to {to}.")


class Named(Tool):
    """Any tool, called by its name: the name, the parameter and the value have to be copied."""

    kind = "named"
    VERBS = "get set find list create delete update check open close read write send run start stop lookup convert count query".split()
    NOUNS = "order ticket user file invoice light door price note event job stock room table report log image color record status".split()

    def setup(self):
        random = self.random
        self.name = random.choice([f"{random.choice(self.VERBS)}_{random.choice(self.NOUNS)}", f"{random.choice(self.VERBS)}_{phrasing.invented_word(random)}", phrasing.invented_word(random)])
        self.key = random.choice(["id", "name", "value", "number", "key", "symbol", "level", "code", phrasing.invented_word(random)])
        self.takes_number = random.random() < 0.4
        kind = number(random) if self.takes_number else string(random, "The " + self.key)
        self.definition = definition(self.name, f"{self.name.replace('_', ' ').capitalize()}", {self.key: kind}, [self.key], random)

    def use(self):
        value = self.random.randrange(1, 1000) if self.takes_number else self.random.choice([phrasing.invented_word(self.random), self.random.choice(NAMES), self.random.choice(UNKNOWN_LISTS["nouns"]).split()[-1]])
        pattern = "(call|use|use the tool|run|please call|invoke) {name} (with|for|on|with {key}|with {key} =|with the {key}) {value}"
        result = self.random.choice([self.wrapped("status", "ok"), self.wrapped("result", self.random.randrange(1000)), phrasing.invented_word(self.random), "done"])
        return Use(self.ask(pattern, name=self.name, key=self.key, value=value).replace(self.name.capitalize(), self.name), [(self.name, {self.key: value})], [result], f"The tool answered: {result}")


KINDS = [Weather, Clock, Calculator, Search, Timer, Messenger, Named]


def toolbox(random) -> list[Tool]:
    """One to four tools, at most one of a kind, in any order."""
    count = random.choice([1, 1, 1, 2, 2, 3, 4])
    picked = []
    while len(picked) < count:
        kind = random.choices(KINDS, [6, 3, 3, 2, 1, 1, 2])[0]
        if kind not in picked:
            picked.append(kind)
    return [kind(random) for kind in picked]


def failed(use: Use, random) -> Use:
    """Sometimes a tool fails, and the model must say so."""
    reason = random.choice(["not found", "timeout", "no such city", "permission denied", "service unavailable", "unknown name"])
    result = random.choice([json.dumps({"error": reason}), f"error: {reason}", f"Error: {reason}"])
    return Use(use.question, use.calls[:1], [result], f"The tool failed: {reason}.")
