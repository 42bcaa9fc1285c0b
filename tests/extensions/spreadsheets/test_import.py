"""A spreadsheet becomes extensions: all of it, by the rules of the form, or nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, Role, User
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension
from extensions.spreadsheets import reading, run
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv, as_xlsx, at_once, begin, errors, given, page, upload
from tests.people import be_stale, make_extension, make_user
from tests.trees import department

State = Import.State
PASSWORD = "t7Rw9KqX2mZv5LpB8nYc"
GRACE = {
    "Extension Number": "1001",
    "First Name": "Grace",
    "Last Name": "Hopper",
    "Email Address": "grace@example.com",
    "Mobile Number": "+49 151 12345678",
    "Departments": "Company/Sales",
    "User Role": "Employee",
    "Registration Name": "grace-1",
    "Registration Password": PASSWORD,
    "Voicemail": "yes",
    "Voicemail PIN": "739164",
}
ALAN = {"Extension Number": "1002", "First Name": "Alan", "Email Address": "alan@example.com"}


def employee(number: str, **more: Any) -> SipExtension:
    extension = make_extension(number, **more)
    extension.user.join_the_company()
    return extension


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_people_are_added_as_the_form_adds_them(signed_in: Client, ada: User, write: Any) -> None:
    sales = department("Sales")
    made = given(upload(signed_in, write([GRACE, ALAN])))
    assert (made.state, made.wrong, made.total, made.format) == (State.READY, 0, 2, "ours")
    assert not SipExtension.objects.exists()
    assert "Import 2 extensions" in page(signed_in, made)
    begin(signed_in, made)
    assert (made.added, made.changed, made.sealed_table) == (2, 0, "")
    grace, alan = SipExtension.objects.order_by("position")
    assert (grace.registration_name, grace.registration_password) == ("grace-1", PASSWORD)
    assert (grace.voicemail_pin, grace.voicemail, grace.renew_password_by) == ("739164", True, None)
    user = grace.user
    assert (str(user), user.email, str(user.mobile)) == ("Grace Hopper", "grace@example.com", "+4915112345678")
    assert (list(user.organizations.all()), user.role) == ([sales], Role.objects.get(key="employee"))
    assert not user.has_usable_password()
    assert list(alan.user.organizations.all()) == [Organization.company()]
    assert len(alan.registration_password) == 20
    changes = Change.objects.order_by("number").values_list("number", "kind", "by")
    assert list(changes) == [("1001", "added", ada.pk), ("1002", "added", ada.pk)]
    actions = list(AuditRecord.objects.order_by("pk").values_list("action", "number"))[-4:-1]
    assert actions == [("extension.added", "1001"), ("extension.added", "1002"), ("extensions.imported", "")]


WRONG: list[tuple[str, str, str]] = [
    ("First Name", "a\u202eb", "one line"),
    ("Email Address", "grace@localhost", "e-mail address such as"),
    ("Email Address", "ada@example.com", "Another person already signs in"),
    ("Mobile Number", "12", "such as"),
    ("User Password", "Short1xq", "10 to 128"),
    ("User Role", "Wizard", "no role “Wizard”"),
    ("Departments", "Company/Nowhere", "no department"),
    ("Extension Number", "999", "from 1000 to 5999. 1001 is free."),
    ("Extension Number", "१०००", "2 to 8 digits"),
    ("Extension Number", "", "Enter the Extension Number"),
    ("Caller ID", "12a", "0-9 * # +"),
    ("Registration Name", "with blank", "A-Z a-z 0-9"),
    ("Registration Name", "1000", "another extension's number"),
    ("Registration Name", "reg-of-1000", "Another extension registers with this name"),
    ("Registration Password", "with blank 1234567", "10 to 63"),
    ("Voicemail PIN", "12a4", "3 to 15 digits"),
    ("Voicemail", "perhaps", "Enter yes or no."),
    ("Transport", "pigeon", "not one of the available"),
    ("IP Phone Concurrent Registrations", "4", "Choose 1, 2 or 3"),
    ("Outbound Caller ID", "12x", "telephone number"),
    ("Allowed Networks", "10.0.0.5/8", "is one address in a network"),
    ("Allowed Countries", "Atlantis", "not a country"),
]


@pytest.mark.parametrize(("head", "cell", "words"), WRONG)
def test_an_error_stands_at_its_cell(signed_in: Client, head: str, cell: str, words: str) -> None:
    department("Sales")
    make_extension("1000", registration_name="reg-of-1000")
    made = given(upload(signed_in, as_csv([{**GRACE, head: cell}, ALAN])))
    assert made.wrong == 1
    found = errors(signed_in, made)
    assert words in found[head]
    assert {label for label, text in found.items() if text} == {head}
    assert "Import 1" not in page(signed_in, made)
    begin(signed_in, made)
    assert (made.state, SipExtension.objects.count()) == (State.READY, 1)


def test_a_cell_is_corrected_in_the_page_and_all_like_it(signed_in: Client) -> None:
    rows = [{"number": str(n), "first name": "X", "transport": "pigeon"} for n in range(1001, 1031)]
    made = given(upload(signed_in, as_csv(rows)))
    assert made.wrong == 30
    signed_in.post(f"/extensions/import/{made.pk}/correct/", {"cell-2-2": "tls"})
    made.refresh_from_db()
    assert made.wrong == 29
    assert "Also in 28 other rows with this value" in page(signed_in, made)
    others = {f"cell-{line}-2": "pigeon" for line in range(4, 28)}  # as the page has them
    sent = {"cell-3-2": "tls", "alike-3-2": "on", "leave_out": "4", **others}
    signed_in.post(f"/extensions/import/{made.pk}/correct/", sent)
    made.refresh_from_db()
    assert (made.wrong, made.total) == (0, 29)
    begin(signed_in, made)
    assert set(SipExtension.objects.values_list("transport", flat=True)) == {"tls"}
    assert not SipExtension.objects.filter(number="1003").exists()


def test_any_row_can_be_edited(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    assert 'name="cell-2-1"' not in page(signed_in, made)
    assert 'name="cell-2-1"' in page(signed_in, made, "?kind=all&edit=2")
    signed_in.post(f"/extensions/import/{made.pk}/correct/", {"cell-2-1": "Al"})
    assert begin(signed_in, made).added == 1
    assert SipExtension.objects.get().user.first_name == "Al"


def test_the_wrong_rows_as_a_file_and_without_them(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN, {**ALAN, "Extension Number": "7", "First Name": "=1+1"}])))
    text = signed_in.get(f"/extensions/import/{made.pk}/errors/").content.decode("utf-8-sig").splitlines()
    assert text[0] == "Extension Number,First Name,Email Address,Error"
    assert text[1].startswith("7,'=1+1,alan@example.com,")
    assert "Extension Number: Enter 2 to 8 digits" in text[1]
    signed_in.post(f"/extensions/import/{made.pk}/correct/", {"then": "leave_out_wrong"})
    made.refresh_from_db()
    assert (made.wrong, made.total) == (0, 1)
    begin(signed_in, made)
    assert signed_in.get(f"/extensions/import/{made.pk}/errors/")["Location"] == f"/extensions/import/{made.pk}/"


def test_where_every_row_is_left_out_nothing_is_imported(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([{**ALAN, "Extension Number": "7"}])))
    answer = signed_in.post(f"/extensions/import/{made.pk}/correct/", {"then": "leave_out_wrong"}, follow=True)
    assert answer.redirect_chain == [("/extensions/import/", 302)]
    assert "Every row was left out, so nothing is imported." in answer.content.decode()
    assert not Import.objects.exists()


def test_rows_that_want_the_same_are_told_of_each_other(signed_in: Client) -> None:
    other = {**ALAN, "Extension Number": "1003", "Email Address": "ALAN@example.com"}
    made = given(upload(signed_in, as_csv([ALAN, {**ALAN, "Email Address": ""}, other])))
    assert made.wrong == 2
    found = errors(signed_in, made)
    assert found["Extension Number"] == "Line 2 has the same. Correct one of them."
    assert found["Email Address"] == "Line 2 has the same. Correct one of them."


# --- updates ---


def test_an_update_leaves_alone_what_has_no_column(signed_in: Client) -> None:
    extension = employee("1001", first_name="Grace", last_name="Hopper", location="Room 1", max_phones=2)
    secret, pin = extension.registration_password, extension.voicemail_pin
    made = given(upload(signed_in, as_csv([{"Extension Number": "1001", "Last Name": "Murray", "Location": ""}])))
    assert "Changes: Last Name, Location" in page(signed_in, made)
    begin(signed_in, made)
    assert (made.added, made.changed) == (0, 1)
    extension.refresh_from_db()
    user = User.objects.get(pk=extension.user_id)
    assert (user.first_name, user.last_name, extension.location, extension.max_phones) == ("Grace", "Murray", "", 2)
    assert (extension.registration_password, extension.voicemail_pin, extension.version) == (secret, pin, 2)
    assert Change.objects.filter(number="1001", kind="changed").get().fields["last_name"] == ["Hopper", "Murray"]


def test_an_update_moves_somebody_to_another_department(signed_in: Client) -> None:
    sales = department("Sales")
    extension = employee("1001", user=make_user("Grace"))
    moved = {"Extension Number": "1001", "Departments": "Company/Sales", "Email Address": "new@example.com"}
    begin(signed_in, given(upload(signed_in, as_csv([moved]))))
    user = User.objects.get(pk=extension.user_id)
    assert ([*user.organizations.all()], user.email) == ([sales], "new@example.com")
    fields = AuditRecord.objects.get(action="extension.changed", number="1001").detail["fields"]
    assert fields == {"email": ["grace@example.com", "new@example.com"], "organizations": ["Company", "Sales"]}


@pytest.mark.parametrize(
    ("mode", "number", "words"),
    [("add", "1001", "Another extension has this number"), ("update", "1002", "No extension has this number")],
)
def test_only_adding_and_only_updating(signed_in: Client, mode: str, number: str, words: str) -> None:
    make_extension("1001")
    made = given(upload(signed_in, as_csv([{**ALAN, "Extension Number": number}]), mode))
    assert words in errors(signed_in, made)["Extension Number"]


def test_what_was_saved_since_the_preview_is_not_overwritten(signed_in: Client) -> None:
    extension = employee("1001", last_name="Hopper")
    made = given(upload(signed_in, as_csv([{"Extension Number": "1001", "Last Name": "Murray"}])))
    extension.version = 2
    extension.save()
    begin(signed_in, made)
    assert (made.state, made.changed) == (State.READY, 0)
    assert "Someone else saved changes" in page(signed_in, made)
    assert begin(signed_in, made).changed == 1


def test_a_number_taken_since_the_preview(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN, {**ALAN, "Extension Number": "1003", "Email Address": ""}]), "add"))
    make_extension("1003")
    begin(signed_in, made)
    assert (made.state, made.wrong, SipExtension.objects.count()) == (State.READY, 1, 1)


def test_a_number_taken_while_it_is_saved_stands_at_its_row(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = given(upload(signed_in, as_csv([ALAN, {**ALAN, "Extension Number": "1003", "Email Address": ""}]), "add"))
    save = run._save

    def overtaken(*args: Any) -> list[str]:
        make_extension("1003")
        with transaction.atomic():
            return save(*args)

    monkeypatch.setattr(run, "_save", overtaken)
    begin(signed_in, made)
    assert (made.state, made.wrong, SipExtension.objects.count()) == (State.READY, 1, 1)
    assert "Another extension has this number" in errors(signed_in, made)["Extension Number"]


def no_other_super_administrator() -> None:
    User.objects.filter(first_name="Ada").update(role=None)


def gone() -> None:
    SipExtension.objects.filter(number="1001").delete()


def saved_by_another() -> None:
    SipExtension.objects.filter(number="1001").update(version=F("version") + 1)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (no_other_super_administrator, "import.last_super_administrator"),
        (gone, "import.overtaken"),
        (saved_by_another, "import.overtaken"),
    ],
)
def test_what_happens_between_the_last_check_and_the_saving_stops_it(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None], why: str
) -> None:
    user = employee("1001", user=make_user("Grace", role="super_administrator")).user
    grace = {"Extension Number": "1001", "First Name": "Grace", "User Role": "Employee"}
    made = given(upload(signed_in, as_csv([grace, ALAN])))
    assert made.wrong == 0
    hash_passwords = run._hash_passwords

    def meanwhile(*args: Any) -> None:
        hash_passwords(*args)
        happens()

    monkeypatch.setattr(run, "_hash_passwords", meanwhile)
    begin(signed_in, made)
    assert (made.state, (made.why or {})["code"]) == (State.READY, why)
    assert User.objects.get(pk=user.pk).is_super_administrator
    assert not SipExtension.objects.filter(number="1002").exists()


def test_an_administrator_changes_only_those_in_scope(client: Client, ada: User) -> None:
    hugo = make_user("Hugo", role="human_resource")
    mighty = make_extension("1001", user=ada)
    client.force_login(hugo)
    made = given(upload(client, as_csv([{"Extension Number": "1001", "First Name": "Eve"}])))
    assert errors(client, made)["Extension Number"] == "You cannot change this extension."
    assert mighty.user.first_name == "Ada"


# --- the way through ---


def test_to_import_and_to_undo_one_proves_who_one_is(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    be_stale(signed_in)
    for deed in ("start", "undo"):
        Import.objects.update(state=State.READY if deed == "start" else State.DONE)
        answer = signed_in.post(f"/extensions/import/{made.pk}/{deed}/")
        assert "/sign-in/again/" in answer.headers["Location"]


def test_nobody_else_sees_the_import(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([GRACE])))
    other = Client()
    other.force_login(make_user("Other", role="super_administrator"))
    assert other.get(f"/extensions/import/{made.pk}/").status_code == 404
    assert PASSWORD not in made.sealed_table


def test_undo_takes_all_of_it_back(signed_in: Client) -> None:
    sales = department("Sales")
    extension = employee("1001", first_name="Grace", last_name="Hopper")
    secret = extension.registration_password
    made = given(upload(signed_in, as_csv([GRACE, ALAN])))
    begin(signed_in, made)
    extension.refresh_from_db()
    assert extension.registration_password == PASSWORD
    extension.location = "Room 2"  # somebody's later edit stays
    extension.save()
    begin(signed_in, made, "undo")
    assert (made.state, made.sealed_formers) == (State.UNDONE, "")
    assert list(SipExtension.objects.values_list("number", flat=True)) == ["1001"]
    assert not User.objects.filter(email="alan@example.com").exists()
    extension = SipExtension.objects.get()
    assert (extension.registration_password, extension.user.email, extension.location) == (secret, None, "Room 2")
    assert sales not in extension.user.organizations.all()
    assert AuditRecord.objects.filter(action="extensions.import_undone").exists()


def test_weak_secrets_of_phones_are_kept_and_marked(signed_in: Client) -> None:
    row = {**ALAN, "Registration Password": "secret1", "Voicemail PIN": "1234"}
    made = given(upload(signed_in, as_csv([row])))
    assert made.wrong == 0
    assert "Easy to guess, but kept: Registration Password, Voicemail PIN" in page(signed_in, made)
    begin(signed_in, made)
    extension = SipExtension.objects.get()
    assert (extension.registration_password, extension.voicemail_pin) == ("secret1", "1234")
    assert extension.renew_password_by is not None
    shown = page(signed_in, made)
    assert "1 registration password is easy to guess" in shown
    assert "1 extension kept a voicemail PIN that is easy to guess." in shown
    assert 'href="/extensions/1002/edit/"' in shown
    extension.registration_password = PASSWORD
    assert extension.renew_password_by is None
    extension.save()
    assert "registration password is easy to guess" not in page(signed_in, made)
    row = {"Extension Number": "1002", "Registration Password": "secret2"}
    begin(signed_in, given(upload(signed_in, as_csv([row]))))
    assert SipExtension.objects.get().renew_password_by is not None


def test_export_and_import_again_change_nothing(signed_in: Client) -> None:
    department("Sales & more/East")
    row = {
        **GRACE,
        "Departments": r"Company/Sales \& more\/East",
        "Last Name": "=HYPERLINK",
        "Allowed Countries": "FR,CH",
    }
    made = given(upload(signed_in, as_csv([row, {**ALAN, "Mobile Number": "+4915112345678"}])))
    assert made.wrong == 0, errors(signed_in, made)
    begin(signed_in, made)
    for file_type in ("csv", "xlsx"):
        asked = {"all": "yes", "file_type": file_type, "secrets": "on"}
        content = signed_in.post("/extensions/export/", asked).getvalue()
        made = given(upload(signed_in, content, name=f"x.{file_type}"))
        assert "Nothing to import" in page(signed_in, made), errors(signed_in, made)


def test_columns_can_be_chosen_anew(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([{"Number": "1001", "Known as": "Grace", "x": "1"}])))
    assert made.targets == ["number", "", ""]
    url = f"/extensions/import/{made.pk}/columns/"
    answer = signed_in.post(url, {"mode": "both", "column-0": "number", "column-1": "number"})
    assert answer.status_code == 422
    assert "Another column is imported as Extension Number" in answer.content.decode()
    signed_in.post(url, {"mode": "add", "column-0": "number", "column-1": "first_name", "column-2": ""})
    assert begin(signed_in, made).added == 1


def test_a_canceled_import_is_gone(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    signed_in.post(f"/extensions/import/{made.pk}/cancel/")
    assert not Import.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        run.check(made)  # which goes on meanwhile
    assert not Import.objects.exists()


def test_canceled_before_it_is_saved(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    Import.objects.update(state=State.RUNNING, canceled=True)
    run.work(made.pk)
    made.refresh_from_db()
    assert (made.state, made.canceled, SipExtension.objects.count()) == (State.READY, False, 0)
    assert "Canceled. Nothing was saved." in page(signed_in, made)


def test_one_that_was_killed_says_so_and_can_be_repeated(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    Import.objects.update(state=State.RUNNING, canceled=True)  # and nobody holds its lock
    assert "The portal was interrupted. Nothing of it was saved." in page(signed_in, made)
    made.refresh_from_db()
    assert (made.state, made.canceled) == (State.READY, False)
    assert begin(signed_in, made).added == 1


def test_undo_leaves_what_others_made_since(signed_in: Client) -> None:
    extension = employee("1001", first_name="Grace", location="Room 1")
    rows = [{"Extension Number": "1001", "First Name": "Gracie", "Location": "Room 2"}, ALAN]
    made = begin(signed_in, given(upload(signed_in, as_csv(rows))))
    User.objects.get(email="alan@example.com").delete()
    another = employee("1002", first_name="Another")
    SipExtension.objects.filter(number="1001").update(location="Room 3")
    begin(signed_in, made, "undo")
    extension.refresh_from_db()
    assert (extension.location, User.objects.get(pk=extension.user_id).first_name) == ("Room 3", "Grace")
    assert SipExtension.objects.get(number="1002") == another


def test_a_check_that_was_killed_begins_again_once(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    Import.objects.update(state=State.CHECKING)
    started: list[Import] = []
    monkeypatch.setattr(run, "start", started.append)
    for _ in range(3):
        assert "The portal was interrupted." in page(signed_in, made)
    assert started == [made]


def test_an_import_is_forgotten_after_thirty_days(signed_in: Client) -> None:
    old = begin(signed_in, given(upload(signed_in, as_csv([ALAN]))))
    Import.objects.update(created_at=timezone.now() - Import.KEPT - timedelta(minutes=1))
    run.has_lock(old)  # makes its file
    upload(signed_in, as_csv([GRACE]))
    assert old not in Import.objects.all()
    assert not run.lock_of(old.pk).exists()


@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
def test_an_export_fills_an_empty_portal_to_the_same_bytes(signed_in: Client, file_type: str) -> None:
    department("Sales")
    more = {
        "Voicemail": "no", "Transport": "tls", "Media Encryption": "required", "Outbound Caller ID": "+493012345678",
        "Location": "=Room 1", "Outbound Calls": "national", "Outbound Minutes in 24 Hours": "90",
        "Allowed Networks": "10.0.0.0/8, 2001:db8::/32", "After Notification": "read", "Caller ID": "+49*1",
    }  # fmt: skip
    made = given(upload(signed_in, as_csv([{**GRACE, **more}, {**ALAN, "Last Name": "’t Hooft"}])))
    assert made.wrong == 0, errors(signed_in, made)
    begin(signed_in, made)
    asked = {"all": "yes", "file_type": file_type, "secrets": "on"}
    before = signed_in.post("/extensions/export/", asked).getvalue()
    User.objects.exclude(first_name="Ada").delete()
    begin(signed_in, given(upload(signed_in, before, name=f"x.{file_type}")))
    assert SipExtension.objects.count() == 2
    after = signed_in.post("/extensions/export/", asked).getvalue()
    if file_type == "xlsx":  # which holds the time at which it was made
        before, after = (repr(reading.read(each)).encode() for each in (before, after))
    assert after == before


def test_a_number_with_a_blank_is_that_number(signed_in: Client) -> None:
    employee("1001")
    made = given(upload(signed_in, as_csv([{"Extension Number": " 1001", "Job Title": "Pilot"}]), mode="update"))
    begin(signed_in, made)
    assert SipExtension.objects.get().user.job_title == "Pilot"


def test_columns_that_are_named_in_other_letters_are_told_apart(signed_in: Client) -> None:
    row = {
        "Extension Number": "1001",
        "First Name": "A",
        "\u0418\u043c\u044f": "x",
        "\u041e\u0442\u0434\u0435\u043b": "y",
    }
    assert given(upload(signed_in, as_csv([row]))).wrong == 0


def test_a_registration_name_is_not_the_number_of_another_row(signed_in: Client) -> None:
    rows = [
        {"Extension Number": "1001", "First Name": "A", "Registration Name": "1002"},
        {"Extension Number": "1002", "First Name": "B", "Registration Name": "foo"},
    ]
    made = given(upload(signed_in, as_csv(rows)))
    assert made.wrong == 1
    assert "Line 3 has the same" in errors(signed_in, made)["Registration Name"]


def test_a_registration_name_is_not_that_of_a_trunk(signed_in: Client) -> None:
    made = given(
        upload(signed_in, as_csv([{"Extension Number": "1001", "First Name": "A", "Registration Name": "trunk-1"}]))
    )
    assert "the name of a trunk" in errors(signed_in, made)["Registration Name"]


def test_what_is_imported_is_what_was_seen(signed_in: Client) -> None:
    row = {"Extension Number": "1001", "First Name": "Grace", "Job Title": "Boss"}
    made = given(upload(signed_in, as_csv([row])))
    seen = re.findall(r'name="seen" value="(\w+)"', page(signed_in, made))
    signed_in.post(f"/extensions/import/{made.pk}/correct/", {"cell-2-2": "Cook"})
    with at_once():
        answer = signed_in.post(f"/extensions/import/{made.pk}/start/", {"seen": seen}, follow=True)
    assert "The preview has changed since. Look at it again." in answer.content.decode()
    assert not SipExtension.objects.exists()


def test_names_that_mean_others_by_now_are_looked_at_again(signed_in: Client) -> None:
    sales, board = department("Sales"), department("Board")
    made = given(upload(signed_in, as_csv([{"Extension Number": "1001", "First Name": "A", "Departments": "Sales"}])))
    Organization.objects.filter(pk=sales.pk).update(name="Old sales")
    Organization.objects.filter(pk=board.pk).update(name="Sales")
    begin(signed_in, made)
    made.refresh_from_db()
    assert made.state == State.READY
    assert not SipExtension.objects.exists()


def test_a_correction_that_comes_too_late_changes_nothing(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    with run.held(made), pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "ENDS_SECONDS", 0.1)
        signed_in.post(f"/extensions/import/{made.pk}/correct/", {"cell-2-1": "Al"})
        signed_in.post(f"/extensions/import/{made.pk}/columns/", {"mode": "both"})
    made.refresh_from_db()
    begin(signed_in, made)
    made.refresh_from_db()
    assert made.state in (State.DONE, State.SAVED)
    assert SipExtension.objects.get().user.first_name == "Alan"


def test_a_number_of_thousands_of_digits_is_no_crash(signed_in: Client) -> None:
    row = {"extension": "2001", "secret": PASSWORD, "tech": "pjsip", "name": "Ada", "max_contacts": "1"}
    made = given(upload(signed_in, as_csv([row])))
    answer = signed_in.post(f"/extensions/import/{made.pk}/correct/", {"cell-2-4": "9" * 5000})
    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.wrong == 0


def test_the_former_address_is_told_of_another_one(signed_in: Client) -> None:
    Preferences.objects.update(mail_host="mail.example.com", mail_from="portal@example.com")
    employee("1001", user=make_user("Old"))
    row = {"Extension Number": "1001", "Email Address": "new@example.com", "User Password": "Another7Horse9Staple"}
    begin(signed_in, given(upload(signed_in, as_csv([row]), mode="update")))
    told = sorted(Email.objects.values_list("kind", "to"))
    assert told == [
        ("extension_changed", "new@example.com"),
        ("extension_changed", "old@example.com"),
        ("password_changed", "new@example.com"),
        ("password_changed", "old@example.com"),
    ]
    assert "Another7Horse" not in str([*Email.objects.values_list("facts", flat=True)])
