"""Whatever is typed into the form arrives at Asterisk as it was typed, or its field has an error."""

from typing import Any

import pytest
from django.conf import settings as portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.models import ApplyRun
from asterisk.readback import proof
from core.preferences.models import Preferences
from core.validators import tidy
from extensions.forms import ExtensionForm
from extensions.models import SipExtension
from tests.node import apply, connected
from tests.pbx.office import Office
from tests.people import Typed
from tests.phones.phone import Phone

NUMBER = "5000"  # make_extension counts from 1000
NASTY = "\"'\\;,<>()[]{}$&|%#*+@:=?!~^`/ \t\r\n\0\x1b\x7f\x85\u00a0\u00ad\u200b\u200d\u2028\u202e\u3000\ufeff\ud800"
NASTY += "e\u0301日😀9aZ._-"
ANY = st.text(st.characters(), max_size=80) | st.text(NASTY, max_size=70) | st.text("Aa😀", min_size=60, max_size=66)
NAME = ANY | st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), max_size=63)
PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)

TEXTS = {
    "first_name": NAME,
    "last_name": NAME,
    "job_title": NAME,
    "caller_id": ANY | st.text("0123456789*#+", max_size=32),
    "registration_name": ANY | st.text(st.sampled_from("AZaz09._-"), max_size=64),
    "registration_password": ANY | st.text(PRINTABLE, min_size=9, max_size=64),
}


def on_real_parts(examples: int) -> settings:
    """What one example leaves behind is what the next one edits."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def grace(office: Office, ada: User) -> SipExtension:
    form = ExtensionForm(Typed(NUMBER).fields, by=ada, preferences=Preferences.load())
    assert form.is_valid()
    extension = form.save()
    apply([NUMBER], ada)
    return extension


@pytest.fixture
def callee(office: Office) -> Phone:
    return office.registered()


def edited(by: User, **typed: str) -> ExtensionForm:
    extension = SipExtension.objects.select_related("user").get(number=NUMBER)
    kept = {"password": "", "registration_password": "", "version": str(extension.version)}
    fields = Typed(NUMBER).fields | kept | typed
    return ExtensionForm(fields, by=by, preferences=Preferences.load(), extension=extension)


def errors(form: ExtensionForm) -> set[str]:
    return {*form.person.errors, *form.sip.errors}


def saved_and_applied(form: ExtensionForm, by: User) -> SipExtension:
    extension = form.save()
    assert apply([NUMBER], by).outcome == ApplyRun.Outcome.PROVED
    return extension


def asterisk_says() -> dict[str, str]:
    with connected() as ami:
        return {name: text for event in proof.endpoint(ami, NUMBER) for name, text in event.items()}


def written() -> Rows:
    with engine.opened(portal.ENGINE_FILE) as tables:
        return engine.read(tables, [NUMBER])[NUMBER]


def as_kept(field: str, text: str) -> str:
    """Blanks around a text do not count, and names are put in composed characters."""
    return tidy(text) if field in ("first_name", "last_name", "job_title") else text.strip()


@on_real_parts(100)
@given(typed=st.sampled_from(sorted(TEXTS)).flatmap(lambda name: st.tuples(st.just(name), TEXTS[name])))
def test_any_text_in_a_field_arrives_or_is_refused(grace: SipExtension, ada: User, typed: tuple[str, str]) -> None:
    field, text = typed
    before = written()
    form = edited(ada, **{field: text})
    if not form.is_valid():
        assert errors(form) == {field}
        assert written() == before
        return
    extension = saved_and_applied(form, ada)
    said = asterisk_says()
    person = extension.user
    stored: Any = person if hasattr(person, field) else extension
    if field != "registration_password":
        assert getattr(stored, field) == as_kept(field, text) or (field, extension.caller_id) == ("caller_id", NUMBER)
    assert said["SetVar"].removeprefix("CALLERID(name)=").replace("\\\\", "\\") == person.full_name
    assert said["Callerid"].endswith(f" <{extension.caller_id}>")
    assert said["Username"] == extension.registration_name


@on_real_parts(25)
@given(text=st.text(PRINTABLE, min_size=10, max_size=63))
def test_any_password_that_the_form_takes_registers_a_phone(
    grace: SipExtension, ada: User, office: Office, text: str
) -> None:
    form = edited(ada, registration_password=text)
    if not form.is_valid():
        assert errors(form) == {"registration_password"}
        return
    extension = saved_and_applied(form, ada)
    with office.phone(extension, password=text) as phone:
        assert phone.register() == 200


@on_real_parts(25)
@given(first=NAME, last=NAME)
def test_any_name_that_the_form_takes_is_shown_to_the_callee(
    grace: SipExtension, ada: User, office: Office, callee: Phone, first: str, last: str
) -> None:
    form = edited(ada, first_name=first, last_name=last)
    if not form.is_valid():
        assert errors(form) <= {"first_name", "last_name"}
        return
    extension = saved_and_applied(form, ada)
    with office.phone(extension) as phone:
        call = phone.call(callee.number)
        assert callee.wait_call().caller_name == extension.user.full_name
        call.hangup()
