"""Extension and Trunk > Trunk."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions.pbx import PbxError
from tests.people import make_user
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.typed import TRUNK, make_outbound, make_trunk, opened, posted, text_of
from trunks.models import Trunk
from trunks.pbx import TrunkState, TrunkWord
from trunks.probe import client as probe
from trunks.probe.client import Outcome, Result
from trunks.trunks.providers import BY_KEY

LIST, ADD = "/trunks/", "/trunks/add/"


@pytest.fixture
def signed_in(client: Client, ada: User, known_pbx: type[KnownPbx]) -> Client:
    Preferences.objects.update(country="DE")
    client.force_login(ada)
    return client


def page_of(trunk: Trunk, more: str = "") -> str:
    return f"/trunks/{trunk.pk}/{more}"


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: [str(each) for each in found] for name, found in answer.context["form"].errors.items()}


def test_a_trunk_is_saved_with_its_password_sealed_and_waits_for_the_pbx(signed_in: Client) -> None:
    answer = posted(signed_in, ADD, TRUNK)
    trunk = Trunk.objects.get()
    assert answer["Location"] == page_of(trunk)
    assert (trunk.host, trunk.port, trunk.number, trunk.position) == ("sip.example.com", 0, "+493012345678", 1)
    assert trunk.password == "Brass-Monkey-12"
    assert "Brass" not in trunk.sealed_password
    change = SystemChange.objects.waiting().get()
    assert (change.field, change.old, change.new) == ("lines", "", Preferences.now("lines"))
    page = text_of(signed_in.get(page_of(trunk)))
    assert "Trunk Example Telecom saved. Apply to send it to the PBX." in page
    assert "Brass-Monkey" not in page


def test_what_was_saved_is_in_the_log_without_the_password(signed_in: Client) -> None:
    posted(signed_in, ADD, TRUNK)
    trunk = Trunk.objects.get()
    posted(
        signed_in,
        page_of(trunk, "edit/"),
        TRUNK | {"password": "Another-One-34", "max_calls": "4", "codecs": "ulaw,alaw"},
    )
    added, changed = AuditRecord.objects.filter(module="trunk").order_by("pk")
    assert (added.action, changed.action, added.on) == ("trunk.added", "trunk.changed", "Example Telecom")
    shown = {str(each.label): (each.old, each.new) for each in changed.fields}
    assert shown == {
        "Password": ("changed", "changed"),
        "Calls at once": ("No limit", "4"),
        "Codecs": ("G.711 A-law, then µ-law", "G.711 µ-law, then A-law"),
    }
    assert "Another-One" not in str([added.detail, changed.detail])
    assert "Brass" not in str([added.detail, changed.detail])


def test_save_and_apply_sends_only_lines_to_the_pbx(signed_in: Client, known_pbx: type[KnownPbx]) -> None:
    SystemChange.note(None, SystemChange.Field.COUNTRY, "US", "DE")
    answer = posted(signed_in, ADD, TRUNK, then="apply")
    assert known_pbx.applied == [["lines"]]
    assert answer["Location"] == page_of(Trunk.objects.get())
    assert "Trunk Example Telecom saved. Verified." in text_of(signed_in.get(answer["Location"]))
    assert [each.field for each in SystemChange.objects.waiting()] == ["country"]


def test_what_somebody_else_saved_is_not_applied_unseen(signed_in: Client, known_pbx: type[KnownPbx]) -> None:
    make_trunk(make_user("Hedy", role="administrator"), "Other")
    assert posted(signed_in, ADD, TRUNK, then="apply")["Location"] == "/review/"
    assert known_pbx.applied == []


def test_an_apply_that_fails_says_why(signed_in: Client, known_pbx: type[KnownPbx]) -> None:
    mark = opened(signed_in, ADD)
    known_pbx.trouble = PbxError("It is on fire.")
    answer = signed_in.post(ADD, TRUNK | {"opened": mark, "then": "apply"})
    assert answer.status_code == 503
    assert "It is on fire." in text_of(answer)
    assert Trunk.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("sip:sip.example.com", "sip.example.com"),
        (" SIPS:SIP.Example.Com. ", "sip.example.com"),
        ("192.0.2.10", "192.0.2.10"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("telefon.müller.de", "telefon.xn--mller-kva.de"),
    ],
)
def test_a_server_is_kept_as_its_name_alone(signed_in: Client, typed: str, kept: str) -> None:
    posted(signed_in, ADD, TRUNK | {"host": typed})
    assert Trunk.objects.get().host == kept


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"name": "a\u202eb"}, "name", "one line of plain text"),
        ({"host": ""}, "host", "Enter the Server."),
        ({"host": "https://example.com"}, "host", "Enter the server's name alone"),
        ({"host": "49301234@sip.example.com"}, "host", "Enter the server's name alone"),
        ({"host": "sip.example.com:5060"}, "host", "Enter the port in its own field."),
        ({"host": "[2001:db8::1]:5060"}, "host", "Enter the port in its own field."),
        ({"host": "not a host"}, "host", "Enter a host name or an address, such as sip.example.com or 192.0.2.10."),
        ({"host": "sip.example.com\r\nX: y"}, "host", "Enter a host name or an address"),
        ({"port": "0x50"}, "port", "Enter a port from 1 to 65535, or leave it empty."),
        ({"port": "५०६०"}, "port", "Enter a port from 1 to 65535, or leave it empty."),
        ({"port": "65536"}, "port", "Enter a port from 1 to 65535, or leave it empty."),
        ({"max_calls": "501"}, "max_calls", "Enter a number from 1 to 500, or leave it empty."),
        ({"keep_alive": "-1"}, "keep_alive", "Enter a number from 1 to 3600, or leave it empty."),
        ({"username": ""}, "username", "Enter the user name from your provider."),
        ({"username": "a b"}, "username", "Use up to 63 letters"),
        ({"username": "a;b"}, "username", "Use up to 63 letters"),
        ({"password": ""}, "password", "Enter the password from your provider."),
        ({"password": "grün"}, "password", "without accents"),
        ({"password": "a\nb"}, "password", "without accents"),
        ({"number": "12"}, "number", "Enter a phone number such as"),
        ({"number": "sip:1"}, "number", "Enter a phone number such as"),
        ({"registers": "", "username": ""}, "username", "Enter the user name that the password is of."),
        ({"transport": "sctp"}, "transport", "sctp"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    signed_in: Client, typed: dict[str, str], field: str, words: str
) -> None:
    found = errors(posted(signed_in, ADD, TRUNK | typed))
    assert words in found[field][0]
    assert list(found) == [field]
    assert not Trunk.objects.exists()


def test_a_name_is_given_once(signed_in: Client) -> None:
    make_trunk()
    assert errors(posted(signed_in, ADD, TRUNK)) == {"name": ["Another one has this name."]}


def test_a_national_number_is_one_of_the_country(signed_in: Client) -> None:
    posted(signed_in, ADD, TRUNK | {"number": "030 12345678"})
    assert Trunk.objects.get().number == "+493012345678"


def test_a_trunk_by_address_needs_no_account(signed_in: Client) -> None:
    posted(signed_in, ADD, TRUNK | {"registers": "", "username": "", "password": ""})
    assert (Trunk.objects.get().registers, Trunk.objects.get().password) == (False, "")


def test_an_empty_password_keeps_it_for_the_same_server_alone(signed_in: Client) -> None:
    trunk = make_trunk()
    url = page_of(trunk, "edit/")
    posted(signed_in, url, TRUNK | {"password": "", "name": "Renamed"})
    trunk.refresh_from_db()
    assert (trunk.name, trunk.password) == ("Renamed", "Brass-Monkey-12")
    found = errors(posted(signed_in, url, TRUNK | {"password": "", "host": "sip.attacker.example"}))
    assert found == {"password": ["Enter the password again, as the server is another one."]}
    posted(signed_in, url, TRUNK | {"password": "", "username": "", "registers": ""})
    trunk.refresh_from_db()
    assert trunk.password == ""


def test_a_provider_fills_the_form_in(signed_in: Client) -> None:
    form = signed_in.get(ADD, {"provider": "telekom"}).context["form"]
    assert form["host"].value() == "tel.t-online.de"
    assert form["transport"].value() == "tls"
    page = text_of(signed_in.get(ADD, {"provider": "telekom"}))
    assert '<option value="telekom" selected>Telekom</option>' in page
    assert signed_in.get(ADD, {"provider": "nobody"}).status_code == 200


def test_the_page_of_a_trunk_follows_its_state(signed_in: Client) -> None:
    trunk = make_trunk()
    assert 'hx-select="#trunk-state"' in text_of(signed_in.get(page_of(trunk)))
    signed_in.post(page_of(trunk, "toggle/"), {"enabled": "no"})
    assert 'hx-select="#trunk-state"' not in text_of(signed_in.get(page_of(trunk)))


def test_a_trunk_without_a_route_leads_to_a_new_one(signed_in: Client) -> None:
    trunk = make_trunk()
    assert 'href="/outbound-routes/add/"' in text_of(signed_in.get(page_of(trunk)))
    make_outbound(trunk)
    assert 'href="/outbound-routes/add/"' not in text_of(signed_in.get(page_of(trunk)))


def test_the_chosen_provider_is_kept_where_something_is_missing(signed_in: Client) -> None:
    page = text_of(posted(signed_in, ADD, TRUNK | {"username": "", "provider": "telekom"}))
    assert '<option value="telekom" selected>' in page
    assert '<input type="hidden" name="provider" value="telekom" data-provider>' in page
    assert str(BY_KEY["telekom"].user_name) in page


def test_a_new_trunk_begins_with_what_is_usual(signed_in: Client) -> None:
    form = signed_in.get(ADD).context["form"]
    assert {name: form[name].value() for name in ("enabled", "registers", "keep_alive", "carries_emergency")} == {
        "enabled": True,
        "registers": True,
        "keep_alive": 30,
        "carries_emergency": True,
    }


def test_the_codecs_are_those_of_the_country(signed_in: Client) -> None:
    assert signed_in.get(ADD).context["form"]["codecs"].value() == "alaw,ulaw"
    Preferences.objects.update(country="US")
    assert signed_in.get(ADD).context["form"]["codecs"].value() == "ulaw,alaw"


# --- two at once ---


def test_who_saves_later_sees_what_was_saved_and_decides(signed_in: Client) -> None:
    trunk = make_trunk()
    url = page_of(trunk, "edit/")
    mark = opened(signed_in, url)
    posted(signed_in, url, TRUNK | {"max_calls": "7", "password": ""})
    answer = signed_in.post(url, TRUNK | {"max_calls": "9", "password": "", "opened": mark, "then": "save"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Ada saved this while you had the page open." in page
    assert "The saved value is now 7. Enter that value, or keep yours." in page
    assert Trunk.objects.get().max_calls == 7
    again = str(answer.context["form"]._mark())
    signed_in.post(url, TRUNK | {"max_calls": "9", "password": "", "opened": again, "then": "save"})
    assert Trunk.objects.get().max_calls == 9


def test_a_move_is_no_conflict(signed_in: Client) -> None:
    first, second = make_trunk(), make_trunk(name="Second")
    mark = opened(signed_in, page_of(first, "edit/"))
    signed_in.post(page_of(second, "move/"), {"to": "up"})
    assert [str(each) for each in Trunk.objects.all()] == ["Second", "Example Telecom"]
    answer = signed_in.post(page_of(first, "edit/"), TRUNK | {"opened": mark, "then": "save"})
    assert answer.status_code == 302
    assert [str(each) for each in Trunk.objects.all()] == ["Second", "Example Telecom"]


# --- the list ---


def test_the_list_shows_what_the_pbx_says(signed_in: Client, known_pbx: type[KnownPbx]) -> None:
    good, bad, new = make_trunk(name="Good"), make_trunk(name="Bad"), make_trunk(name="New")
    make_trunk(name="Off", enabled=False)
    since = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
    known_pbx.known = {
        good.pk: TrunkState(TrunkWord.REGISTERED, since),
        bad.pk: TrunkState(TrunkWord.REFUSED, since, "403 Forbidden"),
    }
    words = [(row.trunk.name, str(row.state.word.label), row.state.why) for row in signed_in.get(LIST).context["rows"]]
    assert words == [
        ("Good", "Registered", ""),
        ("Bad", "Refused", "403 Forbidden"),
        ("New", "Unknown", "The PBX does not have this trunk yet."),
        ("Off", "Off", ""),
    ]
    assert "403 Forbidden" in text_of(signed_in.get(page_of(bad)))
    known_pbx.trouble = PbxError("The PBX did not respond in time.")
    assert "The PBX did not respond in time." in text_of(signed_in.get(page_of(new)))


def test_moves_are_in_the_log_and_wait(signed_in: Client) -> None:
    names = [make_trunk(name=name).pk for name in ("A", "B", "C")]
    for pk, to, order in [
        (names[0], "down", "BAC"),
        (names[2], "down", "BAC"),
        (names[1], "up", "BAC"),
        (names[2], "up", "BCA"),
    ]:
        signed_in.post(f"/trunks/{pk}/move/", {"to": to})
        assert "".join(str(each) for each in Trunk.objects.all()) == order
    moved = AuditRecord.objects.filter(action="trunk.moved")
    assert [(each.on, each.detail["fields"]) for each in moved] == [
        ("C", {"line_order": [3, 2]}),
        ("A", {"line_order": [1, 2]}),
    ]
    assert not AuditRecord.objects.filter(action="trunk.changed").exists()


def test_no_trunk_for_emergencies_is_said_in_red(signed_in: Client) -> None:
    for url in (LIST, "/extensions/", "/emergency/", "/dashboard/"):
        assert "Emergency calls cannot be made." in text_of(signed_in.get(url)), url
    trunk = make_trunk()
    for url in (LIST, "/extensions/", "/emergency/", "/dashboard/"):
        assert "Emergency calls cannot be made." not in text_of(signed_in.get(url)), url
    page = text_of(signed_in.post(page_of(trunk, "toggle/"), {"enabled": "no"}, follow=True))
    assert "No enabled trunk carries emergency calls." in page
    assert "Emergency calls cannot be made." in text_of(signed_in.get(LIST))


# --- delete ---


def test_a_trunk_that_a_route_uses_is_not_deleted(signed_in: Client) -> None:
    trunk = make_trunk()
    route = make_outbound(trunk)
    assert f'href="/outbound-routes/{route.pk}/"' in signed_in.get(f"/trunks/{trunk.pk}/delete/").content.decode()
    words = "The outbound route Everywhere uses this trunk. Choose another trunk there first."
    assert words in text_of(signed_in.get(page_of(trunk, "delete/")))
    answer = signed_in.post(page_of(trunk, "delete/"), {"then": "save"})
    assert answer.status_code == 409
    assert words in text_of(answer)
    assert Trunk.objects.exists()


def test_a_trunk_is_deleted_and_that_is_said(signed_in: Client) -> None:
    trunk = make_trunk()
    assert "no other enabled trunk carries them" in text_of(signed_in.get(page_of(trunk, "delete/")))
    signed_in.post(page_of(trunk, "delete/"), {"then": "save"})
    assert not Trunk.objects.exists()
    assert not SystemChange.objects.waiting().exists(), "as it was before"
    assert AuditRecord.objects.filter(action="trunk.deleted", on="Example Telecom").exists()


# --- test ---


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[probe.Settings]:
    """What the provider was asked with: it says that the password is wrong."""
    found: list[probe.Settings] = []

    def ask(trunk: probe.Settings) -> Result:
        found.append(trunk)
        return Result(Outcome.WRONG_PASSWORD, "403 <b>Forbidden</b>", 0.25)

    monkeypatch.setattr(probe, "probe", ask)
    return found


def test_what_is_typed_is_tested_and_not_saved(signed_in: Client, asked: list[probe.Settings]) -> None:
    answer = posted(signed_in, ADD, TRUNK | {"name": ""}, then="test")
    assert answer.status_code == 200
    page = text_of(answer)
    assert "The provider does not accept this user name and password." in page
    assert "Copy both again" in page
    assert "403 &lt;b&gt;Forbidden&lt;/b&gt;" in page
    assert "Not saved yet" not in page
    assert not Trunk.objects.exists()
    assert (asked[0].host, asked[0].port, asked[0].user, asked[0].password) == (
        "sip.example.com", 0, "49301234", "Brass-Monkey-12",
    )  # fmt: skip


def test_what_cannot_be_tested_is_said(signed_in: Client, asked: list[probe.Settings]) -> None:
    assert list(errors(posted(signed_in, ADD, TRUNK | {"host": ""}, then="test"))) == ["host"]
    assert not asked


def test_a_kept_password_is_tested_with_its_own_server_alone(signed_in: Client, asked: list[probe.Settings]) -> None:
    trunk = make_trunk(transport="tls")
    posted(signed_in, page_of(trunk, "edit/"), TRUNK | {"password": "", "transport": "tls"}, then="test")
    assert (asked[0].password, asked[0].port) == ("Brass-Monkey-12", 0)
    answer = posted(
        signed_in, page_of(trunk, "edit/"), TRUNK | {"password": "", "host": "sip.attacker.example"}, then="test"
    )
    assert list(errors(answer)) == ["password"]
    assert len(asked) == 1


def test_the_saved_one_is_tested_from_its_page(signed_in: Client, asked: list[probe.Settings]) -> None:
    answer = signed_in.post(page_of(make_trunk(), "test/"))
    assert "The provider does not accept this user name and password." in text_of(answer)
    assert asked[0].password == "Brass-Monkey-12"
