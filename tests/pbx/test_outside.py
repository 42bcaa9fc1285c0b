"""Calls outside: which route, which trunk, which number goes out, and what is shown there."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from accounts.models import Organization, Role, User
from asterisk import outside
from asterisk.apply.errors import ApplyError
from asterisk.apply.route_members import Following
from asterisk.engine import lines
from core.preferences.models import SystemChange
from extensions.changes.record import edit as record_edit
from tests.node import apply_preferences
from tests.pbx.lines import OTHER_PROVIDER, apply_lines, in_country, provider, route_over, trunk_to
from tests.pbx.office import Office, channels, engine_tables, eventually, refusal, talking
from tests.pbx.prompts import Ear, tones
from tests.pbx.test_apply import planted
from tests.pbx.test_requests import refer
from tests.phones.call import OutgoingCall
from tests.phones.phone import IncomingCall, Phone
from trunks import record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        in_country()
        yield phone


def called(call: IncomingCall) -> str:
    """The number that went out."""
    return call.invite.start.split()[1].removeprefix("sip:").partition("@")[0]


@pytest.mark.parametrize(
    ("dialed", "goes_out"),
    [
        ("01711234567", "+491711234567"),
        ("+491711234567", "+491711234567"),
        ("0044 20 7946 0000".replace(" ", ""), "+442079460000"),
    ],
)
def test_a_call_goes_out(office: Office, world: Phone, dialed: str, goes_out: str) -> None:
    route_over(trunk_to(world, number="+493012345678"))
    apply_lines()
    phone = office.registered(office.extension(outbound_calls="abroad"))
    outgoing = phone.call(dialed)
    call = world.wait_call()
    assert called(call) == goes_out
    assert call.asserted
    assert call.asserted.number == "+493012345678"
    call.answer()
    outgoing.wait_answered()
    outgoing.hangup()


def test_the_extensions_own_number_is_shown(office: Office, world: Phone) -> None:
    route_over(trunk_to(world, number="+493012345678"))
    apply_lines()
    office.registered(office.extension(outbound_number="+4930123456781")).call("01711234567")
    call = world.wait_call()
    assert call.asserted
    assert call.asserted.number == "+4930123456781"


@pytest.mark.parametrize("status", [503, 403, 500, 305])
def test_a_trunk_that_fails_is_passed_over(office: Office, world: Phone, status: int) -> None:
    with provider(OTHER_PROVIDER) as other:
        route_over(trunk_to(world, "One"), trunk_to(other, "Two"))
        apply_lines()
        outgoing = office.registered().call("01711234567")
        world.wait_call().reject(status)
        call = other.wait_call()
        call.answer()
        outgoing.wait_answered()


@pytest.mark.parametrize(("said", "heard"), [(486, 486), (404, 404), (603, 403)])
def test_what_every_line_would_say_is_not_tried_again(office: Office, world: Phone, said: int, heard: int) -> None:
    with provider(OTHER_PROVIDER) as other:
        route_over(trunk_to(world, "One"), trunk_to(other, "Two"))
        apply_lines()
        outgoing = office.registered().call("01711234567")
        world.wait_call().reject(said)
        assert refusal(outgoing) == heard
        assert not other.was_called()


@pytest.mark.parametrize(
    ("allowed", "dialed", "goes"),
    [
        ("none", "01711234567", False),
        ("national", "01711234567", True),
        ("national", "00442079460000", False),
        ("abroad", "00442079460000", True),
        ("abroad", "09001234567", False),
        ("abroad", "00881612345678", False),
        ("abroad", "0171*123", False),  # nobody knows where that leads
        ("abroad", "000442079460000", False),
        ("national", "5551234", True),
        ("all", "09001234567", True),
        ("all", "00881612345678", True),
    ],
)
def test_an_extension_dials_what_it_may(office: Office, world: Phone, allowed: str, dialed: str, goes: bool) -> None:
    route_over(trunk_to(world), patterns="+X.\nX.")
    apply_lines()
    outgoing = office.registered(office.extension(outbound_calls=allowed)).call(dialed)
    if goes:
        world.wait_call().answer()
        outgoing.wait_answered()
    else:
        assert refusal(outgoing) == 403
        assert not world.was_called()


def test_without_a_route_a_number_does_not_exist(office: Office, world: Phone) -> None:
    trunk_to(world)
    apply_lines()
    assert refusal(office.registered().call("01711234567")) == 404


def test_only_the_numbers_of_a_route_exist(office: Office, world: Phone) -> None:
    route_over(trunk_to(world, number_format="dialed"), patterns="9ZXX!", strip=1, prepend="0")
    apply_lines()
    phone = office.registered()
    assert refusal(phone.call("01711234567")) == 404
    phone.call("9171123")
    assert called(world.wait_call()) == "0171123"


def test_what_is_put_in_front_costs_too(office: Office, world: Phone) -> None:
    route_over(trunk_to(world), patterns="X.", prepend="0900")
    apply_lines()
    assert refusal(office.registered(office.extension(outbound_calls="abroad")).call("1234567")) == 403
    office.registered(office.extension(outbound_calls="all")).call("1234567")
    assert called(world.wait_call()) == "+499001234567"


@pytest.mark.parametrize("to", ["01711234567", "PJSIP%2F01711234567%40TRUNK", "Local%2F01711234567%40outside"])
def test_a_phone_that_redirects_a_call_sends_nobody_outside(office: Office, world: Phone, to: str) -> None:
    """A stolen registration could let strangers call whatever they like at the company's cost."""
    trunk = trunk_to(world)
    route_over(trunk)
    apply_lines()
    redirecting, caller = office.registered(), office.registered()
    outgoing = caller.call(redirecting.number)
    redirecting.wait_call().redirect(to.replace("TRUNK", f"trunk-{trunk.pk}"))
    assert refusal(outgoing) == 486
    assert not world.was_called()


