"""What becomes of an extension that was kept until a day."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate

from accounts.models import User
from extensions import actions, pbx
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


def test_the_command_says_whom_it_deleted_or_that_the_pbx_did_not_take_it(
    ada: User, grace: SipExtension, linus: SipExtension, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> str:
        said = StringIO()
        call_command("leavers", stdout=said)
        return said.getvalue()

    assert told() == "No later deletions are scheduled.\n"
    applied: list[tuple[list[str], User | None]] = []

    def takes(_pbx: object, numbers: list[str], by: User | None) -> pbx.Applied:
        applied.append((numbers, by))
        Change.objects.update(applied_at="2026-01-01T00:00Z")
        return pbx.Applied(True, "Verified.")

    monkeypatch.setattr(type(pbx.get()), "apply", takes)
    due(grace, ada)
    assert (told(), applied) == ("1001: Verified.\nNo later deletions are scheduled.\n", [(["1001"], None)])
    for number, keep in (("1003", "30"), ("1004", "7"), ("1005", "forever")):
        leaves(make_extension(number), ada, keep=keep)
    first = localdate() + timedelta(days=7)
    assert told() == f"2 scheduled for deletion later, the first on {first}.\n"

    def refuses(*_: object) -> None:
        raise pbx.PbxError("The PBX is on fire.")

    monkeypatch.setattr(type(pbx.get()), "apply", refuses)
    due(linus, ada)
    with pytest.raises(CommandError, match=r"^The PBX is on fire\.$"):
        told()
    assert [*SipExtension.objects.values_list("number", flat=True)] == ["1003", "1004", "1005"]


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
