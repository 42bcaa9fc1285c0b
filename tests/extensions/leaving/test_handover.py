"""The colleague who answers the calls of one who has left."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import localdate

from accounts.models import User
from extensions import actions
from extensions.actions import ActionRefusedError
from extensions.changes import record as changes
from extensions.leaving.forms import LeaveForm
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.extensions.leaving.leaver import LEAVE, actions_on, again, errors, leaves, signed_in
from tests.pages import html_of
from tests.people import make_extension


def test_only_a_colleague_whom_one_sees_is_found_or_chosen(north: User) -> None:
    noras = signed_in(north)
    said = html_of(noras, "/extensions/1001/leave/colleagues/?colleague=Secret")
    assert "No one" in said
    assert "Secret" not in said.split("matches")[0]
    for answers in ({"colleague": "1002"}, {"colleague": "Secret"}, {"handed_to": "1002"}):
        found = errors(noras, calls="colleague", **answers)
        assert list(found) == ["id_colleague"]
        assert "offboarded" not in found["id_colleague"]
    assert SipExtension.objects.get(number="1001").enabled


def test_a_colleague_whom_one_does_not_see_is_named_by_the_number_alone(north: User, ada: User) -> None:
    leaves(SipExtension.objects.get(number="1001"), ada, calls="colleague", colleague="1002")
    noras = signed_in(north)
    pages = [html_of(noras, f"/extensions/1001/{page}") for page in ("", "leave/")]
    kept = {**LEAVE, "calls": "colleague", "colleague": "1002", "then": "check"}
    answer = noras.post("/extensions/1001/leave/", kept)
    assert answer.status_code == 200
    for page in (*pages, answer.content.decode()):
        assert "1002" in page
        assert "Secret" not in page


def test_a_lost_hand_over_of_strangers_is_only_counted(north: User, ada: User) -> None:
    one, other = SipExtension.objects.order_by("position")
    leaves(other, ada, calls="colleague", colleague="1001")
    for page in ("leave/", "delete/"):
        answer = (
            signed_in(north).post(f"/extensions/1001/{page}", {**LEAVE, "then": "check"})
            if page == "leave/"
            else (signed_in(north).get("/extensions/1001/delete/"))
        )
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "1 more that you cannot see" in text
        assert "1002" not in text
    assert again(one).enabled


def test_there_is_no_chain_and_no_ring(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    leaves(grace, ada, calls="colleague", colleague="1002")
    form = LeaveForm({**LEAVE, "calls": "colleague", "colleague": "1001"}, extension=again(linus), by=ada)
    assert "is offboarded too" in str(form.errors)
    assert leaves(linus, ada) == ["1001"]
    assert again(grace).handed_to is None
    assert actions_on("1001")[-1] == ("extension.changed", "Ada")
    assert Change.objects.waiting().of(["1001"]).last().fields["handed_to"] == ["1002", ""]  # type: ignore[union-attr]


def test_a_discarded_change_of_a_colleague_leaves_the_calls_that_were_handed_to_them(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    leaves(grace, ada, calls="colleague", colleague="1002")
    Change.objects.update(applied_at="2026-01-01T00:00Z")
    with changes.edit("1002", ada) as colleague:
        colleague.caller_id = "1234"
    assert again(linus).caller_id == "1234"
    review.discard("1002", ada)
    assert (again(linus).caller_id, again(grace).handed_to) == ("1002", again(linus))


def test_two_who_hand_over_to_each_other_at_once_make_no_ring(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    forms = [
        LeaveForm({**LEAVE, "calls": "colleague", "colleague": to}, extension=again(leaver), by=ada)
        for leaver, to in ((grace, "1002"), (linus, "1001"))
    ]
    assert all(form.is_valid() for form in forms)
    forms[0].save()
    with pytest.raises(ActionRefusedError, match="Choose someone else"):
        forms[1].save()
    assert again(linus).enabled


def test_the_database_itself_refuses_what_cannot_be(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    one = SipExtension.objects.filter(pk=linus.pk)
    wrong: list[dict[str, Any]] = [
        {"handed_to": grace},
        {"delete_on": localdate()},
        {"left_on": localdate()},
        {"enabled": False, "left_on": localdate(), "handed_to": linus},
    ]
    for columns in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            one.update(**columns)


def test_deleting_a_colleague_says_and_ends_what_is_lost(adas: Client, ada: User) -> None:
    linus = make_extension("1002", first_name="Linus")
    for number in ("1003", "1004"):
        leaves(make_extension(number), ada, calls="colleague", colleague="1002")
    assert "Call redirection from 2 numbers (1003, 1004)" in adas.get("/extensions/1002/delete/").content.decode()
    assert actions.delete(linus.number, ada) == ["1003", "1004"]
    assert not SipExtension.objects.filter(handed_to__isnull=False).exists()
    assert actions_on("1003")[-1][0] == "extension.changed"


def test_undoing_brings_the_hand_over_back_and_leaves_the_sign_in_off(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    leaves(grace, ada, calls="colleague", colleague="1002")
    former = {each.number: each.former for each in Change.objects.filter(kind="changed")}
    record = changes.picture(again(grace)).record
    actions.delete(again(linus).number, ada)
    deleted = Change.objects.filter(number="1002").latest("pk").former
    assert review.restore({"1001": record, "1002": deleted}, ada) == ["1002", "1001"]
    assert again(grace).handed_to == SipExtension.objects.get(number="1002")
    assert review.restore(former, ada) == ["1001"]
    one = again(grace)
    assert (one.enabled, one.left_on, one.handed_to, one.user.is_active) == (True, None, None, False)
    assert review.restore({"1001": record}, ada) == ["1001"]
    assert again(grace).left_on == localdate()
