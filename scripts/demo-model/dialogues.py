"""Puts questions and answers together into conversations, with and without system prompts and tools."""

from dataclasses import dataclass

import facts as fact_file
import phrasing
import skills
import tools as tool_file

FACTS = fact_file.load()
BY_NAME = {fact.name: fact for fact in FACTS}
SENTENCES = sorted({sentence.strip() + "." for fact in FACTS for sentence in fact.say.split(". ") if 20 < len(sentence) < 90 and "\n" not in sentence and not sentence.endswith(".")})
tool_file.Search.sentences = SENTENCES[::4]  # a few, to be known by heart: a model this small copies badly
TOOL_SHARE = 0.16
NEEDS_TOOL = {"weather-no-tool": "weather", "time-no-tool": "time"}

MORE = "(tell me more|more|go on|more details|elaborate|continue|please continue|say more|can you say more|explain more|more please|and|what else|give me more details|tell me more about it|tell me more about that|expand on that|details)"
NO_MORE = "That is all I know about it: I am only a small demo model."
MORE_OF_WHAT = "More about what? Ask me about lanes, credit, leases, workers, or how to start Millrace."
AGAIN = "(say that again|repeat that|again|again please|can you repeat that|what did you say|repeat your answer|once more|come again)"

HELPFUL = [
    "You are a helpful assistant.", "You are a helpful assistant", "you are a helpful assistant.", "You are a helpful AI assistant.", "You are an assistant.",
    "You are a helpful, respectful and honest assistant.", "You are a concise assistant.", "Answer briefly.", "Be concise.", "You are a friendly bot.",
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.", "You are a test assistant.", "You are terse.", "Be brief.",
    "You are a customer support agent.", "You are a helpful assistant. Answer in one sentence.", "Answer the user's questions.", "You are a bot.",
    "You are ChatGPT, a large language model.", "You are Claude.", "You are a pirate.", "You answer questions about Millrace.",
]


def system_prompt(random) -> str | None:
    """Most requests have none or a short one; fleets send long ones, which must not disturb the answer."""
    draw = random.random()
    if draw < 0.5:
        return None
    if draw < 0.9:
        return random.choice(HELPFUL)
    count = random.choice([2, 4, 8, 16] if draw > 0.96 else [1, 2])
    words = lambda: " ".join(random.choice(random.choice(skills.UNKNOWN_LISTS["nouns"]).split()) for _ in range(random.randrange(4, 10)))
    parts = [random.choice([random.choice(SENTENCES), random.choice(HELPFUL), f"Rule {random.randrange(1, 99)}: {words()}."]) for _ in range(count)]
    return " ".join(parts)


@dataclass(frozen=True)
class Mix:
    """How often what is asked."""

    fact: float = 60
    skill: float = 28
    name: float = 4
    favoured: float = 0  # share of the facts that is drawn from FAVOURITES
    skill_weights: tuple[float, ...] = tuple(skills.WEIGHTS)


# What people try first, and must not go wrong.
FAVOURITES = [BY_NAME[name] for name in "hello hello hello who-are-you what-can-you-do how-are-you thanks bye test millrace lane credit worker coordinator edge start add-worker curl priority worker-dies joke story".split()]
EVEN = Mix()
# After the facts sit, what is computed needs more room: where to stop counting, sums, order, words to say back, names.
WEAK_SPOTS = Mix(fact=45, skill=45, name=9, favoured=0.3, skill_weights=(11, 3, 4, 1, 8, 0.5, 4, 1, 1, 5, 9))


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
        self.messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]

    def add_fact(self):
        favoured = self.mix.favoured > 0 and self.random.random() < self.mix.favoured
        fact = self.random.choice(FAVOURITES if favoured else FACTS)
        if NEEDS_TOOL.get(fact.name) in self.kinds:
            return
        self.say(fact.question(self.random), fact.say)
        self.last, self.more_told = fact, False

    def add_more(self):
        """"Tell me more" means the fact before it, once; after that, or after anything else, there is no more."""
        question = phrasing.vary(phrasing.expand(MORE, self.random), self.random)
        if not self.messages:
            self.say(question, MORE_OF_WHAT)
        elif self.last and self.last.more and not self.more_told:
            self.say(question, self.last.more)
            self.more_told = True
        else:
            self.say(question, NO_MORE)

    def add_again(self):
        if self.messages and len(self.messages[-1]["content"] or "") < 250:
            self.say(phrasing.vary(phrasing.expand(AGAIN, self.random), self.random), self.messages[-1]["content"])

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
        calls = [{"type": "function", "function": {"name": name, "arguments": arguments}} for name, arguments in use.calls[: len(use.results)]]
        self.messages += [{"role": "user", "content": use.question}, {"role": "assistant", "content": "", "tool_calls": calls}]
        self.messages += [{"role": "tool", "content": result} for result in use.results]
        self.messages.append({"role": "assistant", "content": use.answer})
        self.last = None

    def add_turn(self):
        adders = [self.add_fact, self.add_skill, self.add_name, self.add_more, self.add_again, self.add_missing_tool]
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
    system = system_prompt(random)
    messages = [{"role": "system", "content": system}] if system else []
    return messages + dialogue.messages, dialogue.tools


def document(random) -> str:
    """Plain text without chat framing, for the completions API: "A lane is" should go on sensibly."""
    chosen = random.sample([fact for fact in FACTS if len(fact.say) < 400], random.randrange(1, 5))
    return "\n".join(fact.say for fact in chosen)
