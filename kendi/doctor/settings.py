"""Every setting with its value, secrets left out, and what is wrong with it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from kendi.doctor.surroundings import Surroundings
from shared import failpoints
from shared.settings import VARIABLES, BadSetting, Process, load

SECRETS = ((r"(://[^:@/]*:).*@", r"\1***@"), (r"(?i)([?&][a-z]*password=)[^&]*", r"\1***"))


@dataclass(frozen=True)
class Setting:
    """One variable; without a value what it takes is told, the default in brackets."""

    name: str
    value: str | None
    takes: str

    def __str__(self) -> str:
        return (
            f"{self.name} = {self.value}" if self.value is not None else f"{self.name} not set: {self.takes}"
        )


def settings(surroundings: Surroundings) -> list[Setting]:
    """Every variable that Kendi reads; those of one kind of process only where they are set."""
    return [
        Setting(name, _shown(name, surroundings.env.get(name)), takes)
        for pattern, takes in VARIABLES.items()
        for name in _names(pattern, surroundings.services)
        if "<PROCESS>" not in pattern or name in surroundings.env
    ]


def wrong_settings(surroundings: Surroundings) -> list[str]:
    """What would keep a process from starting, and variables that nothing reads."""
    known = {name for pattern in VARIABLES for name in _names(pattern, surroundings.services)} | {
        failpoints.VARIABLE
    }
    unknown = [
        f"{name} is set and nothing reads it; kendi doctor lists all names"
        for name in sorted(surroundings.env.keys() - known - {failpoints.VARIABLE})
    ]
    processes = [process for process in get_args(Process) if process != "migrate"]
    refused = {
        said
        for service in surroundings.services
        for process in processes
        for said in _refusal(service, process, surroundings.env)
    }
    return [*sorted(refused), *unknown, *_failpoints(surroundings.env)]


def _failpoints(env: Mapping[str, str]) -> Iterator[str]:
    folder = env.get(failpoints.VARIABLE)
    if folder:
        yield f"{failpoints.VARIABLE} is set: processes break, stop or kill themselves where a file in {folder} says so"


def _refusal(service: str, process: Process, env: Mapping[str, str]) -> Iterator[str]:
    try:
        load(service, process, env)
    except BadSetting as error:
        yield str(error)


def _names(pattern: str, services: Iterable[str]) -> list[str]:
    names = [pattern]
    if "<SERVICE>" in pattern:
        names = [pattern.replace("<SERVICE>", service.upper()) for service in services]
    if "<PROCESS>" in pattern:
        processes = [process.upper() for process in get_args(Process)]
        names = [name.replace("<PROCESS>", process) for name in names for process in processes]
    return names


def _shown(name: str, value: str | None) -> str | None:
    """The value without its secrets: of signing keys the ids, of an address all but the password."""
    if value is None:
        return None
    if "KEY" in name:
        return ",".join(
            f"{part.partition(':')[0]}:***" if ":" in part else "***" for part in value.split(",")
        )
    for pattern, instead in SECRETS:
        value = re.sub(pattern, instead, value)
    return value
