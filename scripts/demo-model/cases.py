"""Questions for the evaluation, kind by kind, each with what its answer must contain."""

import json
from dataclasses import dataclass

import dialogues
import facts
import skills
import texts
import tools

HELD = texts.read("held.txt")
COMPUTED = [
    skills.count_up, skills.count_down, skills.count_words, skills.count_steps, skills.sums, skills.order,
    skills.larger, skills.capital, skills.repeat,
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    kind: str
    messages: list[dict]
    keys: list[str]
    exact: str
    tools: list[dict] | None = None
    never: tuple[str, ...] = ()


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict:
    return {"role": "assistant", "content": text}


def system(text: str) -> dict:
    return {"role": "system", "content": text}


def about(kind: str, fact: facts.Fact, question: str, *before: dict) -> Case:
    return Case(kind, [*before, user(question)], fact.keys, fact.say)


def fresh_cases(trained):
    """Written from the answers alone; those that are near the training text all the same are a kind apart."""
    for fact in facts.fresh():
        for question in fact.held:
            kind = "fresh, yet near" if trained.has_near(question) else "fresh wording"
            yield about(kind, dialogues.BY_NAME[fact.name], question)


def fact_cases(source):
    for fact in facts.load():
        for question in fact.held:
            yield about("near wording", fact, question)
        if fact.topics:
            yield about("near pattern", fact, source.choice(HELD["topic"]).format(fact.topics[0]))
        earlier = source.choice(dialogues.FACTS)
        turn = [user(earlier.question(source)), assistant(earlier.say)]
        yield about("in a conversation", fact, source.choice(fact.held), *turn)
        prompt = source.choice(["You are a helpful assistant.", "You are a kind helper for engineers."])
        yield about("trained wording", fact, fact.question(source), system(prompt))
        if source.random() < 0.15:
            count = source.choice([20, 45])
            rules = " ".join(f"Rule {n}: {source.choice(dialogues.SENTENCES)}" for n in range(1, count))
            yield about("long system prompt", fact, fact.question(source), system(rules))
        if fact.more:
            told = [user(fact.question(source)), assistant(fact.say), user("tell me more")]
            yield Case("tell me more", told, [fact.more], fact.more)


def skill_cases(source):
    for maker in COMPUTED:
        for _ in range(20):
            question, answer = maker(source)
            if len(answer) < 260:
                yield Case(maker.__name__.replace("_", " "), [user(question)], [answer], answer)
    for question in HELD["unknown"]:
        yield Case("unknown things", [user(question)], ["I do not know that"], skills.UNKNOWN)
    for name in HELD["names"][0].split(", "):
        greeting = [user(f"Hello, my name is {name}"), assistant(f"Nice to meet you, {name}!")]
        yield Case("name", [*greeting, user("What is my name?")], [name], f"Your name is {name}.")


def called(name: str, arguments: dict) -> str:
    call = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>\n{call}\n</tool_call>"


def use_cases(source, kind):
    """One use of a tool: the call, and what is said when its result is there."""
    box = tools.toolbox(source)
    tool = next((tool for tool in box if isinstance(tool, kind)), None)
    if tool is None:
        tool = kind(source)
        box = [tool]
    given, use = [one.definition for one in box], tool.use()
    wanted = "\n".join(called(*call) for call in use.calls)
    yield Case("call: " + kind.kind, [user(use.question)], [wanted], wanted, given)
    functions = [{"name": name, "arguments": arguments} for name, arguments in use.calls]
    calls = [{"type": "function", "function": function} for function in functions]
    history = [user(use.question), assistant("") | {"tool_calls": calls}]
    history += [{"role": "tool", "content": result} for result in use.results]
    yield Case("after the tool", history, [use.answer], use.answer, given)


def tool_cases(source):
    """Tools, cities and questions drawn anew."""
    for kind in tools.KINDS:
        for _ in range(12):
            yield from use_cases(source, kind)
    no_call, no_tool = ("<tool_call>",), tools.NO_TOOL["weather"]
    for city in source.sample(tools.CITIES, 12):
        weather = tools.Weather(source)
        question = user(f"What's the weather like in {city}?")
        yield Case("no tool, no call", [question], [no_tool], no_tool, None, no_call)
        question = source.choice(
            ["Could you find out how the weather is in {}?", "I fly to {}, how is the weather there?"]
        )
        wanted = called(*weather.call(city))
        yield Case("call: new wording", [user(question.format(city))], [wanted], wanted, [weather.definition])
    for fact in source.sample(facts.load(), 40):
        if fact.name not in dialogues.NEEDS_TOOL:
            given = [tool.definition for tool in tools.toolbox(source)]
            question = user(fact.question(source))
            yield Case("fact beside tools", [question], fact.keys, fact.say, given, no_call)