@pytest.mark.parametrize("dialed", ["01711234567", "112"])
def test_a_provider_that_redirects_a_call_is_passed_over(office: Office, world: Phone, dialed: str) -> None:
    """Whoever answers in its place could have a call of the company's over another trunk."""
    with provider(OTHER_PROVIDER) as other:
        one, two = trunk_to(world, "One"), trunk_to(other, "Two")
        route_over(one, two)
        apply_lines()
        office.registered().call(dialed)
        world.wait_call().redirect(f"PJSIP%2F09001234567%40trunk-{two.pk}")
        assert called(other.wait_call()).endswith(dialed[-9:])


@pytest.mark.parametrize(("allowed", "goes"), [("none", False), ("abroad", True)])
def test_who_transfers_a_call_outside_pays_for_it(office: Office, world: Phone, allowed: str, goes: bool) -> None:
    """Not who is transferred: what that one may dial is what the other's row does not say."""
    route_over(trunk_to(world))
    apply_lines()
    other = office.registered(office.extension(outbound_calls="none" if goes else "abroad"))
    transferring = office.registered(office.extension(outbound_calls=allowed))
    _, incoming = talking(other, transferring)
    refer(incoming, transferring, "01711234567")
    if goes:
        world.wait_call().answer()
    else:
        assert eventually(lambda: not channels())
        assert not world.was_called()


@pytest.mark.parametrize(
    ("allowed", "countries", "dialed", "goes"),
    [
        ("abroad", "FR,GB", "00442079460000", True),
        ("abroad", "FR,GB", "00393331234567", False),
        ("abroad", "FR", "01711234567", True),  # one's own country always is
        ("abroad", "FR", "001302555010", False),
        ("abroad", "FR", "0171*123", False),
        ("all", "FR", "09001234567", True),
        ("all", "FR", "00899123456", False),
        ("all", "FR", "0033899123456", True),
        ("all", "FR", "00881612345678", False),
        ("all", "FR", "0171*123", False),
        ("national", "FR", "0033612345678", False),
    ],
)
def test_only_allowed_countries_are_called(
    office: Office, world: Phone, allowed: str, countries: str, dialed: str, goes: bool
) -> None:
    route_over(trunk_to(world), patterns="+X.\nX.")
    apply_lines()
    extension = office.extension(outbound_calls=allowed, outbound_countries=countries)
    said = outside.of(settings.ENGINE_FILE, extension.number, dialed)
    outgoing = office.registered(extension).call(dialed)
    if goes:
        assert said.outcome == outside.Outcome.OUTSIDE
        world.wait_call().answer()
        outgoing.wait_answered()
    else:
        assert said.outcome in (outside.Outcome.WRONG_COUNTRY, outside.Outcome.FORBIDDEN)
        assert refusal(outgoing) == 403
        assert not world.was_called()


