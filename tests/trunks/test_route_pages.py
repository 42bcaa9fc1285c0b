"""Call Control > Outbound Route, Inbound Route and Emergency."""

from typing import Any

import pytest
from django import forms
from django.test import Client

from accounts.models import Organization, Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.models import SipExtension
from extensions.review import preferences as preference_changes
from tests.people import make_extension, make_user
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.typed import (
    EMERGENCY,
    INBOUND,
    OUTBOUND,
    TRUNK,
    make_announcement,
    make_group,
    make_inbound,
    make_outbound,
    make_trunk,
    opened,
    posted,
    text_of,
)
from trunks import changes, record, usage
from trunks.call_destination_fields import CallDestinationFormField
from trunks.call_destinations import Kind
from trunks.models import Emergency, InboundRoute, OutboundRoute, Trunk

OUT, IN, HELP = "/outbound-routes/", "/inbound-routes/", "/emergency/"


@pytest.fixture
def signed_in(client: Client, ada: User, known_pbx: type[KnownPbx]) -> Client:
    Preferences.objects.update(country="DE")
    client.force_login(ada)
    return client


@pytest.fixture
def reception(db: None) -> SipExtension:
    return make_extension("1000", first_name="Grace")


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: [str(each) for each in found] for name, found in answer.context["form"].errors.items()}


def logged(action: str) -> dict[str, tuple[str, str]]:
    record = AuditRecord.objects.get(action=action)
    return {str(each.label): (each.old, each.new) for each in record.fields}


# --- outbound ---


def over(*trunks: Trunk) -> dict[str, str]:
    return {f"trunk_{number}": str(trunk.pk) for number, trunk in enumerate(trunks, 1)}


def test_an_outbound_route_is_saved_in_its_order(signed_in: Client) -> None:
    one, two = make_trunk(name="One"), make_trunk(name="Two")
    answer = posted(signed_in, f"{OUT}add/", OUTBOUND | {"patterns": "_0x.\r\n*31*z!\r\n"} | over(two, one))
    assert answer["Location"] == OUT
    posted(signed_in, f"{OUT}add/", OUTBOUND | {"name": "Abroad", "trunk_1": str(two.pk), "trunk_3": str(one.pk)})
    route, after = OutboundRoute.objects.all()
    assert after.trunks == [two.pk, one.pk]
    assert (route.patterns, route.strip, route.trunks) == ("0X.\n*31*Z!", 1, [two.pk, one.pk])
    assert (route.position, after.position) == (1, 2)
    first = AuditRecord.objects.filter(action="route.outbound_added").order_by("pk")[0]
    assert {str(each.label): each.new for each in first.fields} == {
        "Name": "Everywhere",
        "Enabled": "yes",
        "Numbers": "0X., *31*Z!",
        "Remove digits": "1",
        "Which trunk": "In this order",
        "Trunks": "Two, One",
    }
    page = text_of(signed_in.get(OUT))
    assert "0X., *31*Z!" in page
    assert "Two, One" in page


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"patterns": "0X.\n12;3"}, "patterns", "Line 2: “12;3” is not a pattern."),
        ({"patterns": "\n".join(map(str, range(51)))}, "patterns", "You entered 51 patterns. Enter at most 50."),
        ({"strip": "11"}, "strip", "Enter a number from 1 to 10, or leave it empty."),
        ({"patterns": "11\n0X.", "strip": "2"}, "strip", "Nothing would be left of a number that matches 11."),
        ({"prepend": "0;"}, "prepend", "Enter digits, * or #, with + only at the front."),
        ({"trunk_1": ""}, "trunk_1", "Choose a trunk."),
        ({"trunk_1": "999"}, "trunk_1", "This trunk no longer exists. Choose another one."),
        ({"trunk_1": "9" * 30}, "trunk_1", "This trunk no longer exists. Choose another one."),
    ],
)
def test_what_no_call_could_take_is_refused(signed_in: Client, typed: dict[str, str], field: str, words: str) -> None:
    found = errors(posted(signed_in, f"{OUT}add/", OUTBOUND | over(make_trunk()) | typed))
    assert words in found[field][0]
    assert list(found) == [field]
    assert not OutboundRoute.objects.exists()


