"""Apply History keeps as many applies as Preferences say; what only older ones needed is gone."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from asterisk.apply import retention
from asterisk.apply.errors import ApplyError
from asterisk.apply.undo import back_to, undo
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from core.preferences.models import Preferences
from extensions import actions
from extensions.changes.state import CannotPutBack
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.browser.tour import edited
from tests.node import apply
from tests.pbx.office import engine_tables
from tests.people import make_extension

KEPT = 10


@pytest.fixture(autouse=True)
def few(db: None) -> None:
    Preferences.objects.update(restore_points=KEPT)


def restore_points() -> list[int]:
    with engine_tables() as tables:
        return [run for (run,) in tables.execute("SELECT DISTINCT run FROM restore_point ORDER BY run")]


def runs() -> list[int]:
    return sorted(ApplyRun.objects.values_list("pk", flat=True))


def turned(extension: SipExtension, ada: User, times: int) -> None:
    """Off and on and off again, each applied."""
    for _ in range(times):
        enabled = SipExtension.objects.get(pk=extension.pk).enabled
        (actions.disable if enabled else actions.enable)(extension.number, ada)
        apply([extension.number], ada)


def test_the_oldest_go_with_all_that_only_they_needed(asterisk: Embedded, ada: User) -> None:
    extension = make_extension()
    apply([extension.number], ada)
    turned(extension, ada, KEPT - 1)
    first = runs()[0]
    assert len(runs()) == KEPT
    turned(extension, ada, 3)
    assert runs() == list(range(first + 3, first + 3 + KEPT))
    assert restore_points() == runs()
    assert Change.objects.count() == KEPT
    enabled = SipExtension.objects.get().enabled
    undo(ApplyRun.objects.latest("pk"), ada)
    assert SipExtension.objects.get().enabled != enabled


def test_numbers_that_are_left_out_count_for_none(asterisk: Embedded, ada: User) -> None:
    """PostgreSQL leaves out up to 32 when it is killed."""
    extension = make_extension()
    apply([extension.number], ada)
    first = runs()[0]
    ApplyRun.objects.create(pk=first + 10 * KEPT, outcome=ApplyRun.Outcome.PROVED)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence('asterisk_applyrun', 'id'), %s)", [first + 10 * KEPT])
    turned(extension, ada, KEPT - 2)
    assert (runs()[0], len(runs())) == (first, KEPT)
    turned(extension, ada, 1)
    assert (runs()[0], len(runs())) == (first + 10 * KEPT, KEPT)


def test_nobody_goes_back_behind_what_is_kept(asterisk: Embedded, ada: User) -> None:
    extension = make_extension()
    apply([extension.number], ada)
    moment = timezone.now()
    turned(extension, ada, KEPT + 1)
    assert back_to(ApplyRun.objects.earliest("pk").started_at, ada) == []
    with pytest.raises(CannotPutBack, match="starts at"):
        back_to(moment, ada)


def test_what_waits_or_runs_stays(asterisk: Embedded, ada: User) -> None:
    waiting, extension = make_extension("1900"), make_extension()
    stuck = ApplyRun.objects.create(numbers=["1900"])
    stuck.changes.set(Change.objects.of(["1900"]))
    away = ApplyRun.objects.create(outcome=ApplyRun.Outcome.WAITING)
    edited(waiting, ada, first_name="Grace")
    turned(extension, ada, KEPT + 5)
    assert runs()[:2] == [stuck.pk, away.pk]
    assert len(runs()) == KEPT + 2
    assert len(Change.objects.waiting().of(["1900"])) == 2


def test_a_discarded_change_goes_and_a_refused_one_waits_on(asterisk: Embedded, ada: User) -> None:
    discarded, refused, extension = make_extension("1900"), make_extension("1901"), make_extension()
    edited(refused, ada, caller_id="not a number")
    with pytest.raises(ApplyError):
        apply(["1901"], ada)
    review.discard(discarded.number, ada)
    turned(extension, ada, KEPT + 1)
    assert not Change.objects.of(["1900"]).exists()
    assert len(Change.objects.waiting().of(["1901"])) == 2
    assert not ApplyRun.objects.filter(outcome=ApplyRun.Outcome.REFUSED).exists()


def test_after_a_lower_limit_they_go_in_batches(asterisk: Embedded, ada: User) -> None:
    ApplyRun.objects.bulk_create(ApplyRun(outcome=ApplyRun.Outcome.PROVED) for _ in range(50))
    apply([], ada)
    assert len(runs()) == 51 - retention.RUNS_AT_ONCE
    for _ in range(4):
        apply([], ada)
    assert len(runs()) <= KEPT + 5


def test_an_apply_succeeds_where_the_old_cannot_be_taken_away(asterisk: Embedded, ada: User) -> None:
    with engine_tables() as tables:
        tables.execute("CREATE TRIGGER stays BEFORE DELETE ON restore_point BEGIN SELECT RAISE(ABORT, 'no'); END")
    try:
        extension = make_extension()
        apply([extension.number], ada)
        turned(extension, ada, KEPT + 1)
        assert ApplyRun.objects.latest("pk").outcome == ApplyRun.Outcome.PROVED
        assert len(runs()) == KEPT + 2
    finally:
        with engine_tables() as tables:
            tables.execute("DROP TRIGGER stays")
