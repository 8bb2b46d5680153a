"""Whether a random history of the rules notices that one of them is broken."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

Breaking = Callable[[pytest.MonkeyPatch], None]


def finds_out(
    machine: type[RuleBasedStateMachine], breaking: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine must fail under a rule that is broken; the failure need not be made small.

    Which histories are tried changes with the code, and the first that fails ends it: so there may be many.
    """
    breaking(monkeypatch)
    usual = machine.TestCase.settings
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine, settings=settings(usual, phases=[Phase.generate], max_examples=20 * usual.max_examples)
        )