def test_each_trunk_is_tried_once(signed_in: Client) -> None:
    trunk = make_trunk()
    assert errors(posted(signed_in, f"{OUT}add/", OUTBOUND | over(trunk, trunk))) == {
        "trunk_2": ["Choose each trunk once."]
    }


def test_a_pattern_that_is_an_extensions_number_too_is_told(signed_in: Client, reception: SipExtension) -> None:
    typed = OUTBOUND | over(make_trunk()) | {"patterns": "1XXX", "strip": ""}
    page = text_of(signed_in.post(f"{OUT}add/", {**typed, "opened": opened(signed_in, f"{OUT}add/")}, follow=True))
    assert "This route's numbers include extension 1000. Dialing it still rings the extension." in page.replace(
        "&#x27;", "'"
    )


def test_the_help_has_patterns_of_the_country(signed_in: Client) -> None:
    page = text_of(signed_in.get("/outbound-routes/add/"))
    assert "For Germany: 0Z. and +49. match numbers within the country, 00. and +. others." in page
    Preferences.objects.update(country="ES")
    assert "For Spain" not in text_of(signed_in.get("/outbound-routes/add/"))


def test_the_list_says_that_a_route_is_not_for_everyone(signed_in: Client) -> None:
    route = make_outbound(make_trunk())
    page = text_of(signed_in.get("/outbound-routes/"))
    assert "Only some" not in page
    assert "PIN" not in page
    with changes.edited(None):
        route.restricted, route.extensions, route.pin = True, "1000", "4711"
        route.save()
    page = text_of(signed_in.get("/outbound-routes/"))
    assert "Only some" in page
    assert "PIN" in page


def test_an_outbound_route_is_changed_moved_and_deleted(signed_in: Client) -> None:
    trunk = make_trunk()
    route, last = make_outbound(trunk), make_outbound(trunk, name="Last")
    posted(signed_in, f"{OUT}{route.pk}/", OUTBOUND | {"strip": "", "prepend": "+49", "enabled": ""} | over(trunk))
    assert logged("route.outbound_changed") == {"Enabled": ("yes", "no"), "Put in front": ("", "+49")}
    signed_in.post(f"{OUT}{last.pk}/move/", {"to": "up"})
    assert list(OutboundRoute.objects.all()) == [last, route]
    signed_in.post(f"{OUT}{route.pk}/toggle/", {"enabled": "yes"})
    assert OutboundRoute.objects.get(pk=route.pk).enabled
    signed_in.post(f"{OUT}{route.pk}/delete/", {"then": "save"})
    assert list(OutboundRoute.objects.all()) == [last]
    assert logged("route.outbound_deleted")["Trunks"] == ("Example Telecom", "")


