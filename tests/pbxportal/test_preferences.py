"""PBX Settings > Preferences: each in use."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.utils.timezone import get_current_timezone_name, localtime

from accounts.models import Organization, Role, User
from asterisk.models import ApplyRun
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.countries import countries
from core.preferences.middleware import PreferencesInForce
from core.preferences.models import Preferences
from extensions.models import SipExtension
from pbxportal.pbx_settings.forms import Conflict, PreferencesForm
from tests.people import Typed, make_extension, make_user

TYPED = {
    "company": "Acme", "organization_management": "on", "country": "DE",
    "first_number": "200", "last_number": "299", "sip_host": "pbx.example.com", "sip_port": "5070",
    "restore_points": "1000", "name_format": "first_last", "time_zone": "UTC", "version": "1",
    "password_length": "10", "idle_minutes": "15", "session_hours": "24", "language": "en",
}  # fmt: skip


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_what_is_saved_is_used(signed_in: Client) -> None:
    assert signed_in.post("/preferences/", TYPED).status_code == 302
    assert Organization.company().name == "Acme"
    add = signed_in.get("/extensions/add/").content.decode()
    assert 'value="200"' in add
    make_extension("200")
    detail = signed_in.get("/extensions/200/").context["phone"]
    assert (detail["server"], detail["port"]) == ("pbx.example.com", 5070)
    record = AuditRecord.objects.filter(action="preferences.changed").get()
    assert record.by_email == "ada@example.com"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("company", "", "Enter the Company Name"),
        ("country", "XX", "valid choice"),
        ("first_number", "5", "greater than or equal to 10"),
        ("last_number", "199", "not lower than the first"),
        ("sip_host", "pbx example;com", "host name or an address"),
        ("sip_port", "70000", "less than or equal to 65535"),
        ("restore_points", "9", "greater than or equal to 10"),
        ("restore_points", "100001", "less than or equal to 100000"),
        ("name_format", "last", "valid choice"),
        ("company", "=?utf-8?q?V=0aBcc:_evil=40x.de?=", "Remove “=?”"),
        ("company", "\u3164", "one line of plain text"),
        ("time_zone", "", "Enter the Time Zone"),
        ("time_zone", "Europe/Atlantis", "such as America/New_York"),
        ("time_zone", "posixrules", "such as America/New_York"),
        ("password_length", "9", "greater than or equal to 10"),
        ("password_length", "64", "less than or equal to 63"),
        ("idle_minutes", "4", "greater than or equal to 5"),
        ("idle_minutes", "121", "less than or equal to 120"),
        ("session_hours", "0", "greater than or equal to 1"),
        ("session_hours", "721", "less than or equal to 720"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: str, words: str) -> None:
    answer = signed_in.post("/preferences/", {**TYPED, field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in str(answer.context["form"].errors[field])
    assert Preferences.load().country == "US"


def test_there_may_be_one_number_alone(ada: User) -> None:
    assert PreferencesForm({**TYPED, "first_number": "200", "last_number": "200"}, by=ada).is_valid()


def save(client: Client, **more: str) -> None:
    """As a person does who has opened the page just now."""
    typed = {**TYPED, "version": str(Preferences.load().version), **more}
    assert client.post("/preferences/", typed).status_code == 302


# --- who ---


def viewer() -> User:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    user = make_user("Vic")
    user.role = role
    user.save()
    return user


def test_who_may_only_look_has_no_field_to_type_in_and_no_button(client: Client, db: None) -> None:
    client.force_login(viewer())
    answer = client.get("/preferences/")
    assert answer.status_code == 200
    fields = answer.context["form"].fields
    assert {"company", "country"} <= {*fields}
    assert all(field.disabled for field in fields.values())
    assert "Saving…" not in answer.content.decode()
    for address in ("", "apply/", "discard/"):
        assert client.post(f"/preferences/{address}", TYPED).status_code == 403
    assert Preferences.load().version == 1


# --- what was changed, and by two ---


def test_the_log_has_old_and_new_values(signed_in: Client) -> None:
    save(signed_in, company="Company", country="DE", password_signs="on", sip_port="", time_zone="tokyo")
    record = AuditRecord.objects.get(action="preferences.changed")
    fields = {each.label: [each.old, each.new] for each in record.fields}
    assert record.detail["fields"]["country"] == ["US", "DE"]
    assert fields["Country"] == ["United States", "Germany"]
    assert fields["Time Zone"] == ["UTC", "Asia/Tokyo"]
    assert fields["Require a symbol"] == ["off", "on"]
    assert fields["SIP server"] == ["", "pbx.example.com"]
    assert not fields.keys() & {"Company Name", "SIP port", "Number of applies to keep", "Name Display Format"}


def test_a_save_of_nothing_is_none(signed_in: Client) -> None:
    save(signed_in)
    answer = signed_in.post("/preferences/", {**TYPED, "version": "2"}, follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert AuditRecord.objects.filter(action="preferences.changed").count() == 1


def test_the_second_of_two_who_save_is_told_and_loses_nothing(signed_in: Client) -> None:
    save(signed_in)
    hugo = Client()
    hugo.force_login(make_user("Hugo", role="administrator"))
    save(hugo, session_hours="12", country="FR")
    answer = signed_in.post("/preferences/", {**TYPED, "version": "2", "idle_minutes": "20"})
    assert answer.status_code == 409
    form = answer.context["form"]
    assert "Hugo saved Preferences" in str(form.non_field_errors())
    assert sorted(form.errors) == ["__all__", "country", "idle_minutes", "session_hours"]
    assert "The saved value is now France" in str(form.errors["country"])
    page = answer.content.decode()
    assert '<input type="hidden" name="version" value="3">' in page
    assert (Preferences.load().country, Preferences.load().idle_minutes) == ("FR", 15)
    chosen = {**TYPED, "version": "3", "idle_minutes": "20", "session_hours": "12", "country": "FR"}
    assert signed_in.post("/preferences/", chosen).status_code == 302
    assert (Preferences.load().country, Preferences.load().idle_minutes) == ("FR", 20)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(ada: User) -> None:
    forms = [PreferencesForm({**TYPED, "session_hours": hours}, by=ada) for hours in ("10", "20")]
    assert all(form.is_valid() for form in forms)
    assert forms[0].try_save()
    with pytest.raises(Conflict):
        forms[1].try_save()
    assert (Preferences.load().session_hours, Preferences.load().version) == (10, 2)
    again = PreferencesForm({**TYPED, "session_hours": "20"}, by=ada)
    assert not again.is_valid()
    assert again.is_conflict
    assert "The saved value is now 10" in str(again.errors["session_hours"])


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 5000, "²"])
def test_a_version_that_is_none_writes_nothing(signed_in: Client, version: str) -> None:
    assert signed_in.post("/preferences/", {**TYPED, "version": version}).status_code == 409
    assert Preferences.load().country == "US"


# --- each in use ---


@pytest.mark.parametrize(
    ("chosen", "shown"), [("first_last", "Ada Byron"), ("last_first", "Byron Ada"), ("lastfirst", "ByronAda")]
)
def test_names_stand_as_chosen(signed_in: Client, ada: User, chosen: str, shown: str) -> None:
    ada.last_name = "Byron"
    ada.save()
    make_extension("1000", user=ada)
    save(signed_in, name_format=chosen)
    for page in ("/extensions/", "/extensions/1000/", "/extensions/1000/delete/", "/review/"):
        assert f"<bdi>{shown}</bdi>" in signed_in.get(page).content.decode(), page
    assert SipExtension.objects.get().sort_name == shown.casefold()
    assert len(signed_in.get("/extensions/", {"q": shown}).context["extensions"]) == 1


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Port‑au‑Prince", "America/Port-au-Prince"),
    ],
)
def test_a_time_zone_is_found_by_its_city(signed_in: Client, typed: str, zone: str) -> None:
    save(signed_in, time_zone=typed)
    assert Preferences.load().time_zone == zone


def test_times_are_shown_in_the_chosen_zone(signed_in: Client) -> None:
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    run = ApplyRun.objects.create(started_at=at)
    assert "07/01/2026 11:30:00 PM" in signed_in.get("/history/").content.decode()
    save(signed_in, time_zone="Asia/Tokyo")
    for page in ("/history/", f"/history/{run.pk}/"):
        assert "07/02/2026 8:30:00 AM" in signed_in.get(page).content.decode()


def test_what_is_made_while_it_is_sent_follows_preferences_too(rf: RequestFactory, ada: User) -> None:
    Preferences.objects.update(time_zone="Asia/Tokyo", name_format="last_first")
    ada.last_name = "Byron"

    def lines() -> Iterator[str]:
        yield f"{localtime(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)):%H:%M} {ada.full_name}"

    answer = PreferencesInForce(lambda _: StreamingHttpResponse(lines()))(rf.get("/"))  # type: ignore[arg-type,return-value]
    assert b"".join(answer) == b"08:30 Byron Ada"
    assert get_current_timezone_name() == "UTC"


def test_a_time_is_typed_in_the_chosen_zone(signed_in: Client) -> None:
    Preferences.objects.update(restore_points=10)
    ApplyRun.objects.bulk_create(ApplyRun(started_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) for _ in range(10))
    save(signed_in, time_zone="Asia/Tokyo", restore_points="10")
    before, after = (
        signed_in.post("/history/back/", {"moment": moment}, follow=True).content.decode()
        for moment in ("2026-07-02T08:29", "2026-07-02T08:31")
    )
    assert "starts at 07/02/2026 8:30:00 AM" in before
    assert "already as it was" in after


def test_the_command_reads_a_time_in_the_chosen_zone(db: None) -> None:
    Preferences.objects.update(time_zone="Asia/Tokyo", restore_points=10)
    ApplyRun.objects.bulk_create(ApplyRun(started_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) for _ in range(10))
    with pytest.raises(CommandError, match="starts at 07/02/2026 8:30:00 AM"):
        call_command("apply", "--to", "2026-07-02T08:29")
    call_command("apply", "--to", "2026-07-02T08:31")


def test_forms_ask_for_the_passwords_that_are_accepted(signed_in: Client) -> None:
    save(signed_in, password_length="20", password_signs="on")
    page = signed_in.get("/extensions/add/")
    field = page.context["form"].person.fields["password"]
    assert field.help_text.startswith("20 to 128 characters, with a digit")
    assert (field.widget.attrs["data-length"], "!" in field.widget.attrs["data-alphabet"]) == ("20", True)
    suggested = page.context["form"].person["password"].value()
    typed = {**Typed("200").fields, "password": "Correct7Horse9Staple"}
    answer = signed_in.post("/extensions/add/", typed)
    assert "Add a symbol such as ! or #." in answer.content.decode()
    assert signed_in.post("/extensions/add/", {**typed, "password": suggested}).status_code == 302


def test_the_list_of_zones_is_short_and_asked_for_once(signed_in: Client) -> None:
    page = signed_in.get("/preferences/").content.decode()
    assert 300 < page.count("<option value=") - len(countries()) < 520
    assert '<option value="Europe/Berlin">' in page
    assert '<option value="US" selected>United States</option>' in page


def test_preferences_are_not_saved_where_they_cannot_be_recorded(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise DatabaseError("no room for a row")

    monkeypatch.setattr("pbxportal.pbx_settings.forms.log.record", broken)
    with suppress(DatabaseError):
        signed_in.post("/preferences/", {**TYPED, "version": str(Preferences.load().version), "company": "Other"})
    assert (Preferences.load().version, Organization.company().name == "Other") == (1, False)
