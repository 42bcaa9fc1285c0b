"""Several administrators at once, about the same few people: whatever comes first, nothing is lost and no ring made."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils.timezone import localdate
from pytest_django.fixtures import Settings

from accounts.models import User
from extensions import actions
from extensions.actions import ActionRefusedError
from extensions.leaving.forms import LeaveForm
from extensions.models import SipExtension
from tests.people import make_extension, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


@pytest.fixture(autouse=True)
def without_pbx(settings: Settings) -> None:
    settings.AMI_PORT = 9


def at_once(*deeds: Callable[[], object]) -> list[str]:
    """What each gave, or why it was refused."""
    start, said = Barrier(len(deeds)), [""] * len(deeds)

    def do(place: int, deed: Callable[[], object]) -> None:
        start.wait()
        try:
            said[place] = str(deed())
        except ActionRefusedError as error:
            said[place] = f"refused: {error}"
        finally:
            connection.close()

    threads = [Thread(target=do, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def form(leaver: SipExtension, by: User, to: SipExtension | None = None) -> LeaveForm:
    answers = {"calls": "colleague" if to else "nobody", "colleague": to.number if to else "", "keep": "30"}
    made = LeaveForm(answers, extension=SipExtension.objects.select_related("user").get(pk=leaver.pk), by=by)
    assert made.is_valid(), made.errors
    return made


def test_who_hand_over_to_each_other_make_no_ring(ada: User) -> None:
    for _ in range(ROUNDS):
        people = [make_extension() for _ in range(3)]
        forms = [form(one, ada, people[place - 1]) for place, one in enumerate(people)]
        said = at_once(*(each.save for each in forms))
        assert any(each.startswith("refused: Choose someone else") for each in said), said
        assert not SipExtension.objects.filter(handed_to__left_on__isnull=False).exists()


def test_a_colleague_who_leaves_at_the_same_moment_is_nobodys_colleague(ada: User) -> None:
    for _ in range(ROUNDS):
        one, other = make_extension(), make_extension()
        said = at_once(form(one, ada, other).save, form(other, ada).save)
        assert said[1] == (f"['{one.number}']" if said[0] == "[]" else "[]"), said
        assert not SipExtension.objects.filter(handed_to__left_on__isnull=False).exists()


def test_who_comes_back_at_the_last_moment_is_deleted_or_back_and_never_both(ada: User) -> None:
    for _ in range(ROUNDS):
        one = make_extension()
        form(one, ada).save()
        SipExtension.objects.filter(pk=one.pk).update(delete_on=localdate())
        leaver = SipExtension.objects.select_related("user").get(pk=one.pk)
        back = partial(actions.come_back, leaver.number, ada)
        said = at_once(back, partial(actions.delete_due, localdate()))
        here = SipExtension.objects.filter(pk=one.pk, enabled=True, left_on=None).exists()
        assert here == (said[0] == "True")
        assert SipExtension.objects.filter(pk=one.pk).exists() == here


def test_two_super_administrators_do_not_both_go(ada: User) -> None:
    for place in range(ROUNDS):
        User.objects.exclude(pk=ada.pk).delete()
        SipExtension.objects.all().delete()
        User.objects.filter(pk=ada.pk).update(is_active=True)
        twin = make_user(f"Twin{place}", role="super_administrator")
        ada.refresh_from_db()
        first, second = make_extension(user=ada), make_extension(user=twin)
        said = at_once(form(first, twin).save, form(second, ada).save)
        assert sum("last Super Administrator" in each for each in said) == 1, said
        assert User.objects.super_administrators().count() == 1
