"""How Celery and kombu are set stands in one place, where each setting has its reason."""

from kendi.servers import Addresses
from shared.card import all_cards
from shared.messaging.celery_settings import CELERY
from shared.messaging.wire import celery_app
from tests.shared.test_relay import settings_of


def test_an_application_is_set_in_no_other_place(addresses: Addresses) -> None:
    app = celery_app(settings_of("orders", addresses), all_cards())
    app.finalize()
    of_this_service = {"broker_url", "task_queues"}
    of_celery_itself = {"deprecated_settings"}
    assert set(app.conf.changes) - of_celery_itself == set(CELERY) | of_this_service
    assert {name: app.conf[name] for name in CELERY} == dict(CELERY)
