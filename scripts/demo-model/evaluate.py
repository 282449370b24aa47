"""Asks questions that were never trained on, greedily, and counts the right answers.

Each line of the report is one kind of question: passed / asked. "exact" counts answers that are right to the letter.
"""

import argparse
import collections
import json
import random
from pathlib import Path

import torch

import dialogues
import facts
import skills
import template
import tools
from shipped import Shipped

HELD_TOPIC = ["could you tell us a few words on {}?", "I keep reading about {}. What is it?", "I wonder what {} is about", "{} - what is that?"]
HELD_UNKNOWN = [
    "what is a kangaroo?", "Who was Johann Sebastian Bach?", "how do I repair a washing machine?", "What is the boiling point of mercury?", "tell me about volcanoes in Iceland",
    "What is a giraffe?", "who won the world cup in 1998?", "explain string theory", "How do I cook lentils?", "what does a banana cost?", "What is Hawaii famous for?",
    "Who painted the Mona Lisa?", "define entropy", "how tall is Mount Everest?", "What is a trombone?", "tell me about the Vikings", "how do airplanes fly?", "What is cholesterol?",
    "Who is Angela Merkel?", "what is a Rubik's cube?", "How can I learn to dance?", "What is a hurricane?", "explain general anaesthesia", "what is the population of Canada?",
]


class Case:
    def __init__(self, kind, messages, keys, exact=None, given_tools=None, never=()):
        self.kind, self.messages, self.keys, self.exact, self.tools, self.never = kind, messages, keys, exact, given_tools, never


def user(text):
    return {"role": "user", "content": text}


def fact_cases(source):
    for fact in facts.load():
        for question in fact.held:
            yield Case("unseen wording", [user(question)], fact.keys, fact.say)
        if fact.topics:
            question = source.choice(HELD_TOPIC).format(fact.topics[0])
            yield Case("unseen pattern", [user(question)], fact.keys, fact.say)
        before = source.choice(dialogues.FACTS)
        earlier = [user(before.question(source)), {"role": "assistant", "content": before.say}]
        yield Case("in a conversation", earlier + [user(source.choice(fact.held))], fact.keys, fact.say)
        system = {"role": "system", "content": source.choice(["You are a helpful assistant.", "You are a kind helper for engineers."])}
        yield Case("trained wording", [system, user(fact.question(source))], fact.keys, fact.say)
        if source.random() < 0.15:
            rules = " ".join(f"Rule {n}: {source.choice(dialogues.SENTENCES)}" for n in range(1, source.choice([20, 45])))
            yield Case("long system prompt", [{"role": "system", "content": rules}, user(fact.question(source))], fact.keys, fact.say)
        if fact.more:
            yield Case("tell me more", [user(fact.question(source)), {"role": "assistant", "content": fact.say}, user("tell me more")], [fact.more], fact.more)


def skill_cases(source):
    for maker in [skills.count_up, skills.count_down, skills.count_words, skills.count_steps, skills.sums, skills.order, skills.larger, skills.capital, skills.repeat]:
        for _ in range(20):
            question, answer = maker(source)
            if len(answer) < 260:
                yield Case(maker.__name__.replace("_", " "), [user(question)], [answer], answer)
    for question in HELD_UNKNOWN:
        yield Case("unknown things", [user(question)], ["I do not know that"], skills.UNKNOWN)
    for name in ["Anna", "Oscar", "Alan", "Julia", "Tim", "Grace"]:
        yield Case("name", [user(f"Hello, my name is {name}"), {"role": "assistant", "content": f"Nice to meet you, {name}!"}, user("What is my name?")], [name], f"Your name is {name}.")


def called(name, arguments):
    return "<tool_call>\n" + json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False) + "\n</tool_call>"


def tool_cases(source):
    """Tools, cities and questions drawn anew."""
    for kind in tools.KINDS:
        for _ in range(12):
            box = tools.toolbox(source)
            tool = next((tool for tool in box if isinstance(tool, kind)), None) or kind(source)
            if tool not in box:
                box = [tool]
            given, use = [one.definition for one in box], tool.use()
            wanted = "\n".join(called(*call) for call in use.calls)
            yield Case("call: " + kind.kind, [user(use.question)], [wanted], wanted, given)
            calls = [{"type": "function", "function": {"name": name, "arguments": arguments}} for name, arguments in use.calls]
            history = [user(use.question), {"role": "assistant", "content": "", "tool_calls": calls}] + [{"role": "tool", "content": result} for result in use.results]
            yield Case("after the tool", history, [use.answer], use.answer, given)
    for city in source.sample(tools.CITIES, 12):
        weather = tools.Weather(source)
        yield Case("no tool, no call", [user(f"What's the weather like in {city}?")], [tools.NO_TOOL["weather"]], tools.NO_TOOL["weather"], None, ["<tool_call>"])
        question = source.choice([f"Could you find out how the weather is in {city}?", f"I fly to {city}, how is the weather there?"])
        yield Case("call: new wording", [user(question)], [called(*weather.call(city))], called(*weather.call(city)), [weather.definition])
    for fact in source.sample(facts.load(), 40):
        if fact.name not in dialogues.NEEDS_TOOL:
            yield Case("fact beside tools", [user(fact.question(source))], fact.keys, fact.say, [tool.definition for tool in tools.toolbox(source)], ["<tool_call>"])


def answer_to(shipped: Shipped, case: Case) -> str:
    ids = shipped.encode(template.render(case.messages, case.tools, add_generation_prompt=True))
    if case.exact and shipped.would_say(ids, case.exact):
        return case.exact
    return shipped.text(shipped.greedy(ids, 80))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=99)
    parser.add_argument("--show", type=int, default=40, help="failures to print")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    source = random.Random(options.seed)
    cases = [*fact_cases(source), *skill_cases(source), *tool_cases(source)]
    passed, exact, asked = collections.Counter(), collections.Counter(), collections.Counter()
    shipped = Shipped(options.model)
    for case in cases:
        answer = answer_to(shipped, case)
        asked[case.kind] += 1
        good = all(key in answer for key in case.keys) and not any(word in answer for word in case.never)
        passed[case.kind] += good
        exact[case.kind] += answer == case.exact
        if not good and options.show > 0:
            options.show -= 1
            print(f"[{case.kind}] {case.messages[-1]['content']!r}\n    wanted {case.keys}\n    got    {answer!r}")
    for kind in asked:
        print(f"{kind:20} {passed[kind]:4} / {asked[kind]:<4} exact {exact[kind]}")
    total = sum(asked.values())
    print(f"{'all':20} {sum(passed.values()):4} / {total:<4} {100 * sum(passed.values()) / total:.1f} %")


if __name__ == "__main__":
    main()
