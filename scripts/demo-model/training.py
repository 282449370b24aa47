"""Trains the demo model. `./train` calls this; run it alone only to try something.

Deterministic for a seed, a thread count, the versions in requirements.txt and one kind of CPU.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import batches
import dialogues
import vocabulary
from model import DemoModel, Shape

IGNORED = -100


@dataclass(frozen=True)
class Phase:
    """A stretch of training on one mix of questions, from the averaged weights of the one before."""

    steps: int
    rate: float
    mix: dialogues.Mix


PHASES = [
    Phase(3000, 2.5e-3, dialogues.EVEN),
    Phase(2000, 1.5e-3, dialogues.WEAK_SPOTS),
    Phase(900, 1.2e-3, dialogues.LAST_GAPS),
]


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="where the tokenizer, weights and log go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--budget", type=int, default=2048, help="ids in a batch: small ones teach more per second"
    )
    parser.add_argument("--share", type=float, default=1.0, help="part of the steps to do, for a quick look")
    parser.add_argument(
        "--from-phase",
        type=int,
        default=0,
        help="go on with the weights that the phase before it left in --work",
    )
    return parser.parse_args()


def optimizers(model: DemoModel, rate: float):
    """Muon for the matrices, which learns twice as fast here as AdamW; AdamW for embedding and norms."""
    matrices = [
        weight for name, weight in model.named_parameters() if weight.dim() == 2 and "embed" not in name
    ]
    others = [weight for name, weight in model.named_parameters() if weight.dim() == 1 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def share_of_rate(step: int, steps: int) -> float:
    """Up over 60 steps, then down in a straight line: a model this small has no time for a plateau."""
    return min((step + 1) / 60, (steps - step) / (steps - 60))


def loss_of(model: DemoModel, ids, marks):
    """Mean over what the assistant says. Matrices run in bfloat16: twice the speed on a CPU that has it."""
    targets = torch.where(marks, ids, IGNORED).roll(-1, dims=1)
    targets[:, -1] = IGNORED
    chosen = (targets != IGNORED).flatten().nonzero()[:, 0]
    spare = (
        (targets == IGNORED).flatten().nonzero()[: -len(chosen) % 256, 0]
    )  # fills up to a common shape, see batches.width_for
    chosen = torch.cat([chosen, spare])
    with torch.autocast("cpu", torch.bfloat16):
        logits = model.logits(model.hidden(ids).flatten(0, 1)[chosen])
    return F.cross_entropy(logits.float(), targets.flatten()[chosen], ignore_index=IGNORED)


class Report:
    """A line in the log and a checkpoint now and then, so that a long run can be looked at."""

    def __init__(self, work: Path, number: int, steps: int):
        self.work, self.number, self.steps = work, number, steps
        self.started, self.seen, self.smooth = time.time(), 0, None
        self.log = (work / f"log-{number}.jsonl").open("w")

    def __call__(self, step: int, loss: float, count: int, model: DemoModel):
        self.seen += count
        self.smooth = loss if self.smooth is None else 0.95 * self.smooth + 0.05 * loss
        if step % 20 == 0 or step == self.steps:
            record = {
                "phase": self.number,
                "step": step,
                "loss": round(self.smooth, 4),
                "ids": self.seen,
                "seconds": round(time.time() - self.started),
            }
            print(json.dumps(record), file=self.log, flush=True)
            print(record, flush=True)
        if step % 100 == 0 or step == self.steps:
            torch.save(model.state_dict(), self.work / f"phase-{self.number}.pt")


def run_phase(model: DemoModel, phase: Phase, stream, report: Report) -> dict:
    """The running average of the weights: it is calmer than any single step, and good long before the end."""
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.98))
    steppers = optimizers(model, phase.rate)
    for step in range(phase.steps):
        ids, marks = next(stream)
        for group in (group for stepper in steppers for group in stepper.param_groups):
            group["lr"] = phase.rate * share_of_rate(step, phase.steps)
        loss = loss_of(model, ids, marks)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        average.update_parameters(model)
        report(step + 1, loss.item(), ids.numel(), average.module)
    return average.module.state_dict()


def train(options):
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = vocabulary.build(options.seed)
    tokenizer.save(str(options.work / "tokenizer.json"))

    model = DemoModel(Shape(vocabulary=vocabulary.SIZE))
    if options.from_phase > 0:
        model.load_state_dict(torch.load(options.work / f"phase-{options.from_phase - 1}.pt"))
    for number, phase in list(enumerate(PHASES))[options.from_phase :]:
        phase = replace(phase, steps=max(61, round(phase.steps * options.share)))
        stream = batches.batches(tokenizer, options.seed + number, options.budget, phase.mix)
        model.load_state_dict(run_phase(model, phase, stream, Report(options.work, number, phase.steps)))
    torch.save(blended(options.work), options.work / "weights.pt")


def blended(work: Path) -> dict:
    """The mean of the last two phases: it keeps most of what either has learnt and the other forgotten."""
    former, latter = (
        torch.load(work / f"phase-{number}.pt") for number in (len(PHASES) - 2, len(PHASES) - 1)
    )
    return {name: (former[name] + latter[name]) / 2 for name in former}


if __name__ == "__main__":
    train(parse())
