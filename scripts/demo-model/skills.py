"""What is computed rather than remembered: counting, sums, order, repeating, names, capitals, and not knowing."""

import phrasing
from facts import FOLDER

WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "England": "London", "Austria": "Vienna",
    "Japan": "Tokyo", "Portugal": "Lisbon", "Greece": "Athens", "Poland": "Warsaw", "Sweden": "Stockholm", "Ireland": "Dublin",
    "Denmark": "Copenhagen", "Finland": "Helsinki", "Hungary": "Budapest", "the Netherlands": "Amsterdam",
}
NAMES = "Anna Ben Clara David Emma Felix Grace Henry Jack Kate Leo Maria Nina Oscar Paul Sam Tom Alice Bob Carol Eve Frank John Julia Max Peter Sarah Tim Ada Alan".split()
ECHOES = "hello yes no maybe ok lane worker edge credit token stream job batch seed water mill wheel river apple bread cat dog sun moon tree house book red green blue one two three Monday Paris pong test done ready fast slow high normal low good morning thank you".split()
UNKNOWN = "I do not know that: I am a very small demo model. Ask me about Millrace, for example lanes, credit, or how to add a worker."
NO_NAME = "You have not told me your name."
TOO_LARGE = "That is too large for me: I can only work with small numbers, up to ten."


def read_unknown() -> dict[str, list[str]]:
    lists, kind = {}, ""
    for line in (FOLDER / "unknown.txt").read_text().splitlines():
        if line.startswith("["):
            kind = line.strip("[] ")
        elif line and not line.startswith("#"):
            lists[kind] = [item.strip() for item in line.split(",")]
    return lists


UNKNOWN_LISTS = read_unknown()


def spelled(number: int, random) -> str:
    return WORDS[number] if number <= 20 and random.random() < 0.25 else str(number)


def counted(numbers) -> str:
    return ", ".join(str(number) for number in numbers) + "."


def count_up(random):
    if random.random() < 0.65:
        last = random.choice([random.randrange(2, 21), random.randrange(2, 21), 10, 5, 20, 30, 50, 100])
        pattern = "(count to|count up to|can you count to|count from 1 to|count from one to|numbers to|the numbers from 1 to|please count to|count 1 to|list the numbers up to|say the numbers 1 to) {}"
        return phrasing.expand(pattern, random).format(spelled(last, random)), counted(range(1, last + 1))
    first = random.randrange(0, 20)
    last = first + random.randrange(1, 11)
    pattern = "(count from|can you count from|numbers from|list the numbers from|go from|please count from|count|print the numbers from) {} (to|up to|till|until) {}"
    return phrasing.expand(pattern, random).format(spelled(first, random), spelled(last, random)), counted(range(first, last + 1))


def count_down(random):
    first = random.choice([random.randrange(2, 13), random.randrange(2, 21), 10, 5, 3])
    pattern = "(count down from|countdown from|count backwards from|can you count down from|count back from|start a countdown from|count in reverse from) {}( to 1| to one|||)"
    return phrasing.expand(pattern, random).format(spelled(first, random)), counted(range(first, 0, -1))


def count_words(random):
    last = random.randrange(2, 13)
    pattern = "(count to {b} (in words|with words|as words|spelled out|written out)|in words(,|) count to {b}|(write|spell) the numbers 1 to {b} (in words|as words))"
    return phrasing.expand(pattern, random).format(b=spelled(last, random)), ", ".join(WORDS[1 : last + 1]) + "."


def count_steps(random):
    step, name, last = random.choice([(2, "twos", 10), (2, "twos", 20), (5, "fives", 25), (5, "fives", 50), (10, "tens", 50), (10, "tens", 100)])
    pattern = "(count by {n} to {b}|count to {b} by {n}|count in {n} to {b}|count in steps of {s} to {b}|count to {b} in steps of {s})"
    return phrasing.expand(pattern, random).format(n=name, s=step, b=last), counted(range(step, last + 1, step))


def sum_text(a, sign, b, random):
    spoken = {"+": "plus", "-": "minus", "*": "times"}[sign]
    pattern = "(what is|what's|whats|how much is|calculate|compute|solve|) " + random.choice(
        ["{a} {s} {b}", "{a}{s}{b}", "{a} {w} {b}", "{a} {w} {b}", "{a} {s} {b} =", "the result of {a} {w} {b}"]
    )
    return phrasing.expand(pattern, random).format(a=spelled(a, random), b=spelled(b, random), s=sign, w=spoken)


def sums(random):
    sign = random.choice("++-*")
    if sign == "+":
        a, b = random.randrange(0, 11), random.randrange(0, 11)
        return sum_text(a, sign, b, random), f"{a} + {b} = {a + b}."
    if sign == "-":
        a = random.randrange(0, 11)
        b = random.randrange(0, a + 1)
        return sum_text(a, sign, b, random), f"{a} - {b} = {a - b}."
    a, b = random.randrange(0, 6), random.randrange(0, 6)
    return sum_text(a, sign, b, random), f"{a} * {b} = {a * b}."


