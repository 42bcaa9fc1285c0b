"""What becomes of an extension that was kept until a day."""

from django.core.management import call_command
from django.utils.timezone import localdate

from accounts.models import User
from extensions import actions
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.extensions.leaving.leaver import actions_on, again, leaves
from tests.people import make_extension


def due(extension: SipExtension, by: User) -> None:
    leaves(extension, by)
    SipExtension.objects.filter(pk=extension.pk).update(delete_on=localdate())


def test_who_is_due_is_deleted_by_the_system_and_nobody_else(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    due(grace, ada)
    leaves(linus, ada, keep="7")
    call_command("leavers")
    assert list(SipExtension.objects.values_list("number", flat=True)) == ["1002"]
    assert not User.objects.filter(email="grace@example.com").exists()
    assert actions_on()[-1] == ("extension.deleted", "system")
    call_command("leavers")
    assert SipExtension.objects.count() == 1


def test_who_came_back_is_not_deleted(ada: User, grace: SipExtension) -> None:
    due(grace, ada)
    actions.come_back(again(grace).number, ada)
    assert actions.delete_due(localdate()) == []
    assert again(grace).enabled


def test_what_was_deleted_so_and_undone_stays(ada: User, grace: SipExtension) -> None:
    due(grace, ada)
    actions.delete_due(localdate())
    former = Change.objects.filter(number="1001", kind="deleted").get().former
    review.restore({"1001": former}, ada)
    assert again(grace).delete_on is None
    assert again(grace).left_on == localdate()
    assert actions.delete_due(localdate()) == []


def test_a_number_that_somebody_has_again_is_not_applied_along(ada: User, grace: SipExtension) -> None:
    due(grace, ada)
    assert actions.delete_due(localdate()) == ["1001"]
    assert actions.delete_due(localdate()) == ["1001"], "until the PBX has it"
    make_extension("1001")
    assert actions.delete_due(localdate()) == []
