"""What the orders service does by itself: none of it is left out, and none does another's work."""

from services.orders import imports, tasks, webhooks
from services.orders.handlers import forgetting
from services.orders.webhooks import keeping
from shared.web import purging


def test_each_job_looks_for_its_own_rows_and_works_them_off() -> None:
    assert {job.name: (job.is_due, job.run) for job in tasks.JOBS} == {
        "imports": (imports.is_due, tasks.work_off_imports),
        "forgetting": (forgetting.is_due, tasks.forget_old),
        "webhooks": (webhooks.is_due, webhooks.deliver_due),
        "rescreening": (tasks.has_due_rescreening, tasks.screen_again),
        "clearances": (tasks.has_lapsed_clearance, tasks.renew_lapsed_clearances),
        "run_out": (tasks.has_release_to_look_at, tasks.end_run_out),
        "decisions": (tasks.has_due_decision, tasks.let_decisions_pass),
        "webhook-log": (keeping.is_due, keeping.forget),
        "purge": (purging.is_due, purging.purge),
    }