def test_no_more_calls_go_out_at_once_than_may(office: Office, world: Phone) -> None:
    route_over(trunk_to(world))
    apply_lines()
    phone, colleague = office.registered(office.extension(outbound_calls_at_once=2)), office.registered()
    first = phone.call("01711234567")
    answered = world.wait_call()
    answered.answer()
    first.wait_answered()
    second = phone.call("01711234568")
    world.wait_call()
    assert refusal(phone.call("01711234569")) == 403
    phone.call("112")
    assert called(world.wait_call()) == "112"
    second.hangup()
    assert eventually(lambda: second.ended)
    refer(first, phone, colleague.number)
    transferred = colleague.wait_call()
    transferred.answer()
    phone.call("01711234570")
    world.wait_call()
    assert refusal(phone.call("01711234571")) == 403
    assert not world.was_called()


def test_a_call_ends_when_it_has_lasted_as_long_as_it_may(office: Office, world: Phone) -> None:
    route_over(trunk_to(world))
    apply_lines()
    extension = office.extension(outbound_call_minutes=1)
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET call_seconds = 2 WHERE id = ?", (extension.number,))
    outgoing = office.registered(extension).call("01711234567")
    call = world.wait_call()
    call.answer()
    outgoing.wait_answered()
    assert eventually(lambda: outgoing.ended and call.ended, 10)


def test_the_minutes_of_a_day_are_those_of_all_calls(office: Office, world: Phone) -> None:
    route_over(trunk_to(world))
    apply_lines()
    extension = office.extension(outbound_day_minutes=1)
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET day_seconds = 4 WHERE id = ?", (extension.number,))
    phone = office.registered(extension)
    outgoing = phone.call("01711234567")
    call = world.wait_call()
    call.answer()
    outgoing.wait_answered()
    assert eventually(lambda: outgoing.ended, 10)
    assert eventually(lambda: not channels())
    assert refusal(phone.call("01711234567")) == 403
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET day_seconds = 60 WHERE id = ?", (extension.number,))
    phone.call("01711234567")
    assert world.wait_call()


def test_calls_at_the_same_time_have_no_more_minutes(office: Office, world: Phone) -> None:
    route_over(trunk_to(world))
    apply_lines()
    extension = office.extension(outbound_day_minutes=1)
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET day_seconds = 20 WHERE id = ?", (extension.number,))
    phone = office.registered(extension)
    calls = []
    for last in "1234":
        outgoing = phone.call(f"0171123456{last}")
        world.wait_call().answer()
        outgoing.wait_answered()
        calls.append(outgoing)
    assert eventually(lambda: calls[-1].ended, 15)
    assert eventually(lambda: all(call.ended for call in calls), 2)
    assert eventually(lambda: not channels())
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET day_seconds = 40 WHERE id = ?", (extension.number,))
    phone.call("01711234567")
    assert world.wait_call()


def test_the_trunk_with_the_fewest_calls_is_taken(office: Office, world: Phone) -> None:
    with provider(OTHER_PROVIDER) as other:
        route_over(trunk_to(world, "One"), trunk_to(other, "Two"), picks="least")
        apply_lines()
        caller = office.registered(office.extension(outbound_calls_at_once=9))
        for phone in (world, other, world, other):
            caller.call("01711234567")
            assert phone.wait_call()
        caller.call("01711234567")
        world.wait_call().reject(503)
        assert other.wait_call()


def type_pin(call: OutgoingCall, *pins: str) -> Ear:
    ear = Ear(call)
    for pin in pins:
        assert ear.hears("agent-pass")
        call.press(f"{pin}#")
    return ear


