"""Many record at once: none waits for ever, none is lost, and the chain stays whole."""

import statistics
import time
from io import StringIO
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from core.audit import log
from core.audit.models import AuditHead, AuditRecord
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.people import make_extension, make_user

WRITERS, DEEDS = 12, 20


class Writer(Thread):
    """Changes the same two rows as the others, and records both."""

    def __init__(self, by: User) -> None:
        super().__init__()
        self.by, self.done = by, 0
        self.seconds: list[float] = []

    def run(self) -> None:
        try:
            for each in range(DEEDS):
                started = time.perf_counter()
                self.deed(each)
                self.seconds.append(time.perf_counter() - started)
                self.done += 1
        finally:
            connection.close()

    def deed(self, each: int) -> None:
        with log.together():
            for number in ("1000", "1001"):
                SipExtension.objects.filter(number=number).update(caller_id=str(1000 + each))
                log.record(self.by, "extension.changed", number)


def verified() -> str:
    said = StringIO()
    call_command("verify_audit", stdout=said)
    return said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_lose_nothing_and_wait_for_none() -> None:
    make_extension("1000")
    make_extension("1001")
    before = AuditRecord.objects.count()
    writers = [Writer(make_user(f"W{place}")) for place in range(WRITERS)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert [each.done for each in writers] == [DEEDS] * WRITERS
    total = before + 2 * DEEDS * WRITERS
    assert AuditRecord.objects.count() == AuditHead.objects.get().count == total
    assert verified().startswith(f"{total:,} entries, none altered.")
    middle = statistics.median(seconds for each in writers for seconds in each.seconds)
    print(f"{WRITERS} writers: {1000 * middle:.1f} ms for a deed of two records")  # noqa: T201 (a figure)


@pytest.mark.django_db(transaction=True)
def test_undoing_many_and_saving_one_of_them_do_not_wait_for_each_other() -> None:
    """A restore records all that it did at its end."""
    ada = make_user("Ada", role="super_administrator")
    numbers = [str(number) for number in range(1000, 1020)]
    for number in numbers:
        make_extension(number)
    formers = dict.fromkeys(numbers)
    failures: list[Exception] = []

    def caught(deed: object) -> Thread:
        def run() -> None:
            try:
                deed()  # type: ignore[operator]
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        return Thread(target=run)

    def save() -> None:
        for number in reversed(numbers):
            with transaction.atomic():
                if SipExtension.objects.filter(number=number).update(caller_id="7"):
                    log.record(ada, "extension.changed", number)

    threads = [caught(lambda: review.restore(formers, ada)), caught(save)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert not SipExtension.objects.exists()
    assert set(Change.objects.waiting().numbers()) == set(numbers)
    assert "none altered" in verified()
