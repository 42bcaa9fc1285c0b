"""Preferences that the PBX follows: with an apply of their own, proved, refused, kept or undone like any other."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk import check
from asterisk.apply.errors import ApplyError
from asterisk.apply.run import is_behind
from asterisk.apply.undo import back_to
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from asterisk.process import tones
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from core.audit.models import AuditRecord
from core.preferences.models import NameFormat, Preferences, SystemChange
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from extensions.review import preferences as preference_changes
from tests.node import apply, apply_preferences, catch_up, connected
from tests.pages import html_of
from tests.pbx.office import Office, contacts, engine_tables, eventually, not_a_file, talking
from tests.pbx.test_apply import planted, rows, waiting
from tests.people import make_extension
from tests.phones.phone import Phone

Outcome = ApplyRun.Outcome
Field = SystemChange.Field
FIRST_LAST, LAST_FIRST, LASTFIRST = NameFormat
LOUD = 0.02


def wish(**preferences: str) -> None:
    for name, value in preferences.items():
        assert preference_changes.choose(None, Field(name), value)


def caller_name(number: str) -> str:
    login = rows(number).login
    assert login
    return login.caller_name


def waits() -> list[str]:
    return [str(each) for each in SystemChange.objects.waiting()]


def tones_of() -> str:
    text = (settings.ASTERISK_DIR / "etc/indications.conf").read_text()
    return text.partition("\ncountry=")[2].partition("\n")[0]


def of_common() -> tuple[str, str]:
    """The country's code, by which numbers are read, and the seconds of the longest message, as the PBX has them."""
    with engine_tables() as tables:
        (code,) = tables.execute("SELECT code FROM country").fetchone()
        (seconds,) = tables.execute("SELECT value FROM common WHERE name = 'voicemail_seconds'").fetchone()
    return code, seconds


