"""``kendi purge``: erase what was kept long enough, and report what went, what stays and why."""

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import click

from kendi.cli.options import JSON, SERVICES
from kendi.operating.mending import operator
from kendi.operating.options import DATA
from kendi.operating.places import NotReached, Place, places
from services.production import formers
from services.production.domain.anonymity import LEAST, told
from services.production.domain.erasure import STOPS
from shared import reference
from shared.clock import WIB, business_now, business_today
from shared.purging import Done, Eraser, Plan
from shared.refusal import Refused
from shared.retention import JOB, KEEP, KINDS, NOBODY, Asked, RetentionRule

REASONS: Mapping[str, str] = {
    **STOPS,
    "not_old_enough": "not old enough",
    "still_here": "still here",
    "order_open": "the order is not finished",
    "unpaid": "the order is not paid in full",
    "under_way": "the shipment is under way",
}


@dataclass
class Task:
    """A rule that is carried out by us, where, and what came of it."""

    rule: RetentionRule
    place: Place
    eraser: Eraser
    asked: Asked
    plan: Plan
    done: list[Done] = field(default_factory=list)

    def carry_out(self) -> None:
        """A step in each transaction, so that whoever interrupts loses none that was done."""
        for batch in self.plan.batches:
            with self.place.writing() as session:
                self.done.append(self.eraser.step(session, self.asked, batch))


@click.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="as of this day (today)")
@click.option("--dry-run", is_flag=True, help="only say what is due; erase nothing")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=reference.FOLDER / "retention.yaml",
    help="file of rules (the one that comes with the code)",
)
@DATA
@JSON
def purge(on: datetime | None, dry_run: bool, rules: Path, data: Path, as_json: bool) -> None:
    """Erase what was kept about people for as long as the rules say, and report what went, what stays and why.

    Safe to interrupt and to repeat: each step is whole, and is noted in the database that it was done in.
    A day to come is for --dry-run only. Reads the databases of `kendi up` in --data, or those of the settings.

    Example: kendi purge --dry-run --on 2031-01-01
    """
    found = reference.retention_rules_in(rules)
    with places(data) as reached:
        there = _all(reached)
        day = _day(there["production"], on and on.date(), dry_run=dry_run)
        tasks = list(_tasks(there, found, day))
        if not dry_run:
            for task in tasks:
                task.carry_out()
        sums, few = _sums(there["production"], tasks)
    by_kind = {task.rule.kind: task for task in tasks}
    answer = {
        "on": day,
        "dry_run": dry_run,
        "rules": [_told(rule, by_kind.get(rule.kind), day, dry_run=dry_run) for rule in found],
        "premi": sums,
        "premi_not_told": few,
    }
    click.echo(json.dumps(answer, default=str) if as_json else "\n".join(_spoken(answer)))


def _all(reached: Sequence[Place]) -> dict[str, Place]:
    """Every service: half of a purge would look like a whole one."""
    there = {place.name: place for place in reached}
    for service in SERVICES:
        if service not in there:
            raise NotReached(f"{service}: KENDI_{service.upper()}_DATABASE_URL is not set")
    return there


def _day(production: Place, on: date | None, *, dry_run: bool) -> date:
    with production.reading() as session:
        today = business_today(session)
    if on is not None and on > today and not dry_run:
        raise Refused("{on} is still to come: give --dry-run to see what will be due.", on=on)
    return on or today


def _tasks(there: Mapping[str, Place], rules: Iterable[RetentionRule], on: date) -> Iterator[Task]:
    """What is due by the rules in force, all of it planned before anything is erased."""
    in_force = {rule.kind: rule for rule in rules if rule.kept_for and rule.holds_on(on)}
    for service, place in there.items():
        erasers = importlib.import_module(f"services.{service}.handlers.erasing").ERASERS
        for kind, eraser in erasers.items():
            if kind in in_force:
                with place.reading() as session:
                    then = datetime.combine(on, time.min, WIB)  # of a day to come, as it will be then
                    now = max(business_now(session), then)
                    asked = Asked(in_force[kind], on, operator().name, now)
                    yield Task(in_force[kind], place, eraser, asked, eraser.plan(session, asked))


def _sums(production: Place, tasks: Iterable[Task]) -> tuple[list[dict[str, Any]], int]:
    steps = [
        done.step
        for task in tasks
        if task.place.name == "production"
        for done in task.done
        if done.step is not None
    ]
    with production.reading() as session:
        return formers.told_sums(formers.sums_of(session, steps))


def _told(rule: RetentionRule, task: Task | None, on: date, *, dry_run: bool) -> dict[str, Any]:
    """What is reported of a rule: nobody's code, and no count of fewer than five people."""
    fields = ("kind", "version", "then", "counted_from", "owner", "basis", "certainty", "why")
    about = {name: getattr(rule, name) for name in fields}
    about |= {"kept_for": rule.kept_for and str(rule.kept_for), "by": KINDS[rule.kind].by}
    if task is None:
        note = None if rule.holds_on(on) else f"not in force before {rule.valid_from}"
        return {**about, "before": None, "erased": 0, "aggregated": 0, "people": 0, "kept": {}, "note": note}
    plan, aggregates = task.plan, rule.then == "aggregate_and_erase"
    erased = plan.rows if dry_run else sum(done.erased for done in task.done)
    of_people = plan.people is not None
    people = (plan.people or 0) if dry_run else sum(done.people for done in task.done)
    kept = {why: told(count, count) if of_people else count for why, count in plan.kept.items()}
    return {
        **about,
        "before": task.asked.before,
        "erased": erased,
        "aggregated": erased if aggregates else 0,
        "people": told(people, people) if people else 0,
        "kept": kept,
        "note": None,
    }


def _spoken(answer: Mapping[str, Any]) -> Iterator[str]:
    went = "would be erased" if answer["dry_run"] else "erased"
    yield f"As of {answer['on']}:"
    for rule in answer["rules"]:
        yield f"- {rule['kind']}, version {rule['version']}: {_outcome(rule, went)}"
        for why, count in rule["kept"].items():
            yield f"    kept, {REASONS[why]}: {_count(count)}"
    if answer["premi"] or answer["premi_not_told"]:
        yield "Premi that the workers erased now had earned, in rupiah; more is kept, and not told:"
    for cell in answer["premi"]:
        where = f"{cell['facility']} {cell['month']:%Y-%m}, scheme {cell['scheme_id']}"
        yield f"    {where}: {-cell['idr']:,} of {cell['people']}"
    if answer["premi_not_told"]:
        yield f"    {answer['premi_not_told']} more are about fewer than {LEAST} people each, and are not told."
    if answer["dry_run"]:
        yield "Nothing was erased."


def _outcome(rule: Mapping[str, Any], went: str) -> str:
    if rule["note"]:
        return str(rule["note"])
    if rule["by"] == JOB:
        return f"erased by the services themselves, {rule['kept_for']} after {_moment(rule)}"
    if rule["by"] == NOBODY or rule["kept_for"] is None:
        return f"kept. {rule['why']}" if rule["then"] == KEEP else str(rule["why"])
    whom = f" of {_count(rule['people'])} workers" if rule["people"] != 0 else ""
    sums = ", their sums remain" if rule["aggregated"] else ""
    age = f"{rule['kept_for']} after {_moment(rule)} ({rule['basis']}; {rule['certainty']})"
    return f"{rule['erased']} {went}{whom}{sums}; kept for {age}"


def _moment(rule: Mapping[str, Any]) -> str:
    return str(rule["counted_from"]).replace("_", " ")


def _count(people: int | None) -> str:
    return f"fewer than {LEAST}" if people is None else str(people)
