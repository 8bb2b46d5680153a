"""Whether a random history of the rules notices that one of them is broken."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

Breaking = Callable[[pytest.MonkeyPatch], None]


def finds_out(
    machine: type[RuleBasedStateMachine], breaking: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine must fail under a rule that is broken; the failure need not be made small."""
    breaking(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine, settings=settings(machine.TestCase.settings, phases=[Phase.generate])
        )