def rename(extension: SipExtension, first_name: str) -> None:
    before = changes.picture(extension)
    extension.user.first_name = first_name
    extension.user.save()
    changes.record(None, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


@pytest.fixture(autouse=True)
def tones_of_before(db: None) -> None:
    tones.put(settings.ASTERISK_DIR)


@pytest.fixture
def grace(asterisk: Embedded, db: None) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    apply(["1000"], None)
    return extension


def rang_as(caller: Phone, number: str, callee: Phone) -> str:
    outgoing = caller.call(number)
    incoming = callee.wait_call()
    name = incoming.caller_name
    outgoing.hangup()
    incoming.wait_ended()
    return name


# --- the order of names ---


def test_more_than_the_name_is_asked_of_whom_the_last_apply_did_not_prove(
    office: Office, asterisk: Embedded, grace: SipExtension, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = office.extension(number="4001")  # not the first: of that one all is asked in any case
    office.registered(extension)
    before = changes.picture(extension)
    extension.registration_password = "Another7HorseStaple"
    extension.save()
    changes.record(None, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))
    with monkeypatch.context() as patch:
        patch.setattr(proof, "ask", lambda *_: iter(()))
        assert apply([extension.number], None).outcome == Outcome.WAITING
    assert len(contacts(extension.number)) == 1
    wish(name_format=LAST_FIRST)
    assert apply_preferences(None).outcome == Outcome.PROVED
    assert waiting() == []
    assert contacts(extension.number) == []


def test_callers_are_shown_in_the_new_order_only_after_the_apply(office: Office, grace: SipExtension) -> None:
    caller, callee = office.registered(grace), office.registered(office.extension(number="4001"))
    wish(name_format=LAST_FIRST)
    assert rang_as(caller, callee.number, callee) == "Grace Hopper"
    run = apply_preferences(None)
    assert (run.outcome, run.rows_written) == (Outcome.PROVED, 1)
    assert rang_as(caller, callee.number, callee) == "Hopper Grace"
    assert waits() == []


def test_what_waits_of_an_extension_goes_on_waiting(grace: SipExtension) -> None:
    other = make_extension("1001", first_name="Alan", last_name="Turing")
    rename(grace, "Amazing")
    wish(name_format=LASTFIRST)
    apply_preferences(None)
    assert caller_name("1000") == "HopperGrace"
    assert rows(other.number).login is None
    assert waiting() == ["1000", "1001"]
    apply(["1000", "1001"], None)
    assert [caller_name(number) for number in ("1000", "1001")] == ["HopperAmazing", "TuringAlan"]


def test_the_apply_of_an_extension_takes_no_preference_along(grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    rename(grace, "Amazing")
    apply(["1000"], None)
    assert caller_name("1000") == "Amazing Hopper"
    assert waits() == ["Name Display Format: First Last -> Last First"]


def test_a_waiting_order_of_names_is_no_drift(grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    assert check.compare(from_settings(), ["1000"]) == (True, [])
    apply_preferences(None)
    assert check.compare(from_settings(), ["1000"]) == (True, [])
    Preferences.objects.update(name_format=FIRST_LAST)
    assert [drift.field for drift in check.compare(from_settings(), ["1000"])[1]]


def test_two_saves_wait_as_one_and_back_again_as_none(asterisk: Embedded, db: None) -> None:
    wish(name_format=LAST_FIRST)
    wish(name_format=LASTFIRST)
    assert waits() == ["Name Display Format: First Last -> LastFirst"]
    wish(name_format=FIRST_LAST)
    assert waits() == []


def test_a_refused_order_waits_and_the_rows_are_as_before(grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"), pytest.raises(ApplyError) as refusal:
        apply_preferences(None)
    assert (refusal.value.extension, str(refusal.value.field)) == ("1000", "IP Phone Concurrent Registrations")
    assert caller_name("1000") == "Grace Hopper"
    assert waits() == ["Name Display Format: First Last -> Last First"]
    assert not is_behind()
    assert apply_preferences(None).outcome == Outcome.PROVED
    assert caller_name("1000") == "Hopper Grace"


def test_while_the_pbx_is_away_it_is_kept_and_then_proved(grace: SipExtension, settings: Settings) -> None:
    port, settings.AMI_PORT = settings.AMI_PORT, 9
    wish(name_format=LAST_FIRST, country="DE")
    run = apply_preferences(None)
    assert run.outcome == Outcome.WAITING
    assert (waits(), is_behind(), caller_name("1000"), tones_of()) == ([], True, "Hopper Grace", "de")
    rename(grace, "Amazing")
    settings.AMI_PORT = port
    catch_up()
    run.refresh_from_db()
    assert (run.outcome, is_behind()) == (Outcome.PROVED, False)
    assert not SystemChange.objects.unproved().exists()
    assert caller_name("1000") == "Hopper Grace"


def test_kept_and_then_refused_all_is_as_it_was_proved(grace: SipExtension, settings: Settings) -> None:
    wish(country="GB", voicemail_minutes="5")
    apply_preferences(None)
    port, settings.AMI_PORT = settings.AMI_PORT, 9
    wish(name_format=LAST_FIRST, country="DE", voicemail_minutes="3")
    run = apply_preferences(None)
    wish(name_format=LASTFIRST)
    settings.AMI_PORT = port
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"), pytest.raises(ApplyError):
        apply_preferences(None)
    run.refresh_from_db()
    assert (run.outcome, is_behind()) == (Outcome.REFUSED, False)
    assert (caller_name("1000"), tones_of(), of_common()) == ("Grace Hopper", "uk", ("44", "300"))
    assert sorted(waits()) == [
        "Country: United Kingdom -> Germany",
        "Longest message (minutes): 5 -> 3",
        "Name Display Format: First Last -> LastFirst",
    ]
    assert apply_preferences(None).outcome == Outcome.PROVED
    assert (caller_name("1000"), tones_of(), of_common()) == ("HopperGrace", "de", ("49", "180"))


def test_a_table_that_was_lost_is_filled_with_the_order_that_was_applied(grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    apply_preferences(None)
    wish(name_format=LASTFIRST)
    with engine_tables() as tables:
        tables.execute("DELETE FROM sip_login")
        tables.execute("DELETE FROM common WHERE name = 'complete'")
    apply([], None)
    assert caller_name("1000") == "Hopper Grace"


# --- tones ---


def test_the_country_s_tones_are_those_of_the_pbx_after_the_apply(asterisk: Embedded, db: None) -> None:
    with connected(events="system") as ami:
        wish(country="GB")
        assert tones_of() == "us"
        run = apply_preferences(None)
        heard = [event for _ in range(4) for event in ami.events(0.5) if event["Event"] == "Reload"]
    assert [(event["Module"], event["Status"]) for event in heard] == [("indications", "0")]
    assert (run.outcome, tones_of()) == (Outcome.PROVED, "uk")
    assert re.fullmatch(r"Verified: Asterisk has all \d+ values\. Asterisk reloaded its tones\.", run.explanation_text)


@pytest.fixture
def ringing_tone(asterisk: Embedded) -> Iterator[str]:
    """A number at which Asterisk itself makes the tone that a caller hears while it rings."""
    dial_plan = settings.ASTERISK_DIR / "etc/extensions.conf"
    before = dial_plan.read_text()
    number = "exten => *99,1,Answer()\n same => n,Ringing()\n same => n,Wait(30)\n"
    dial_plan.write_text(before.replace("[from-extension]\n", f"[from-extension]\n{number}"))
    reload("pbx_config.so")
    yield "*99"
    dial_plan.write_text(before)
    reload("pbx_config.so")


def reload(module: str) -> None:
    with connected() as ami:
        ami.ask("Reload", Module=module)


def test_the_new_tones_are_heard_and_the_call_that_is_up_goes_on(office: Office, ringing_tone: str) -> None:
    caller, callee = office.registered(), office.registered()
    heard_by(caller, ringing_tone, there=480, absent=425)
    outgoing, _ = talking(caller, callee)
    wish(country="DE")
    apply_preferences(None)
    assert not outgoing.ended
    outgoing.hangup()
    heard_by(caller, ringing_tone, there=425, absent=480)


def heard_by(phone: Phone, number: str, *, there: int, absent: int) -> None:
    call = phone.call(number)
    call.wait_answered()
    call.start_audio()
    assert eventually(lambda: call.audio_received.tone_level(there) > LOUD), call.audio_received
    assert call.audio_received.tone_level(there) > 4 * call.audio_received.tone_level(absent), call.audio_received
    call.hangup()


def test_a_file_that_cannot_be_written_is_refused_and_said(asterisk: Embedded, db: None, tmp_path: Path) -> None:
    wish(country="GB")
    with (
        not_a_file(settings.ASTERISK_DIR / "etc/indications.conf"),
        pytest.raises(ApplyError, match=r"indications\.conf cannot be written: Is a directory"),
    ):
        apply_preferences(None)
    assert (waits(), tones_of()) == (["Country: United States -> United Kingdom"], "us")


@pytest.mark.parametrize(
    ("country", "zone"),
    [("US", "us"), ("CA", "us"), ("JM", "us"), ("GB", "uk"), ("JE", "uk"), ("DE", "de"), ("JP", "jp"), ("KE", "itu")],
)
def test_each_country_has_tones(country: str, zone: str) -> None:
    assert tones.zone(country) == zone


def test_asterisk_complains_of_no_section_of_the_file(asterisk: Embedded, db: None) -> None:
    problems = settings.ASTERISK_DIR / "log/problems.log"
    before = problems.stat().st_size
    wish(country="JP")
    assert apply_preferences(None).outcome == Outcome.PROVED
    assert "indication" not in problems.read_bytes()[before:].decode()


# --- who, and what it says ---


@pytest.fixture
def adas(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def seen() -> dict[str, list[str]]:
    return {"seen": [f"{each.pk}.{each.new}" for each in SystemChange.objects.waiting()]}


def test_review_says_what_it_would_do_and_applies_it(adas: Client, grace: SipExtension) -> None:
    make_extension("1001", first_name="Suharto")
    wish(name_format=LAST_FIRST, country="DE")
    page = adas.get("/review/").content.decode()
    assert "The caller name of 1 extension changes. Calls are not interrupted." in page
    assert "The PBX reloads its tones. Calls are not interrupted." in page
    answer = adas.post("/preferences/apply/", {**seen(), "from": "review"}, follow=True)
    assert "Asterisk reloaded its tones." in answer.content.decode()
    assert caller_name("1000") == "Hopper Grace"
    run = ApplyRun.objects.latest("pk")
    assert "Last First" in adas.get(f"/history/{run.pk}/").content.decode()
    assert AuditRecord.objects.filter(action="apply.proved", by_email="ada@example.com").exists()


def test_what_was_saved_after_the_page_was_made_is_not_applied_unseen(adas: Client, grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    before = seen()
    wish(name_format=LASTFIRST)
    answer = adas.post("/preferences/apply/", before, follow=True)
    assert "someone else saved a change" in answer.content.decode()
    assert caller_name("1000") == "Grace Hopper"


def test_discard_puts_back_what_the_pbx_has(adas: Client, grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST, country="DE")
    adas.post("/preferences/discard/")
    preferences = Preferences.load()
    assert (preferences.name_format, preferences.country, waits()) == (FIRST_LAST, "US", [])
    assert SipExtension.objects.get(number="1000").sort_name == "grace hopper"


def test_a_failed_apply_says_what_asterisk_said(adas: Client, grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"):
        answer = adas.post("/preferences/apply/", seen())
    assert answer.status_code == 503
    assert "instead of" in answer.content.decode()


def test_an_undo_wishes_the_preference_back(adas: Client, grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    run = apply_preferences(None)
    answer = adas.post(f"/history/{run.pk}/undo/", follow=True)
    assert "The undo is ready" in answer.content.decode()
    assert waits() == ["Name Display Format: Last First -> First Last"]
    apply_preferences(None)
    assert caller_name("1000") == "Grace Hopper"


def test_who_may_not_change_preferences_undoes_none(client: Client, hugo: User, grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    run = apply_preferences(None)
    client.force_login(hugo)
    answer = client.post(f"/history/{run.pk}/undo/", follow=True)
    assert "Someone who can change Preferences must undo it" in answer.content.decode()
    assert Preferences.load().name_format == LAST_FIRST
    with pytest.raises(Exception, match="Someone who can change Preferences"):
        back_to(run.started_at, hugo)


def test_who_may_not_see_preferences_sees_none_wait(client: Client, ada: User, hugo: User, grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    client.force_login(ada)
    assert "waiting-noun" in html_of(client, "/pbx/")
    client.force_login(hugo)
    page = html_of(client, "/review/")
    assert "Name Display Format" not in page
    assert "waiting-noun" not in html_of(client, "/pbx/")
    assert client.post("/preferences/apply/", seen()).status_code == 404
    assert client.post("/preferences/discard/").status_code == 404
    assert waits()


def test_the_command_shows_and_applies(grace: SipExtension) -> None:
    wish(name_format=LAST_FIRST)
    shown = told("apply").splitlines()
    assert shown[0] == "  Preferences Name Display Format: First Last -> Last First"
    assert shown[-1] == "Preferences have unapplied changes. Nothing is written without --yes."
    assert caller_name("1000") == "Grace Hopper"
    assert "1 extension, 1 row written" in told("apply", "--yes")
    assert caller_name("1000") == "Hopper Grace"
    run = ApplyRun.objects.latest("pk")
    assert "Last First -> First Last" in told("apply", "--undo", str(run.pk))
    assert Preferences.load().name_format == LAST_FIRST
    told("apply", "--yes")
    assert told("apply") == "No differences: the PBX's tables are up to date.\n"
    wish(voicemail_minutes="3")
    assert told("apply").splitlines() == [
        "  Preferences Longest message (minutes): 10 -> 3",
        "Preferences have unapplied changes. Nothing is written without --yes.",
    ]
    make_extension("1001")
    assert told("apply").splitlines()[-1] == "1 extension differs. Nothing is written without --yes."


def told(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_the_set_up_gives_the_pbx_the_country(asterisk: Embedded, db: None, client: Client) -> None:
    from accounts.first_run import link as set_up_link

    url = set_up_link.setup_url()
    assert url
    typed = {"first_name": "Ada", "email": "a@example.com", "password": "Correct7Horse9Staple", "company": "A"}
    typed |= {"reach": "machine"}
    client.post(client.get(url.removeprefix(settings.PORTAL_URL))["Location"], {**typed, "country": "FR"})
    assert (waits(), is_behind(), tones_of()) == ([], True, "us")
    catch_up()
    assert (is_behind(), tones_of()) == (False, "fr")