def test_a_route_for_some_keeps_who_may_use_it(signed_in: Client, reception: SipExtension) -> None:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    role = Role.objects.create(name="Callers", key="callers")
    typed = {
        "restricted": "yes",
        "roles": [str(role.pk)],
        "organizations": [str(sales.pk)],
        "extensions": "1000, 1100 - 1199",
        "pin": "4711",
        "picks": "least",
    }
    posted(signed_in, f"{OUT}add/", OUTBOUND | over(make_trunk()) | typed)
    route = OutboundRoute.objects.get()
    assert (route.restricted, route.roles, route.organizations) == (True, [role.pk], [sales.pk])
    assert (route.extensions, route.pin, route.picks) == ("1000,1100-1199", "4711", "least")
    assert "4711" not in route.sealed_pin
    found = logged("route.outbound_added")
    assert found["Who may use it"] == ("", "Only some")
    assert (found["Roles"], found["Departments"]) == (("", "Callers"), ("", "Sales"))
    assert found["Extensions"] == ("", "1000, 1100-1199")
    assert "4711" not in str(found)
    page = text_of(signed_in.get(f"{OUT}{route.pk}/"))
    assert "4711" not in page
    assert "Leave empty to keep the current PIN." in page
    posted(signed_in, f"{OUT}{route.pk}/", OUTBOUND | over(*Trunk.objects.all()) | typed | {"pin": ""})
    assert OutboundRoute.objects.get().pin == "4711"
    everyone = {"restricted": "no", "removes_pin": "on"}
    posted(signed_in, f"{OUT}{route.pk}/", OUTBOUND | over(*Trunk.objects.all()) | everyone)
    route = OutboundRoute.objects.get()
    assert (route.restricted, route.pin, route.picks) == (False, "", "least")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"restricted": "yes"}, "restricted", "Choose at least one role or department, or enter an extension."),
        ({"restricted": "maybe"}, "restricted", "Choose one of the options."),
        ({"roles": ["99999"]}, "roles", "This role no longer exists."),
        ({"roles": ["x"]}, "roles", "This role no longer exists."),
        ({"organizations": ["9" * 40]}, "organizations", "This department no longer exists."),
        ({"extensions": "1001"}, "extensions", "There is no extension 1001."),
        ({"extensions": "1100-1000"}, "extensions", "The range 1100-1000 ends before it begins."),
        ({"extensions": "١٠٠٠"}, "extensions", "“١٠٠٠” is not a number of an extension."),
        ({"extensions": ",".join(str(n) for n in range(2000, 2051))}, "extensions", "Enter at most 50."),
        ({"pin": "12"}, "pin", "Enter 3 to 15 digits."),
        ({"pin": "١٢٣"}, "pin", "Enter 3 to 15 digits."),
        ({"picks": "random"}, "picks", "Choose one of the options."),
    ],
)
def test_who_may_use_a_route_is_checked(
    signed_in: Client, reception: SipExtension, typed: dict[str, Any], field: str, words: str
) -> None:
    found = errors(posted(signed_in, f"{OUT}add/", OUTBOUND | over(make_trunk()) | typed))
    assert words in found[field][0]
    assert list(found) == [field]
    assert not OutboundRoute.objects.exists()


def test_who_saves_a_route_later_is_told_what_another_saved_and_what_is_wrong_besides(
    signed_in: Client, ada: User
) -> None:
    trunk = make_trunk()
    route = make_outbound(trunk, strip=1)
    shown = signed_in.get(f"{OUT}{route.pk}/").context["form"]
    assert [shown[name].value() for name in ("trunk_1", "trunk_2", "restricted")] == [trunk.pk, None, "no"]
    assert [shown.fields[name].choices[0][1] for name in ("trunk_1", "trunk_2")] == ["Choose a trunk", "None"]
    with changes.edited(ada):
        OutboundRoute.objects.update(strip=3, patterns="00.")
    typed = OUTBOUND | over(trunk) | {"strip": "2", "patterns": "12;3", "pin": "4711", "restricted": "no"}
    answer = signed_in.post(f"{OUT}{route.pk}/", typed | {"picks": "order", "opened": shown._mark(), "then": "save"})
    assert answer.status_code == 409
    found = {name: " ".join(map(str, each)) for name, each in answer.context["form"].errors.items()}
    assert found.pop("patterns").startswith("Line 1: “12;3” is not a pattern.")
    assert found == {
        "strip": "The saved value is now 3. Enter that value, or keep yours.",
        "__all__": "Ada saved this while you had the page open. Check what differs, then press Save again.",
    }
    assert OutboundRoute.objects.get().strip == 3


def test_a_pin_comes_back_with_its_version(signed_in: Client) -> None:
    trunk = make_trunk()
    posted(signed_in, f"{OUT}add/", OUTBOUND | over(trunk) | {"pin": "4711"})
    first = Preferences.now("lines")
    route = OutboundRoute.objects.get()
    posted(signed_in, f"{OUT}{route.pk}/", OUTBOUND | over(trunk) | {"pin": "4712"})
    assert Preferences.now("lines") != first
    record.restore(first)
    assert OutboundRoute.objects.get().pin == "4711"


def test_a_trunks_new_name_changes_no_route_in_the_log(signed_in: Client) -> None:
    trunk = make_trunk()
    make_outbound(trunk)
    mark = opened(signed_in, f"/trunks/{trunk.pk}/edit/")
    signed_in.post(f"/trunks/{trunk.pk}/edit/", TRUNK | {"name": "New name", "opened": mark, "then": "save"})
    assert not AuditRecord.objects.filter(action="route.outbound_changed").exists()


