"""The language of a page, and what follows it: times, numbers, countries, phone numbers. Machines read one form."""

import csv
import re
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.ami.client import AmiUnreachable
from asterisk.apply.errors import ApplyError
from asterisk.models import ApplyRun
from core import coded_text, localization
from core.audit import fields
from core.audit.models import AuditRecord
from core.coded_text import CodedText
from core.localization import in_english
from core.preferences import language
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension
from tests import pseudo
from tests.pbxportal.test_preferences import TYPED
from tests.people import Typed, make_extension, make_user
from tests.test_words import ROOT

AT = datetime(2026, 7, 1, 23, 5, 9, tzinfo=UTC)


@pytest.fixture
def ada(db: None) -> User:
    return make_user("Ada", "super_administrator")


@pytest.fixture
def adas(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def with_german(settings: Settings) -> None:
    settings.LANGUAGES = [*portal_settings.LANGUAGES, ("de", "Deutsch")]


def tongue(page: str) -> str:
    found = re.search(r'<html lang="([^"]*)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize(
    ("code", "day", "moment", "exact", "count", "country"),
    [
        ("en", "07/01/2026", "07/01/2026 11:05 PM", "07/01/2026 11:05:09 PM", "1,234,567", "Germany"),
        ("en-gb", "01/07/2026", "01/07/2026 23:05", "01/07/2026 23:05:09", "1,234,567", "Germany"),
        ("en-ca", "2026-07-01", "2026-07-01 11:05 p.m.", "2026-07-01 11:05:09 p.m.", "1,234,567", "Germany"),
        ("de", "01.07.2026", "01.07.2026 23:05", "01.07.2026 23:05:09", "1.234.567", "Deutschland"),
    ],
)
def test_each_language_writes_its_own_way(
    code: str, day: str, moment: str, exact: str, count: str, country: str
) -> None:
    with translation.override(code):
        said = localization.day(date(2026, 7, 1)), localization.moment(AT), localization.exact(AT)
        assert said == (day, moment, exact)
        assert (localization.count(1234567), localization.country("DE")) == (count, country)


@pytest.mark.parametrize(
    ("code", "mobile", "shown"),
    [
        ("en", "+12025550143", "(202) 555-0143"),
        ("en", "+447400123456", "+44 7400 123456"),
        ("en-gb", "+447400123456", "07400 123456"),
        ("en-gb", "+12025550143", "+1 202-555-0143"),
        ("de", "+4915112345678", "01511 2345678"),
    ],
)
def test_a_number_of_the_languages_own_country_is_shown_as_it_is_dialled_there(
    code: str, mobile: str, shown: str
) -> None:
    person = User(first_name="Grace", mobile=mobile)
    with translation.override(code):
        assert person.mobile_shown == shown
        assert person.mobile_typed.startswith("+")


def test_a_page_is_in_the_persons_language_else_in_the_systems(adas: Client, ada: User) -> None:
    assert tongue(adas.get("/extensions/").content.decode()) == "en"
    Preferences.objects.update(language="en-gb")
    assert tongue(adas.get("/extensions/").content.decode()) == "en-gb"
    assert tongue(Client().get("/sign-in/").content.decode()) == "en-gb"
    User.objects.filter(pk=ada.pk).update(language="en-ie")
    assert tongue(adas.get("/extensions/").content.decode()) == "en-ie"
    assert tongue(adas.get("/nowhere/").content.decode()) == "en-ie"
    assert tongue(Client().get("/sign-in/").content.decode()) == "en-gb"


def test_a_language_that_is_gone_is_as_none(adas: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(language="tlh")
    assert tongue(adas.get("/extensions/").content.decode()) == "en"


def test_the_language_costs_no_query(adas: Client, ada: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            adas.get("/extensions/")
        return len(queries)

    asked()  # the first request notes the session
    usual = asked()
    User.objects.filter(pk=ada.pk).update(language="en-gb")
    assert asked() == usual


def test_a_email_is_in_the_persons_language(ada: User) -> None:
    Preferences.objects.update(language="en-ie")
    with language.of(ada):
        assert translation.get_language() == "en-ie"
    ada.language = "en-gb"
    with language.of(ada):
        assert translation.get_language() == "en-gb"
    with language.of(None):
        assert translation.get_language() == "en-ie"


def test_the_language_is_a_preference(adas: Client) -> None:
    assert adas.post("/preferences/", {**TYPED, "language": "en-gb"}).status_code == 302
    assert Preferences.load().language == "en-gb"
    record = AuditRecord.objects.get(action="preferences.changed")
    assert record.detail["fields"]["language"] == ["en", "en-gb"]
    [field] = [each for each in record.fields if each.label == "Language"]
    assert (field.old, field.new) == ("English (United States)", "English (United Kingdom)")
    ApplyRun.objects.create(started_at=AT)
    assert "01/07/2026 23:05:09" in adas.get("/history/").content.decode()


def test_a_language_that_there_is_not_is_refused(adas: Client) -> None:
    answer = adas.post("/preferences/", {**TYPED, "language": "tlh"})
    assert answer.status_code == 422
    assert "valid choice" in str(answer.context["form"].errors["language"])


def test_pages_follow_the_language_and_machines_do_not(adas: Client, with_german: None) -> None:
    grace = make_extension("1001", first_name="Grace")
    User.objects.filter(pk=grace.user_id).update(mobile="+4915112345678")
    ApplyRun.objects.create(started_at=AT, rows_written=12345)
    Preferences.objects.update(language="de")
    history = adas.get("/history/").content.decode()
    assert "01.07.2026 23:05:09" in history
    assert 'datetime="2026-07-01T23:05:09+00:00"' in history
    assert "12.345" in adas.get(f"/history/{ApplyRun.objects.latest('pk').pk}/").content.decode()
    assert "01511 2345678" in adas.get("/extensions/1001/").content.decode()
    assert 'value="+49 1511 2345678"' in adas.get("/extensions/1001/edit/").content.decode()
    assert ">Deutschland</option>" in adas.get("/preferences/").content.decode()
    assert re.search(r'min="\d{4}-\d\d-\d\d"', adas.get("/extensions/1001/leave/").content.decode())
    exported = b"".join(adas.post("/log/export/").streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.reader(StringIO(exported.removeprefix("\ufeff"))))
    assert len(rows) > 1
    assert all(datetime.fromisoformat(row[1]) for row in rows[1:])


# --- what is stored is the same in every language ---


@pytest.fixture
def bracketed(settings: Settings, tmp_path: Path, db: None) -> None:
    pseudo.write(tmp_path, [*pseudo.of_others(), *pseudo.of_the_portal(ROOT)])
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*portal_settings.LANGUAGES, (pseudo.CODE, "Brackets")]
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    Preferences.objects.update(language=pseudo.CODE)


def test_what_is_done_is_recorded_in_english(bracketed: None, adas: Client) -> None:
    body = Typed(number="1001").fields | {"then": "apply"}
    assert adas.post("/extensions/add/", body).status_code in (200, 302)
    adas.post("/extensions/1001/toggle/", {"enabled": "no"})
    extension = SipExtension.objects.get(number="1001")
    adas.post("/preferences/", {**TYPED, "language": pseudo.CODE, "name_format": "last_first"})
    adas.post("/roles/add/", {"name": "Front desk", "reach": "all", "granted": ["extension.view"], "opened": ""})
    stored = [
        *AuditRecord.objects.values_list("by_name", "module", "action", "on", "detail"),
        *Change.objects.values_list("fields", "former"),
        *ApplyRun.objects.values_list("explanation", "outcome"),
    ]
    assert not extension.enabled
    assert len(stored) > 6
    assert [each for each in stored if "⟦" in str(each)] == []
    assert "⟦" in adas.get("/log/").content.decode()


def test_what_was_said_of_an_apply_is_shown_in_the_language_of_the_page(bracketed: None) -> None:
    run = ApplyRun.objects.create()
    run.close(ApplyRun.Outcome.PROVED, CodedText("apply.compared", count=12_345))
    run.refresh_from_db()
    assert run.explanation == {"code": "apply.compared", "count": 12_345}
    with translation.override(pseudo.CODE):
        text = "⟦Verified: Asterisk has all 12,345 values.⟧"
        assert run.explanation_text == text
    difference = CodedText("proof.differs", said="there", wanted=CodedText("proof.gone"))
    error = ApplyError(difference, "1001", fields.label_of("caller_id"))
    run.close(ApplyRun.Outcome.REFUSED, CodedText("apply.refused_with", run="7", why=error))
    run.refresh_from_db()
    with translation.override(pseudo.CODE):
        why = "⟦Extension 1001, ⟦Caller ID⟧: ⟦the PBX reported “there” instead of “⟦missing⟧”.⟧⟧"
        assert run.explanation_text == f"⟦Refused together with apply 7. {why}⟧"


def test_an_error_is_said_in_the_language_of_who_reads_it(bracketed: None) -> None:
    error = AmiUnreachable(CodedText("pbx.unreachable", error=OSError(111, "Refused")))
    with translation.override(pseudo.CODE):
        assert str(error) == "⟦The PBX cannot be reached: [Errno 111] Refused.⟧"
        assert in_english(error) == "The PBX cannot be reached: [Errno 111] Refused."


def test_what_others_said_and_what_is_not_known_any_more_is_shown_as_it_is() -> None:
    assert coded_text.show(coded_text.to_json("Extension 1")) == "Extension 1"
    assert coded_text.show({"code": "of.an.earlier.version", "number": 1}) == "of.an.earlier.version"
    assert coded_text.show(None) == ""


def test_a_count_chooses_its_plural() -> None:
    assert str(CodedText("second_factor.passkeys", count=1)) == "1 passkey"
    assert str(CodedText("second_factor.passkeys", count=1_200)) == "1,200 passkeys"