def large_sums(random):
    return sum_text(random.randrange(101, 9999), random.choice("+-*"), random.randrange(101, 9999), random), TOO_LARGE


def order(random):
    row = random.choice([DAYS, MONTHS, [str(n) for n in range(1, 21)]])
    at = random.randrange(0, len(row) - 1)
    if random.random() < 0.65:
        pattern = "(what comes after|what is after|what follows|which one comes after|what's next after|the next after) {}"
        return phrasing.expand(pattern, random).format(row[at]), f"{row[at + 1]} comes after {row[at]}."
    pattern = "(what comes before|what is before|which one comes before|what's before) {}"
    return phrasing.expand(pattern, random).format(row[at + 1]), f"{row[at]} comes before {row[at + 1]}."


def larger(random):
    a, b = random.sample(range(0, 11), 2)
    pattern = "(which is larger|which is bigger|what is larger|which number is larger|which one is bigger|what is more)(,|:|) {} or {}"
    return phrasing.expand(pattern, random).format(a, b), f"{max(a, b)} is larger than {min(a, b)}."


def capital(random):
    country = random.choice(list(CAPITALS))
    pattern = "(what is the capital of|what's the capital of|capital of|the capital of|tell me the capital of|which city is the capital of|name the capital of) {}"
    return phrasing.expand(pattern, random).format(country), f"{CAPITALS[country]} is the capital of {country}."


def repeat(random):
    """Says one or two known words back."""
    text = " ".join(random.choice(ECHOES) for _ in range(random.choice([1, 1, 2])))
    pattern = "(repeat after me:|repeat:|echo|echo:|say:|say exactly:|reply with|reply with exactly:|respond with|reply with the word|say the word|answer with only|please repeat:|just say|respond with exactly:|output:|print) {}"
    return phrasing.expand(pattern, random).replace("{}", text), text


NOUN_PATTERNS = [
    "(what is|what are|what's|whats|tell me about|explain|describe|define|what do you know about|how does|i want to know about|talk about) {}",
    "(who invented|when was the invention of|where does one find|where is|how old is|how many|what is the price of|what is the history of|what is the best|why do people like|how big is|how far is|what color is) {}",
    "(write an essay about|write a report on|write a letter about|give me a summary of|give me facts about|give me five tips about|compare cats and|what do you think about|your opinion on|which book about) {}",
    "(why is|why are|are|is) {} (important|expensive|dangerous|good|old|popular)",
    "(can you explain|could you tell me about|do you know) {}",
    "what is the (capital|population|currency|flag|president) of {}",
    "{}",
]


def unknown(random):
    draw = random.random()
    if draw < 0.12:
        person = random.choice(UNKNOWN_LISTS["people"])
        return phrasing.expand("(who is|who was|when was|tell me about|what did|where did) {} (born|do|live|)", random).format(person), UNKNOWN
    if draw < 0.27:
        task = random.choice(UNKNOWN_LISTS["tasks"])
        return phrasing.expand("(how do i|how can i|how to|how do you|teach me to|i want to|help me to|what is the best way to) {}", random).format(task), UNKNOWN
    if draw < 0.34:
        return " ".join(phrasing.invented_word(random) for _ in range(random.randrange(1, 4))), UNKNOWN
    noun = random.choice(UNKNOWN_LISTS["nouns"])
    if draw < 0.6:
        noun = random.choice(["", "", "a ", "the ", "an "]) + phrasing.invented_word(random)
        noun = noun.title() if random.random() < 0.3 else noun
    return phrasing.expand(random.choice(NOUN_PATTERNS), random).format(noun), UNKNOWN


def name_told(random):
    name = random.choice(NAMES)
    pattern = "(hi|hello|hey|) (my name is|i am|i'm|call me|you can call me|my name's|this is) {}"
    return phrasing.expand(pattern, random).format(name), f"Nice to meet you, {name}!", name


def name_asked(random, name):
    pattern = "(what is my name|what's my name|do you know my name|who am i|do you remember my name|tell me my name|say my name|my name)"
    return phrasing.expand(pattern, random), f"Your name is {name}." if name else NO_NAME


# (weight, maker, may the question be mistyped): what is copied or computed must stay readable.
SKILLS = [
    (4, count_up, False), (2.5, count_down, False), (1, count_words, False), (0.7, count_steps, False),
    (4, sums, False), (0.5, large_sums, False), (1.5, order, False), (1, larger, False),
    (1.5, capital, False), (2, repeat, None), (12, unknown, True),
]
WEIGHTS = [weight for weight, _, _ in SKILLS]


def exchange(random, weights=WEIGHTS) -> tuple[str, str]:
    """One question and its answer."""
    _, maker, mistypes = random.choices(SKILLS, weights)[0]
    question, answer = maker(random)
    if mistypes is None:
        return (question[:1].upper() + question[1:] if random.random() < 0.6 else question), answer
    if mistypes:
        return phrasing.vary(question, random), answer
    return phrasing.recase(phrasing.surround(question, random), random), answer
