"""Cartons that were not there when the others were discharged: which are missing still, and with what each arrives."""

from collections.abc import Iterable
from datetime import datetime

from services.logistics.domain.milestones import DELIVERED, SHORT_LANDED, Graph, Reached, troubles


def short(reached: Iterable[Reached], graph: Graph) -> list[str]:
    """The cartons that were reported as short-landed and are not there yet; none where nobody named them."""
    return sorted({sscc for each in _short_landings(reached, graph) for sscc in each.ssccs})


def no_longer_short(report: Reached, reached: Iterable[Reached], graph: Graph) -> list[str]:
    """The cartons that are there by this report; none where it is no such report, or some were short without a name."""
    landings = _short_landings(_before(report, reached), graph)
    if not landings or report.code not in _found_by(graph):
        return []
    return short(landings, graph) if all(each.ssccs for each in landings) else []


def missing_at(delivered: datetime, reached: Iterable[Reached], graph: Graph) -> list[str]:
    """The cartons that a delivery was without: those that were not found by then, also where it was learnt later."""
    told = list(reached)
    since = _found_last([each for each in told if each.occurred_at <= delivered], graph)
    return sorted({sscc for each in _since(since, told) for sscc in each.ssccs})


def arrived_after(report: Reached, reached: Iterable[Reached], graph: Graph) -> list[str]:
    """The cartons that were found by this report once the others had been delivered."""
    before = _before(report, reached)
    if report.code not in _found_by(graph) or not _delivered_before(report, before):
        return []
    return short(before, graph)


def known_at(moment: datetime, reports: Iterable[Reached]) -> list[Reached]:
    """What was reported and held, as far as it was known then."""
    return [
        each
        for each in reports
        if each.recorded_at <= moment and (each.correction is None or each.correction.declared_at > moment)
    ]


def _before(report: Reached, reached: Iterable[Reached]) -> list[Reached]:
    return [each for each in reached if each is not report and each.occurred_at <= report.occurred_at]


def _delivered_before(report: Reached, before: Iterable[Reached]) -> bool:
    return any(each.code == DELIVERED and each.occurred_at < report.occurred_at for each in before)


def _short_landings(reached: Iterable[Reached], graph: Graph) -> list[Reached]:
    """The reports of cartons that are not there yet."""
    found = list(reached)
    if SHORT_LANDED not in {each.code for each in troubles(found, graph)}:
        return []
    return _since(_found_last(found, graph), found)


def _found_by(graph: Graph) -> tuple[str, ...]:
    return graph[SHORT_LANDED].ended_by if SHORT_LANDED in graph else ()


def _found_last(reached: Iterable[Reached], graph: Graph) -> datetime | None:
    ended = [each.occurred_at for each in reached if each.code in _found_by(graph)]
    return max(ended, default=None)


def _since(found: datetime | None, reached: Iterable[Reached]) -> list[Reached]:
    return [
        each for each in reached if each.code == SHORT_LANDED and (found is None or each.occurred_at > found)
    ]
