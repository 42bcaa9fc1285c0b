"""One way to edit: whatever changes an extension raises its version, and loses nothing that another saved meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.models import NoSuperAdministrator, Role, User
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions import actions
from extensions import views as extension_views
from extensions.changes import record as changes
from extensions.changes.state import record_of, refuse_mightier
from extensions.leaving import views as leaving_views
from extensions.models import Change, SipExtension
from extensions.my_account import self_service
from extensions.review import review
from tests.people import Typed, make_extension, make_user

ActionOn = Callable[[SipExtension, User], Any]


def undo(extension: SipExtension, by: User) -> None:
    record = record_of(extension)
    record["extension"]["caller_id"] = "77"
    review.restore({extension.number: record}, by)


def discard(extension: SipExtension, by: User) -> None:
    with changes.edit(extension.number, by) as waiting:
        waiting.caller_id = "78"
    review.discard(extension.number, by)


def end_of_a_handover(extension: SipExtension, by: User) -> None:
    colleague = make_extension("1900")
    actions.leave(extension.number, by, "1900", None)
    actions.delete(colleague.number, by)


def enable(extension: SipExtension, by: User) -> None:
    actions.disable(extension.number, by)
    actions.enable(extension.number, by)


def allow(extension: SipExtension, by: User) -> None:
    actions.block_sign_in(extension.number, by)
    actions.allow_sign_in(extension.number, by)


def come_back(extension: SipExtension, by: User) -> None:
    actions.leave(extension.number, by, None, localdate() + timedelta(days=7))
    assert actions.come_back(extension.number, by)


def rename(extension: SipExtension, by: User) -> None:
    self_service.change(extension.user, first_name="Amazing")


ACTIONS: dict[str, ActionOn] = {
    "disable": lambda extension, by: actions.disable(extension.number, by),
    "enable": enable,
    "block the sign-in": lambda extension, by: actions.block_sign_in(extension.number, by),
    "allow the sign-in": allow,
    "leave": lambda extension, by: actions.leave(extension.number, by, None, None),
    "come back": come_back,
    "end of a hand-over": end_of_a_handover,
    "own name": rename,
    "own registration password": lambda extension, by: self_service.new_registration_password(extension.number, by),
    "undo": undo,
    "discard": discard,
}


@pytest.fixture
def grace(db: None) -> SipExtension:
    Change.objects.all().delete()
    return make_extension("1000", user=make_user("Grace"))


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def stored(extension: SipExtension) -> SipExtension:
    return SipExtension.objects.select_related("user").get(pk=extension.pk)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_that_was_opened_before_an_action_is_not_saved_over_it(
    action: str, signed_in: Client, grace: SipExtension, ada: User
) -> None:
    Change.objects.update(applied_at=timezone.now())
    typed = Typed("1000", more={"version": str(grace.version), "password": "", "registration_password": ""}).fields
    ACTIONS[action](grace, ada)
    assert stored(grace).version > grace.version
    assert signed_in.post("/extensions/1000/edit/", typed).status_code == 409


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_keeps_what_another_saved_after_its_page_was_read(
    action: str, grace: SipExtension, ada: User
) -> None:
    Change.objects.update(applied_at=timezone.now())
    stale = SipExtension.objects.select_related("user__role").get(pk=grace.pk)
    with changes.edit("1000", ada) as extension:
        extension.max_phones = 3
        extension.user.job_title = "Admiral"
    Change.objects.update(applied_at=timezone.now())
    if action == "undo":  # which puts back all that the PBX has
        stale = stored(grace)
    ACTIONS[action](stale, ada)
    now = stored(grace)
    assert (now.max_phones, now.user.job_title) == (3, "Admiral")
    assert now.version > extension.version > grace.version


VIEWS = {
    "toggle": (extension_views, "toggle", {}),
    "sign-in": (None, "sign-in", {"allowed": "no"}),
    "leave": (leaving_views, "leave", {"calls": "nobody", "keep": "30", "then": "leave"}),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_raises_the_version_that_is_there_not_the_one_that_it_read(
    view: str, signed_in: Client, grace: SipExtension, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another saves between the look-up of the extension and its change; a form that was opened then is refused."""
    from extensions import sign_in_admin

    module, url, typed = VIEWS[view]
    module = module or sign_in_admin
    look_up = module.get_managed
    opened: list[int] = []

    def look_up_and_be_slow(*args: Any) -> SipExtension:
        found: SipExtension = look_up(*args)
        if not opened:
            SipExtension.objects.filter(pk=grace.pk).update(version=grace.version + 1, max_phones=2)
            opened.append(grace.version + 1)
        return found

    monkeypatch.setattr(module, "get_managed", look_up_and_be_slow)
    signed_in.post(f"/extensions/1000/{url}/", typed)
    assert stored(grace).version == opened[0] + 1
    assert stored(grace).max_phones == 2