def test_an_outbound_route_is_used_at_chosen_hours(signed_in: Client) -> None:
    trunk = make_trunk()
    posted(signed_in, f"{OUT}add/", OUTBOUND | over(trunk) | {"hours": "open"})
    route = OutboundRoute.objects.get()
    assert route.hours == "open"
    assert logged("route.outbound_added")["Used"] == ("", "In business hours")
    assert "Business hours</span>" in text_of(signed_in.get(OUT))
    posted(signed_in, f"{OUT}{route.pk}/", OUTBOUND | over(trunk) | {"hours": ""})
    assert OutboundRoute.objects.get().hours == ""
    assert errors(posted(signed_in, f"{OUT}{route.pk}/", OUTBOUND | over(trunk) | {"hours": "never"})) == {
        "hours": ["Choose one of the options."]
    }


# --- inbound ---


def test_an_inbound_route_goes_elsewhere_at_other_hours(signed_in: Client, reception: SipExtension) -> None:
    other = make_extension("1001")
    SipExtension.objects.update(voicemail=True)
    typed = INBOUND | {"closed_goes_to_kind": "voicemail", "closed_goes_to_number": "1000"}
    typed |= {"holiday_goes_to_kind": "extension", "holiday_goes_to_number": "1001"}
    posted(signed_in, f"{IN}add/", typed)
    route = InboundRoute.objects.get()
    assert (route.goes_to, route.closed_goes_to, route.holiday_goes_to) == (
        "extension:1000",
        "voicemail:1000",
        "extension:1001",
    )
    page = text_of(signed_in.get(IN))
    assert "Outside business hours:" in page
    assert "On holidays:" in page
    assert "The inbound route Reception goes to 1001." in usage.of_extension(other)
    posted(signed_in, f"{IN}{route.pk}/", INBOUND | {"closed_goes_to_kind": "", "holiday_goes_to_kind": "hangup"})
    route.refresh_from_db()
    assert (route.closed_goes_to, route.holiday_goes_to) == ("", "hangup")
    assert usage.of_extension(other) == ""


@pytest.mark.parametrize("kind", ["closed_goes_to", "holiday_goes_to"])
def test_what_is_wrong_at_other_hours_is_said_there(signed_in: Client, reception: SipExtension, kind: str) -> None:
    for to, number, words in (
        ("extension", "4711", "There is no extension 4711. Enter another number."),
        ("extension", "", "Enter an extension number."),
        ("digits", "", "Choose one of the options."),
    ):
        answer = posted(signed_in, f"{IN}add/", INBOUND | {f"{kind}_kind": to, f"{kind}_number": number})
        assert errors(answer) == {kind: [words]}


@pytest.mark.parametrize("typed", ["+493012345678", "030 12345678", "0049 30 12345678"])
def test_an_inbound_route_is_of_a_number_however_typed(signed_in: Client, reception: SipExtension, typed: str) -> None:
    assert posted(signed_in, f"{IN}add/", INBOUND | {"number": typed})["Location"] == IN
    route = InboundRoute.objects.get()
    assert (route.number, route.goes_to) == ("+493012345678", "extension:1000")
    assert logged("route.inbound_added")["Goes to"] == ("", "Extension 1000")
    page = text_of(signed_in.get(IN))
    assert "+493012345678" in page
    assert "Grace" in page


def test_a_block_goes_to_the_extensions_of_its_last_digits(signed_in: Client) -> None:
    posted(signed_in, f"{IN}add/", INBOUND | {"number": "030 1234", "goes_to_kind": "digits", "goes_to_number": "9999"})
    route = InboundRoute.objects.get()
    assert (route.number, route.goes_to) == ("+49301234", "digits")
    assert "+49301234 and more digits" in text_of(signed_in.get(IN))


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"number": "abc"}, "number", "Enter a phone number such as"),
        ({"number": "030 1"}, "number", "This is not a whole phone number."),
        ({"number": "", "goes_to_kind": "digits"}, "number", "Enter what the numbers begin with."),
        ({"goes_to_kind": ""}, "goes_to", "Choose an option."),
        ({"goes_to_kind": "queue"}, "goes_to", "Choose one of the options."),
        ({"goes_to_number": ""}, "goes_to", "Enter an extension number."),
        ({"goes_to_number": "4711"}, "goes_to", "There is no extension 4711."),
        ({"goes_to_number": "0\x00"}, "goes_to", ""),
        ({"goes_to_kind": "voicemail"}, "goes_to", "Extension 1000 has no voicemail."),
    ],
)
def test_where_no_call_can_go_is_refused(
    signed_in: Client, reception: SipExtension, typed: dict[str, str], field: str, words: str
) -> None:
    found = errors(posted(signed_in, f"{IN}add/", INBOUND | typed))
    assert words in found[field][0]
    assert list(found) == [field]
    assert not InboundRoute.objects.exists()


