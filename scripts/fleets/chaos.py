"""Runs a fleet under load and under fire, and tells whether any answer was lost, repeated or changed."""

import argparse
import asyncio
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

# Seconds: of the fleet's design, for streams that go on (the second: silence has to be noticed first).
GOALS = {
    "kill worker": 3.0,
    "long pause of worker": 6.0,
    "link edge - worker: cut": 6.0,
    "link edge - worker: hold": 6.0,
    "link edge - worker: hold-replies": 6.0,
    "link edge - worker: hold-requests": 6.0,
}
NEW_REQUEST_GOAL = 8.0
# What a running stream may notice of a coordinator that goes.
UNTOUCHED = 1.0


def options_of(words):
    parser = argparse.ArgumentParser(
        prog="scripts/chaos",
        description=__doc__,
        epilog="The exit code is 0 if every answer was right, nothing was left behind and goals were met.",
    )
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="about a minute; goals are told, not checked")
    parser.add_argument("--events", type=int, help="how many faults (1000; with --quick 25)")
    parser.add_argument("--rate", type=float, default=1.0, help="of those that overlap, so many a second (1)")
    parser.add_argument("--overlap", type=int, default=2, help="so many at the same time (2)")
    parser.add_argument("--seed", type=int, help="draws the same faults and the same requests (the time)")
    parser.add_argument("--edges", type=int, default=2)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--clients", type=int, help="with one request after the other (12; with --quick 8)")
    parser.add_argument("--locked", action="store_true", help="links with keys")
    parser.add_argument(
        "--quiet", type=float, help="seconds at the end without load (60; with --quick 15 at most)"
    )
    parser.add_argument("--json", type=pathlib.Path, help="a file for everything that was found")
    parser.add_argument("--directory", type=pathlib.Path, help="keeps logs and all files here")
    parser.add_argument("--verbose", action="store_true", help="tells every event")
    parser.add_argument("--silent", action="store_true", help="tells only the findings")
    options = parser.parse_args(words)
    options.events = options.events or (25 if options.quick else 1000)
    options.clients = options.clients or (8 if options.quick else 12)
    options.quiet = options.quiet or (15 if options.quick else 60)
    if options.seed is None:
        options.seed = int(time.time())
    return options


def main(words=None):
    options = options_of(words)
    # Known before anything that starts the program is imported.
    os.environ["MILLRACE_BINARY"] = os.path.abspath(options.binary)
    from fleet import Plan, free_block
    from run import Run

    folder = options.directory or pathlib.Path(tempfile.mkdtemp(prefix="millrace-chaos-"))
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        folder,
        edges=options.edges,
        workers=options.workers,
        links="keys" if options.locked else "tcp",
        base_port=free_block(),
    )
    run = Run(options, plan)
    run.say(f"seed {options.seed}: {options.events} events, {options.clients} clients, logs in {folder}")
    asyncio.run(run.go())
    findings = found(run)
    print(text(findings))
    if options.json:
        options.json.write_text(json.dumps(findings, indent=1) + "\n")
    if not options.directory and not findings["violations"]:
        shutil.rmtree(folder, ignore_errors=True)
    missed = [] if options.quick else findings["missed"]
    return 1 if findings["violations"] or missed else 0


