"""Asks the model questions, greedily, and counts the right answers.

Each line of the report is one kind of question: passed / asked. "exact" counts answers that are right to
the letter. What the kinds show, and what they do not, is in the README.
"""

import argparse
import collections
import random
from pathlib import Path

import torch

import cases
import newcomer
import template
from nearness import Trained
from shipped import Shipped


def answer_to(shipped: Shipped, case: cases.Case) -> str:
    ids = shipped.encode(template.render(case.messages, case.tools, add_generation_prompt=True))
    if case.exact and shipped.would_say(ids, case.exact):
        return case.exact
    return shipped.text(shipped.greedy(ids, 80))


class Score:
    """Passed, exact and asked of one kind, or of several together."""

    def __init__(self):
        self.passed, self.exact, self.asked = 0, 0, 0

    def add(self, passed: bool, exact: bool):
        self.passed += passed
        self.exact += exact
        self.asked += 1

    def line(self, name: str) -> str:
        share = 100 * self.passed / max(1, self.asked)
        return f"{name:20} {self.passed:4} / {self.asked:<4} {share:5.1f} %   exact {self.exact}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=99)
    parser.add_argument("--show", type=int, default=40, help="failures to print")
    parser.add_argument(
        "--only", default="", help="kinds to ask, by the beginning of their names, for example: first"
    )
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    source, trained, shipped = random.Random(options.seed), Trained(options.seed), Shipped(options.model)
    asked = [*newcomer.Newcomer(source).cases(), *cases.fresh_cases(trained), *cases.fact_cases(source)]
    asked += [*cases.skill_cases(source), *cases.tool_cases(source)]
    scores = collections.defaultdict(Score)
    for case in asked:
        if not case.kind.startswith(options.only):
            continue
        answer = answer_to(shipped, case)
        good = all(key in answer for key in case.keys) and not any(word in answer for word in case.never)
        group = "first five minutes" if case.kind.startswith("first ") else "everything else"
        for name in [case.kind, group]:
            scores[name].add(good, answer == case.exact)
        if not good and options.show > 0:
            options.show -= 1
            asked_last = [
                message["content"] for message in case.messages if message["role"] in ("system", "user")
            ]
            print(f"[{case.kind}] {asked_last!r}\n    wanted {case.keys}\n    got    {answer!r}")
    for name, score in sorted(
        scores.items(), key=lambda item: item[0] in ("first five minutes", "everything else")
    ):
        print(score.line(name))


if __name__ == "__main__":
    main()