@pytest.mark.parametrize(
    ("kind", "number", "given"),
    [("extension", " 1000 ", "extension:1000"), ("hangup", "1000", "hangup"), ("digits", "", "digits"), ("", "", "")],
)
def test_a_call_destination_is_asked_for_as_often_as_a_form_wants(
    reception: SipExtension, kind: str, number: str, given: str
) -> None:
    class TwoForm(forms.Form):
        open = CallDestinationFormField(label="Open", kinds=Kind)
        closed = CallDestinationFormField(label="Closed", kinds=Kind, same="The same")

    typed = {"a-open_kind": "voicemail", "a-open_number": "1000", "a-closed_kind": kind, "a-closed_number": number}
    SipExtension.objects.update(voicemail=True)
    form = TwoForm(typed, prefix="a", initial={"open": "voicemail:1000", "closed": "extension:1001"})
    assert form.is_valid()
    assert form.cleaned_data == {"open": "voicemail:1000", "closed": given}
    assert form.changed_data == ["closed"]
    html = str(TwoForm(initial=form.cleaned_data)["closed"])
    assert f'<option value="{kind}" selected>' in html
    assert ('value="1000"' in html) == (given == "extension:1000")
    assert "The same" in html
    assert "The same" not in str(form["open"])


def test_a_number_has_one_route(signed_in: Client, reception: SipExtension) -> None:
    make_inbound()
    make_inbound(name="Others", number="")
    found = errors(posted(signed_in, f"{IN}add/", INBOUND | {"name": "Second"}))
    assert found == {"number": ["The route Reception already takes calls to this number."]}
    found = errors(posted(signed_in, f"{IN}add/", INBOUND | {"name": "Second", "number": ""}))
    assert found == {"number": ["The route Others already takes calls to any other number. Enter a number."]}


def test_an_inbound_route_is_changed_and_deleted(signed_in: Client, reception: SipExtension) -> None:
    make_extension("1001", voicemail=True)
    route = make_inbound()
    posted(signed_in, f"{IN}{route.pk}/", INBOUND | {"goes_to_kind": "voicemail", "goes_to_number": "1001"})
    assert logged("route.inbound_changed") == {
        "Goes to": ("Extension 1000", "Voicemail of 1001"),
    }
    signed_in.post(f"{IN}{route.pk}/toggle/", {"enabled": "no"})
    signed_in.post(f"{IN}{route.pk}/delete/", {"then": "save"})
    assert not InboundRoute.objects.exists()


# --- emergency ---


def test_emergency_numbers_people_and_phones_are_kept(signed_in: Client, reception: SipExtension, ada: User) -> None:
    typed = EMERGENCY | {"more_numbers": "116 117\n19222\n", "people": [str(ada.pk)], "phones": "1000, 1000"}
    assert posted(signed_in, HELP, typed)["Location"] == HELP
    kept = Emergency.load()
    assert (kept.more_numbers, kept.people, kept.phones) == ("116117\n19222", [ada.pk], "1000")
    assert logged("emergency.changed") == {
        "More emergency numbers": ("", "116117, 19222"),
        "People to tell": ("", "ada@example.com"),
        "Extensions to ring": ("", "1000"),
    }
    answer = signed_in.get(HELP)
    assert answer.status_code == 200
    assert "110, 112" in text_of(answer)
    assert SystemChange.objects.waiting().get().field == "lines"