def test_an_edit_writes_all_that_belongs_to_it(grace: SipExtension, ada: User) -> None:
    before = AuditRecord.objects.count()
    with changes.edit("1000", ada) as extension:
        extension.caller_id = "2000"
        extension.user.first_name = "Amazing"
    now = stored(grace)
    assert (now.caller_id, now.user.first_name, now.version) == ("2000", "Amazing", grace.version + 1)
    assert now.sort_name == "amazing"
    assert "2000" in now.search_text
    assert extension.version == now.version
    change = Change.objects.waiting().get(kind="changed")
    assert set(change.fields) == {"caller_id", "first_name"}
    assert change.former is not None
    assert AuditRecord.objects.count() == before + 1
    assert Email.objects.get(kind="extension_changed").user == grace.user


def test_an_edit_that_changes_nothing_leaves_no_trace(grace: SipExtension, ada: User) -> None:
    before = AuditRecord.objects.count(), Change.objects.count(), Email.objects.count()
    with changes.edit("1000", ada) as extension:
        extension.enabled = True
    assert stored(grace).version == grace.version
    assert (AuditRecord.objects.count(), Change.objects.count(), Email.objects.count()) == before


def test_an_edit_that_breaks_off_changes_nothing(grace: SipExtension, ada: User) -> None:
    before = AuditRecord.objects.count(), Change.objects.count()

    def break_off() -> None:
        with changes.edit("1000", ada) as extension:
            extension.caller_id, extension.user.first_name = "2000", "Amazing"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert (stored(grace).caller_id, stored(grace).user.first_name) == ("1000", "Grace")
    assert (AuditRecord.objects.count(), Change.objects.count()) == before


def test_a_number_that_is_gone_is_not_edited(db: None, ada: User) -> None:
    with pytest.raises(SipExtension.DoesNotExist), changes.edit("1999", ada):
        pass


@pytest.mark.parametrize("column", ["role", "is_active"])
def test_no_edit_takes_the_last_super_administrator_away(column: str, ada: User) -> None:
    make_extension("1000", user=ada)

    def take_away() -> None:
        with changes.edit("1000", None) as extension:
            setattr(extension.user, column, None if column == "role" else False)

    with pytest.raises(NoSuperAdministrator), transaction.atomic():
        take_away()
    ada.refresh_from_db()
    assert ada.is_super_administrator


@pytest.mark.parametrize("do", [actions.delete, actions.block_sign_in, partial(actions.leave, to=None, until=None)])
def test_the_last_super_administrator_stays(do: Callable[[str, User], Any], ada: User) -> None:
    """Whom another took for one of two when the page was made."""
    make_extension("1000", user=ada)
    with pytest.raises(actions.ActionRefusedError, match="last Super Administrator"):
        do("1000", make_user("Hugo", role="administrator"))
    assert User.objects.super_administrators().get() == ada


def test_who_saved_knows_the_version_that_is_stored(grace: SipExtension, ada: User) -> None:
    """Else the next edit of the same extension would be taken for somebody else's."""
    with changes.edit("1000", ada) as extension:
        extension.max_phones = 3
    assert extension.version == stored(grace).version == grace.version + 1


def test_finding_a_department_without_scripts_is_no_attempt_to_save(signed_in: Client, grace: SipExtension) -> None:
    typed = Typed(
        "1000", more={"version": str(grace.version), "password": "", "registration_password": "", "email": "no"}
    )
    answer = signed_in.post("/extensions/1000/edit/", {**typed.fields, "find": "sales", "then": "find"})
    assert answer.status_code == 200
    assert answer.context["form"].error_list() == []
    assert 'aria-invalid="true"' not in answer.content.decode()
    assert stored(grace).version == grace.version


@pytest.mark.parametrize(("role", "refused"), [("super_administrator", True), ("employee", False), (None, False)])
def test_nobody_puts_an_extension_back_to_who_may_do_more_than_they_by_now(
    grace: SipExtension, hugo: User, role: str | None, refused: bool
) -> None:
    """The person was there before the extension, stayed when it was deleted, and has got another role since."""
    SipExtension.objects.update(person_was_there=True)
    record = record_of(stored(grace))
    User.objects.filter(pk=grace.user_id).update(role=Role.objects.filter(key=role).first())
    if refused:
        with pytest.raises(PermissionDenied):
            refuse_mightier(hugo, None, record)
    else:
        refuse_mightier(hugo, None, record)
    refuse_mightier(hugo, None, {**record, "stays": None})  # nobody's by now
    refuse_mightier(None, None, record)  # the portal itself