def found(run):
    """Everything that a run showed, as JSON has it."""
    from run import summary

    crowd, vitals = run.crowd, run.vitals
    kinds = {}
    for event in run.events:
        kinds[event["kind"]] = kinds.get(event["kind"], 0) + 1
    recovery, missed = {}, []
    for kind, entry in sorted(run.recoveries().items()):
        waits, fresh = summary(entry["waits"]), summary(entry["new_requests"])
        recovery[kind] = {"streams": waits, "untouched": entry["untouched"], "new_requests": fresh}
        goal = GOALS.get(kind)
        if waits and goal and waits["p99"] > goal:
            missed.append(f"{kind}: p99 {waits['p99']} s, goal {goal} s")
        if fresh and kind == "kill coordinator" and fresh["p99"] > NEW_REQUEST_GOAL:
            missed.append(f"{kind}: new requests p99 {fresh['p99']} s, goal {NEW_REQUEST_GOAL} s")
        if waits and kind == "kill coordinator" and waits["p99"] > UNTOUCHED:
            missed.append(f"{kind}: running streams stood still for {waits['p99']} s")
    wrong = [violation["kind"] for violation in crowd.violations]
    pause, name, since = crowd.worst_pause
    return {
        "seed": run.options.seed,
        "edges": run.options.edges,
        "workers": run.options.workers,
        "clients": run.options.clients,
        "locked": run.options.locked,
        "seconds": round(run.seconds, 1),
        "events": len(run.events),
        "events_by_kind": kinds,
        "streams": {
            **{key.replace(" ", "_"): count for key, count in sorted(crowd.counts.items())},
            "answered": sum(crowd.answered.values()),
            "answered_by_case": dict(sorted(crowd.answered.items())),
            "tokens": crowd.tokens,
            "lost": wrong.count("lost"),
            "duplicated": wrong.count("duplicated"),
            "altered": wrong.count("altered"),
            "told": dict(crowd.said),
            "worst_pause": {"seconds": round(pause, 2), "case": name},
            "moved_to_another_edge": summary([first - cut for cut, first in crowd.moves]),
        },
        "jobs_lost_by_workers": int(vitals.total("millrace_jobs_lost_total")),
        "prefix_tokens_from_disk": int(vitals.total("millrace_prefix_disk_read_tokens_total")),
        "recovery": recovery,
        "missed": missed,
        "quiet": vitals.quiet,
        "peaks": {role: {"memory": peak[0], "descriptors": peak[1]} for role, peak in vitals.peaks.items()},
        "errors_in_logs": dict(vitals.complaints),
        "violations": crowd.violations,
        "every_event": run.events,
    }


def row(name, count, seen, paused, times, goal):
    cells = "".join(f"{time:>7}" for time in times)
    return f"{name:<42}{count:>6}{seen:>9}{paused:>8}{cells}{'' if goal is None else goal:>6}".rstrip()


def figures(waits):
    return [f"{waits[name]:.2f}" for name in ("p50", "p99", "max")] if waits else ["", "", ""]


def text(findings):
    from crowd import PAUSE

    streams = findings["streams"]
    lines = [
        "",
        f"{findings['events']} events in {findings['seconds']:.0f} s at {findings['edges']} edges, "
        f"{findings['workers']} workers, 1 coordinator; seed {findings['seed']}",
        "",
        row("what happened", "times", "streams", "paused", ["p50", "p99", "max"], "goal"),
    ]
    for kind, count in sorted(findings["events_by_kind"].items()):
        entry = findings["recovery"].get(kind, {})
        waits = entry.get("streams")
        paused = waits["count"] if waits else 0
        seen = entry.get("untouched", 0) + paused
        lines.append(row(kind, count, seen, paused, figures(waits), GOALS.get(kind)))
        if fresh := entry.get("new_requests"):
            goal = NEW_REQUEST_GOAL if kind == "kill coordinator" else None
            lines.append(row("  until a new request runs", "", "", fresh["count"], figures(fresh), goal))
    moved = streams["moved_to_another_edge"]
    pause = streams["worst_pause"]
    told = ", ".join(f"{what}: {count}" for what, count in streams["told"].items()) or "nothing"
    rest = [entry for name, entry in findings["quiet"].items() if name != "seconds_until_idle"]
    memory = max((entry["memory_after"] - entry["memory_before"] for entry in rest), default=0)
    descriptors = max((entry["descriptors_after"] - entry["descriptors_start"] for entry in rest), default=0)
    elsewhere = f", first words elsewhere after {moved['p50']} s, at most {moved['max']} s" if moved else ""
    lines += [
        "",
        "Seconds until a stream that paused went on, of faults that nothing else happened beside.",
        f"{streams['requests']} requests, {streams['attempts']} attempts, "
        f"{streams['answered']} whole answers, {streams['tokens']} tokens",
        f"lost {streams['lost']}, duplicated {streams['duplicated']}, altered {streams['altered']}",
        f"{streams.get('pauses', 0)} pauses over {PAUSE} s, the worst {pause['seconds']} s "
        f"({pause['case']}); {findings['jobs_lost_by_workers']} leases lost",
        f"{streams.get('cut_by_the_end_of_an_edge', 0)} cut by the end of an edge{elsewhere}",
        f"told in place of an answer: {told}",
        f"at rest after {findings['quiet'].get('seconds_until_idle')} s; memory then grows by at most "
        f"{memory / 1e6:.1f} MB, descriptors since the start by {descriptors}",
    ]
    lines += [f"GOAL MISSED: {line}" for line in findings["missed"]]
    lines += [f"WRONG, {entry['kind']}: {entry['detail']}" for entry in findings["violations"][:20]]
    lines.append("" if findings["violations"] else "every answer is exact, and nothing was left behind")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