def test_as_many_emergency_numbers_and_phones_as_may_be_are_kept(signed_in: Client) -> None:
    phones = [make_extension(str(number)).number for number in range(1010, 1020)]
    numbers = [str(number) for number in range(200, 220)]
    posted(signed_in, HELP, EMERGENCY | {"more_numbers": "\n".join(numbers), "phones": ",".join(phones)})
    kept = Emergency.load()
    assert (kept.more_numbers.split(), kept.phones.split(",")) == (numbers, phones)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"more_numbers": "1"}, "more_numbers", "“1” is not a number."),
        ({"more_numbers": "१९२"}, "more_numbers", "is not a number."),
        ({"more_numbers": "1000"}, "more_numbers", "1000 is an extension"),
        ({"more_numbers": "\n".join(map(str, range(200, 221)))}, "more_numbers", "Enter at most 20 numbers."),
        ({"phones": "1000, 4711"}, "phones", "There is no extension 4711."),
        ({"phones": ",".join(map(str, range(1000, 1011)))}, "phones", "Enter at most 10 extensions."),
        ({"people": ["999"]}, "people", "Select a valid choice."),
    ],
)
def test_what_would_help_nobody_is_refused(
    signed_in: Client, reception: SipExtension, typed: dict[str, Any], field: str, words: str
) -> None:
    found = errors(posted(signed_in, HELP, EMERGENCY | typed))
    assert words in found[field][0]
    assert list(found) == [field]
    assert not Emergency.objects.exists()


def test_the_first_who_saves_emergency_calls_is_seen_by_the_second(signed_in: Client) -> None:
    mark = opened(signed_in, HELP)
    posted(signed_in, HELP, EMERGENCY | {"more_numbers": "19222"})
    answer = signed_in.post(HELP, EMERGENCY | {"more_numbers": "116117", "opened": mark, "then": "save"})
    assert answer.status_code == 409
    assert "The saved value is now 19222." in text_of(answer)


def test_it_says_that_no_mail_server_sends_the_alert(signed_in: Client) -> None:
    assert "E-mails wait: no mail server is set up." in text_of(signed_in.get("/emergency/"))
    Preferences.objects.update(mail_host="mail.example.com")
    assert "no mail server is set up" not in text_of(signed_in.get("/emergency/"))


def test_the_trunks_that_carry_emergency_calls_are_shown_in_order(signed_in: Client) -> None:
    first, _no, last = make_trunk(name="First"), make_trunk(name="No", carries_emergency=False), make_trunk(name="Last")
    assert list(signed_in.get(HELP).context["trunks"]) == [first, last]


# --- who may only look ---


def test_who_may_only_look_finds_the_forms_closed(client: Client, reception: SipExtension, known_pbx: object) -> None:
    looker = make_user("Lou", custom=Role.objects.create(name="Looker", granted=[Permission.VIEW_ROUTES], reach="all"))
    route, incoming = make_outbound(make_trunk()), make_inbound()
    client.force_login(looker)
    for url in (f"{OUT}{route.pk}/", f"{IN}{incoming.pk}/", HELP):
        page = text_of(client.get(url))
        assert "Save and Apply" not in page
        assert "disabled" in page
        assert client.post(url, {"name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("values", "why"),
    [({"more_numbers": "1222"}, "1222 is an extension now"), ({"phones": "1223"}, "1223, which no longer exists")],
)
def test_emergency_settings_do_not_come_back_where_extensions_are_others(
    db: None, ada: User, values: dict[str, str], why: str
) -> None:
    with changes.edited(None):
        Emergency(pk=1, **values).save()
    version = Preferences.now("lines")
    with changes.edited(None):
        Emergency.objects.all().delete()
    make_extension("1222")
    with pytest.raises(CannotPutBack, match=why):
        preference_changes.choose(ada, SystemChange.Field.LINES, version)


@pytest.mark.parametrize("kind", ["group", "announcement"])
def test_what_there_is_none_of_is_not_to_choose(signed_in: Client, kind: str) -> None:
    offered = f'<option value="{kind}"'
    assert offered not in text_of(signed_in.get(f"{IN}add/"))
    typed = INBOUND | {"goes_to_kind": kind, f"goes_to_{kind}": "1", "goes_to_number": ""}
    assert errors(posted(signed_in, f"{IN}add/", typed))["goes_to"] == ["Choose one of the options."]
    make_extension("1000")
    make_group("1000")
    make_announcement()
    assert offered in text_of(signed_in.get(f"{IN}add/"))
