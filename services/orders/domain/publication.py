"""Publishing policies: each version is kept for ever, and a change is a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.orders.domain.destination_policy import name_of
from shared.refusal import Refused


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a policy as it was, or is to be, published; ``withdrawn`` ones count no more."""

    id: str
    version: int
    row: Mapping[str, Any]
    withdrawn: bool = False

    @property
    def name(self) -> str:
        return name_of(self.id, self.version)

    def adds_to(self, earlier: "Version") -> bool:
        """Whether it says the same and something more, as where an earlier release read less of the file."""
        return all(self.row.get(name) == value for name, value in earlier.row.items())


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What publishing changes: versions that are new, rows told in full, and versions that end."""

    new: list[Version] = field(default_factory=list)
    completed: list[Version] = field(default_factory=list)
    ended: list[Version] = field(default_factory=list)

    @property
    def changed(self) -> list[Version]:
        return [*self.new, *self.completed, *self.ended]


def published(known: Sequence[Version], offered: Sequence[Version]) -> Publication:
    """What changes when the offered versions are all that counts; refused where history would be rewritten."""
    earlier = {each.name: each for each in known}
    changes = Publication()
    for each in offered:
        found = earlier.get(each.name)
        if found is None:
            _need_newest(each, known)
            changes.new.append(each)
        elif found.withdrawn:
            raise Refused(
                "{name} was withdrawn; to have it again, give it version {next}.",
                field="version",
                name=each.name,
                next=_newest(each.id, known) + 1,
            )
        elif not each.adds_to(found):
            raise Refused(
                "{name} was published with another {what}; a change takes version {next}.",
                field="version",
                name=each.name,
                what=", ".join(
                    sorted(name for name, value in found.row.items() if each.row.get(name) != value)
                ),
                next=_newest(each.id, known) + 1,
            )
        elif dict(each.row) != dict(found.row):
            changes.completed.append(each)
    still = {each.name for each in offered}
    changes.ended.extend(each for each in known if not each.withdrawn and each.name not in still)
    return changes


def _need_newest(each: Version, known: Sequence[Version]) -> None:
    newest = _newest(each.id, known)
    if each.version < newest:
        raise Refused(
            "{id} goes back from version {newest} to {version}; give it version {next}.",
            field="version",
            id=each.id,
            newest=newest,
            version=each.version,
            next=newest + 1,
        )


def _newest(id: str, known: Sequence[Version]) -> int:
    return max((each.version for each in known if each.id == id), default=0)
