"""What is computed rather than remembered: counting, sums, order, repeating, names, and not knowing."""

import phrasing
import texts

WORDS = (
    "zero one two three four five six seven eight nine ten "
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
CAPITALS = {
    "France": "Paris",
    "Germany": "Berlin",
    "Italy": "Rome",
    "Spain": "Madrid",
    "England": "London",
    "Austria": "Vienna",
    "Japan": "Tokyo",
    "Portugal": "Lisbon",
    "Greece": "Athens",
    "Poland": "Warsaw",
    "Sweden": "Stockholm",
    "Ireland": "Dublin",
    "Denmark": "Copenhagen",
    "Finland": "Helsinki",
    "Hungary": "Budapest",
    "the Netherlands": "Amsterdam",
}
STEPS = [
    ("twos", 2, 10), ("twos", 2, 20), ("fives", 5, 25), ("fives", 5, 50), ("tens", 10, 50), ("tens", 10, 100),
]  # fmt: skip
SUMS = [
    "{a} {s} {b}",
    "{a}{s}{b}",
    "{a} {w} {b}",
    "{a} {w} {b}",
    "{a} {s} {b} =",
    "the result of {a} {w} {b}",
]
UNKNOWN = (
    "I do not know that: I am a very small demo model. "
    "Ask me about Millrace, for example lanes, credit, or how to add a worker."
)
NO_NAME = "You have not told me your name."
TOO_LARGE = "That is too large for me: I can only work with small numbers, up to ten."


def spelled(number: int, random) -> str:
    return WORDS[number] if number <= 20 and random.random() < 0.25 else str(number)


def counted(numbers) -> str:
    return ", ".join(str(number) for number in numbers) + "."


def count_up(random):
    if random.random() < 0.65:
        last = random.choice([random.randrange(2, 21), random.randrange(2, 21), 10, 5, 20, 30, 50, 100])
        return phrasing.way("count-to", random).format(spelled(last, random)), counted(range(1, last + 1))
    first = random.randrange(0, 20)
    last = first + random.randrange(1, 11)
    question = phrasing.way("count-from", random).format(spelled(first, random), spelled(last, random))
    return question, counted(range(first, last + 1))


def count_down(random):
    first = random.choice([random.randrange(2, 13), random.randrange(2, 21), 10, 5, 3])
    return phrasing.way("count-down", random).format(spelled(first, random)), counted(range(first, 0, -1))


def count_stretch(first: int, last: int, random):
    """Up or down, as the two numbers demand."""
    name, step = ("plain-count-up", 1) if first <= last else ("plain-count-back", -1)
    question = phrasing.way(name, random).format(spelled(first, random), spelled(last, random))
    return question, counted(range(first, last + step, step))


def count_between(random):
    return count_stretch(random.randrange(1, 21), random.randrange(1, 21), random)


def count_plain(random):
    """Every number up to twenty as often as any other: what has to be learnt is where to stop."""
    draw, last = random.random(), random.randrange(1, 21)
    if draw < 0.55:
        question = phrasing.way("plain-count-to", random).format(spelled(last, random))
        return question, counted(range(1, last + 1))
    first = random.randrange(1, 21)
    if draw < 0.8:
        return count_stretch(first, last, random)
    question = phrasing.way("plain-count-down", random).format(spelled(first, random))
    return question, counted(range(first, 0, -1))


def count_words(random):
    last = random.randrange(2, 13)
    question = phrasing.way("count-words", random).format(spelled(last, random))
    return question, ", ".join(WORDS[1 : last + 1]) + "."


def count_steps(random):
    name, step, last = random.choice(STEPS)
    question = phrasing.way("count-steps", random).format(n=name, s=step, b=last)
    return question, counted(range(step, last + 1, step))


def sum_text(a, sign, b, random):
    spoken = {"+": "plus", "-": "minus", "*": "times"}[sign]
    pattern = texts.WAYS["sum"][0] + " " + random.choice(SUMS)
    asked = phrasing.expand(pattern, random)
    return asked.format(a=spelled(a, random), b=spelled(b, random), s=sign, w=spoken)


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
    a, sign, b = random.randrange(101, 9999), random.choice("+-*"), random.randrange(101, 9999)
    return sum_text(a, sign, b, random), TOO_LARGE


def order(random):
    row = random.choice([DAYS, MONTHS, [str(n) for n in range(1, 21)]])
    at = random.randrange(0, len(row) - 1)
    before, after = row[at], row[at + 1]
    if random.random() < 0.65:
        return phrasing.way("order-after", random).format(before), f"{after} comes after {before}."
    return phrasing.way("order-before", random).format(after), f"{before} comes before {after}."


def larger(random):
    a, b = random.sample(range(0, 11), 2)
    return phrasing.way("larger", random).format(a, b), f"{max(a, b)} is larger than {min(a, b)}."


def capital(random):
    country = random.choice(list(CAPITALS))
    question = phrasing.way("capital", random).format(country)
    return question, f"{CAPITALS[country]} is the capital of {country}."


def repeat(random):
    """Says one or two known words back."""
    text = " ".join(random.choice(texts.LISTS["echoes"]) for _ in range(random.choice([1, 1, 2])))
    return phrasing.way("repeat", random).replace("{}", text), text


def unknown(random):
    draw = random.random()
    if draw < 0.12:
        person = random.choice(texts.LISTS["people"])
        return phrasing.way("person", random).format(person), UNKNOWN
    if draw < 0.27:
        task = random.choice(texts.LISTS["tasks"])
        return phrasing.way("task", random).format(task), UNKNOWN
    if draw < 0.34:
        return " ".join(phrasing.invented_word(random) for _ in range(random.randrange(1, 4))), UNKNOWN
    noun = random.choice(texts.LISTS["nouns"])
    if draw < 0.6:
        noun = random.choice(["", "", "a ", "the ", "an "]) + phrasing.invented_word(random)
        noun = noun.title() if random.random() < 0.3 else noun
    return phrasing.way("noun", random).format(noun), UNKNOWN


def name_told(random):
    name = random.choice(texts.LISTS["names"])
    return phrasing.way("name-told", random).format(name), f"Nice to meet you, {name}!", name


def name_asked(random, name):
    return phrasing.way("name-asked", random), f"Your name is {name}." if name else NO_NAME


# (weight, maker, may the question be mistyped): what is copied or computed must stay readable.
SKILLS = [
    (4, count_up, False),
    (2.5, count_down, False),
    (1, count_words, False),
    (0.7, count_steps, False),
    (4, sums, False),
    (0.5, large_sums, False),
    (1.5, order, False),
    (1, larger, False),
    (1.5, capital, False),
    (2, repeat, None),
    (12, unknown, True),
    (0, count_plain, False),
    (0, count_between, False),
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
