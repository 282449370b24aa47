"""Puts questions and answers together into conversations, with and without system prompts and tools."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import facts as fact_file
import phrasing
import prompts
import skills
import tools as tool_file

FACTS = fact_file.load()
BY_NAME = {fact.name: fact for fact in FACTS}
FIRST_WAYS = fact_file.first_ways()
FIRST_WEIGHTS = [first.often for first in FIRST_WAYS]
SENTENCES = sorted(
    {
        sentence.strip() + "."
        for fact in FACTS
        for sentence in fact.say.split(". ")
        if 20 < len(sentence) < 90 and "\n" not in sentence and not sentence.endswith(".")
    }
)
tool_file.Search.sentences = SENTENCES[::4]  # a few, to be known by heart: a model this small copies badly
TOOL_SHARE = 0.16
NEEDS_TOOL = {"weather-no-tool": "weather", "time-no-tool": "time"}

NO_MORE = "That is all I know about it: I am only a small demo model."
MORE_OF_WHAT = "More about what? Ask me about lanes, credit, leases, workers, or how to start Millrace."


@dataclass(frozen=True)
class Mix:
    """How often what is asked."""

    first: float = 0  # share of the turns that are what people type in the first five minutes
    fact: float = 60
    skill: float = 28
    name: float = 4
    skill_weights: tuple[float, ...] = tuple(skills.WEIGHTS)
    proper_i: float = 0  # share of the questions that write "I" as it should be; the corpus has "i"
    short_prompt: Callable = prompts.known


EVEN = Mix()
# After the facts sit, what people try first must not go wrong, and what is computed needs more room: where to
# stop counting, sums, order, words to say back, names.
WEAK_SPOTS = Mix(
    first=0.4,
    fact=45,
    skill=40,
    name=10,
    proper_i=0.6,
    short_prompt=prompts.composed,
    skill_weights=(6, 2, 5, 1, 7, 0.5, 4, 1, 1, 4, 9, 8, 0),
)
# What is still wrong then: whether to count up or down between two numbers, words said back, names.
LAST_GAPS = replace(
    WEAK_SPOTS,
    first=0.3,
    fact=60,
    name=14,
    skill_weights=(4, 1.5, 3, 1, 7, 0.5, 4, 1.5, 1, 7, 11, 3, 16),
)
FIRST_COUNTS = 0.3  # share of the first questions that ask to count


class Dialogue:
    def __init__(self, random, mix: Mix):
        self.random, self.mix = random, mix
        self.messages: list[dict] = []
        self.tools: list[dict] | None = None
        self.kinds: set[str] = set()
        self.name: str | None = None
        self.last: fact_file.Fact | None = None
        self.more_told = False

    def say(self, question, answer):
        if self.mix.proper_i > 0 and self.random.random() < self.mix.proper_i:
            question = re.sub(r"\bi\b", "I", question)
        self.messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]

    def add_fact(self):
        fact = self.random.choice(FACTS)
        if NEEDS_TOOL.get(fact.name) in self.kinds:
            return
        self.say(fact.question(self.random), fact.say)
        self.last, self.more_told = fact, False

    def add_first(self):
        if self.random.random() < FIRST_COUNTS:
            question, answer = skills.count_plain(self.random)
            self.say(phrasing.plain(question, self.random), answer)
            self.last = None
            return
        first = self.random.choices(FIRST_WAYS, FIRST_WEIGHTS)[0]
        fact, question = BY_NAME[first.name], phrasing.expand(self.random.choice(first.asks), self.random)
        if NEEDS_TOOL.get(fact.name) in self.kinds or fact_file.bare(question) in fact.kept_back:
            return
        self.say(phrasing.plain(question, self.random), fact.say)
        self.last, self.more_told = fact, False

    def add_more(self):
        """After a fact its second part comes, once; after that, or after anything else, there is no more."""
        question = phrasing.vary(phrasing.way("more", self.random), self.random)
        if not self.messages:
            self.say(question, MORE_OF_WHAT)
        elif self.last and self.last.more and not self.more_told:
            self.say(question, self.last.more)
            self.more_told = True
        else:
            self.say(question, NO_MORE)

    def add_again(self):
        if self.messages and len(self.messages[-1]["content"] or "") < 250:
            self.say(
                phrasing.vary(phrasing.way("again", self.random), self.random), self.messages[-1]["content"]
            )

    def add_skill(self):
        question, answer = skills.exchange(self.random, self.mix.skill_weights)
        if "sum" in self.kinds and answer[:1].isdigit() or "sum" in self.kinds and answer == skills.TOO_LARGE:
            return
        self.say(question, answer)
        self.last = None

    def add_name(self):
        if self.name is None and self.random.random() < 0.7:
            question, answer, self.name = skills.name_told(self.random)
        else:
            question, answer = skills.name_asked(self.random, self.name)
        self.say(phrasing.surround(question, self.random), answer)
        self.last = None

    def add_missing_tool(self):
        """Asked for what only a tool could know, without that tool."""
        kind = self.random.choice([tool_file.Weather, tool_file.Clock])
        if kind.kind not in self.kinds:
            self.say(kind(self.random).use().question, tool_file.NO_TOOL[kind.kind])
            self.last = None

    def add_use(self, tool):
        use = tool.use()
        if self.random.random() < 0.06:
            use = tool_file.failed(use, self.random)
        calls = [
            {"type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in use.calls[: len(use.results)]
        ]
        self.messages += [
            {"role": "user", "content": use.question},
            {"role": "assistant", "content": "", "tool_calls": calls},
        ]
        self.messages += [{"role": "tool", "content": result} for result in use.results]
        self.messages.append({"role": "assistant", "content": use.answer})
        self.last = None

    def add_turn(self):
        if self.mix.first > 0 and self.random.random() < self.mix.first:
            self.add_first()
            return
        adders = [
            self.add_fact,
            self.add_skill,
            self.add_name,
            self.add_more,
            self.add_again,
            self.add_missing_tool,
        ]
        more = 3 if self.last is None else 20 if self.last.more and not self.more_told else 6
        self.random.choices(adders, [self.mix.fact, self.mix.skill, self.mix.name, more, 1.5, 2.5])[0]()


def plain_dialogue(random, mix: Mix) -> Dialogue:
    dialogue = Dialogue(random, mix)
    turns = random.choices([1, 2, 3, 4, 6, 10, 20], [40, 22, 14, 10, 8, 5, 1])[0]
    while len(dialogue.messages) < 2 * turns:
        dialogue.add_turn()
    return dialogue


def tool_dialogue(random, mix: Mix) -> Dialogue:
    dialogue = Dialogue(random, mix)
    box = tool_file.toolbox(random)
    dialogue.tools = [tool.definition for tool in box]
    dialogue.kinds = {tool.kind for tool in box}
    for _ in range(random.choices([1, 2, 3, 5], [20, 30, 30, 20])[0]):
        if random.random() < 0.7:
            dialogue.add_use(random.choice(box))
        else:
            dialogue.add_turn()
    return dialogue if dialogue.messages else tool_dialogue(random, mix)


def conversation(random, mix: Mix = EVEN) -> tuple[list[dict], list[dict] | None]:
    """One training conversation: its messages, system prompt included, and its tools."""
    dialogue = tool_dialogue(random, mix) if random.random() < TOOL_SHARE else plain_dialogue(random, mix)
    system = prompts.drawn(random, mix.short_prompt, SENTENCES)
    messages = [{"role": "system", "content": system}] if system else []
    return messages + dialogue.messages, dialogue.tools


def document(random) -> str:
    """Plain text without chat framing, for the completions API: "A lane is" should go on sensibly."""
    chosen = random.sample([fact for fact in FACTS if len(fact.say) < 400], random.randrange(1, 5))
    return "\n".join(fact.say for fact in chosen)