def test_a_route_asks_for_its_pin(office: Office, world: Phone) -> None:
    route_over(trunk_to(world), pin="4711")
    apply_lines()
    caller = office.registered()
    with tones():
        type_pin(caller.call("01711234567"), "4712", "", "4711")
        call = world.wait_call()
    call.answer()
    assert eventually(lambda: call.audio_received.packets > 0)
    assert outside.of(settings.ENGINE_FILE, caller.number, "01711234567").asks_pin


def test_ten_wrong_pins_close_the_routes_that_ask_for_one(office: Office, world: Phone) -> None:
    route_over(trunk_to(world), pin="4711")
    apply_lines()
    caller = office.registered()
    with tones():
        for wrong in (3, 3, 3, 1):
            outgoing = caller.call("01711234567")
            assert type_pin(outgoing, *["1"] * wrong).hears("vm-incorrect")
            outgoing.hangup()
        outgoing = caller.call("01711234567")
        assert type_pin(outgoing, "4711").hears("im-sorry")
        outgoing.wait_ended()
    assert not world.was_called()


def test_who_may_not_use_a_route_goes_by_the_next_or_is_refused(office: Office, world: Phone) -> None:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    field_sales = Organization.objects.create(name="Field", parent=sales)
    role = Role.objects.create(name="Callers", key="callers")
    by_role, by_department, by_number, nobody = (office.extension() for _ in range(4))
    User.objects.filter(pk=by_role.user_id).update(role=role)
    by_department.user.organizations.add(field_sales)
    with provider(OTHER_PROVIDER) as other:
        route_over(
            trunk_to(world),
            restricted=True,
            roles=[role.pk],
            organizations=[sales.pk],
            extensions=f"{by_number.number},2000-2999",
        )
        route_over(trunk_to(other, "Two"), name="Free numbers", patterns="0800X!")
        apply_lines()
        for extension in (by_role, by_department, by_number):
            office.registered(extension).call("01711234567")
            assert world.wait_call()
        phone = office.registered(nobody)
        assert refusal(phone.call("01711234567")) == 403
        phone.call("08001234567")
        assert other.wait_call()
        phone.call("112")
        assert called(world.wait_call()) == "112"
        assert not world.was_called()
        said = outside.of(settings.ENGINE_FILE, nobody.number, "01711234567")
        assert said.outcome == outside.Outcome.NOT_A_MEMBER


def test_who_leaves_a_department_leaves_its_routes_at_once(office: Office, world: Phone) -> None:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    extension = office.extension()
    extension.user.organizations.add(sales)
    route_over(trunk_to(world), restricted=True, organizations=[sales.pk])
    apply_lines()
    phone = office.registered(extension)
    following = Following()
    with engine_tables() as tables:
        following.follow(tables)
        with record_edit(extension.number, None) as edited:
            edited.user.organizations.remove(sales)
        following.follow(tables)
    assert refusal(phone.call("01711234567")) == 403
    with record_edit(extension.number, None) as edited:
        edited.user.organizations.add(sales)
    with engine_tables() as tables:
        following.follow(tables)
    phone.call("01711234567")
    assert world.wait_call()


def test_lines_that_asterisk_reads_otherwise_are_refused_and_put_back(office: Office, world: Phone) -> None:
    trunk = trunk_to(world, number="+493012345678")
    route_over(trunk)
    apply_lines()
    before = rows_of_lines()
    with record.edited(None):
        trunk.number = "+493087654321"
        trunk.save()
    with (
        planted("ps_endpoints_other", "'from-trunk', 'hints'", "'elsewhere', 'hints'"),
        pytest.raises(ApplyError) as refused,
    ):
        apply_preferences(None)
    said = f"{trunk.asterisk_name} Context"
    assert said in str(refused.value)
    assert rows_of_lines() == before
    assert SystemChange.objects.waiting().count() == 1
    apply_lines()
    assert rows_of_lines() != before
    office.registered(office.extension(outbound_calls="abroad")).call("01711234567")
    asserted = world.wait_call().asserted
    assert asserted
    assert asserted.number == "+493087654321"


def rows_of_lines() -> dict[str, list[tuple[object, ...]]]:
    with engine_tables() as tables:
        return {table: tables.execute(f"SELECT * FROM {table}").fetchall() for table in lines.COLUMNS}
