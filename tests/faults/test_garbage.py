"""What is no message of ours ends no worker, and an operator finds it."""

from collections.abc import Iterator

import pytest

from kendi.faults.ground import Ground
from kendi.faults.kinds.messages import GARBAGE, _almost_messages
from tests.awaiting import until

pytestmark = pytest.mark.flow

PARKED = "SELECT count(*) FROM parked_message"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    data, kinds = tmp_path_factory.mktemp("ground"), ("web", "worker", "relay")
    with Ground(data, free_ports=True, fsync=False, kinds=kinds, say=lambda _: None) as running:
        yield running


@pytest.mark.parametrize("task", ["receive", "receipt"])
def test_a_worker_outlives_all_that_lies_on_its_queues(ground: Ground, task: str) -> None:
    queue = f"logistics.{task}"
    pids = [child.process.pid for child in ground.alive("worker", "logistics") if child.process]
    garbage = [*GARBAGE, *_almost_messages(queue, f"kendi.{task}")]
    before = ground.one("logistics", PARKED)
    with ground.broker() as broker:
        broker.lpush(queue, *garbage)
    until(lambda: ground.one("logistics", PARKED) == before + len(garbage))
    assert [child.process.pid for child in ground.alive("worker", "logistics") if child.process] == pids
