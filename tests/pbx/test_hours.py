"""Business hours and holidays, in real calls."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from asterisk import check, nodes
from asterisk.apply import lines as applied_lines
from asterisk.apply.run import make_whole
from asterisk.apply.year import TurnOfYear
from asterisk.engine.store import EngineError
from asterisk.management.commands import dialplan
from asterisk.nodes import Node
from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.pbx.lines import (
    OTHER_PROVIDER,
    apply_lines,
    closed_now,
    group_of,
    holiday_now,
    in_country,
    open_now,
    provider,
    route_in,
    route_over,
    trunk_to,
)
from tests.pbx.office import Office, dial, engine_tables, eventually, refusal
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)
MOBILE = "01711234567"
NUMBER = "+493012345678"


def holiday_in_hours() -> None:
    open_now()
    holiday_now()


STATES = pytest.mark.parametrize(
    ("state", "is_open"),
    [(lambda: None, True), (open_now, True), (closed_now, False), (holiday_in_hours, False)],
    ids=["nothing set up", "open", "closed", "holiday"],
)


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        in_country()
        yield phone


def said(extension: SipExtension, *more: str) -> list[str]:
    out = StringIO()
    call_command("dialplan", extension.number, "--dials", MOBILE, *more, stdout=out)
    return out.getvalue().splitlines()


@STATES
def test_an_extension_may_call_outside_in_business_hours_alone(
    office: Office, world: Phone, state: Callable[[], None], is_open: bool
) -> None:
    state()
    route_over(trunk_to(world))
    apply_lines()
    clerk, colleague = office.extension(outbound_in_hours=True), office.registered()
    phone = office.registered(clerk)
    outgoing = phone.call(MOBILE)
    assert ("in business hours only" in said(clerk)[-1]) is not is_open
    if is_open:
        world.wait_call().answer()
        outgoing.wait_answered()
        return
    assert refusal(outgoing) == 403
    assert not world.was_called()
    phone.call(colleague.number)
    colleague.wait_call()
    phone.call("112")  # for help at any time
    world.wait_call().answer()
    office.registered().call(MOBILE)  # others may
    assert world.wait_call()


@STATES
def test_a_route_is_passed_over_at_other_hours(
    office: Office, world: Phone, state: Callable[[], None], is_open: bool
) -> None:
    state()
    extension = office.extension()
    with provider(OTHER_PROVIDER) as other:
        route_over(trunk_to(world, "By day"), name="Day", hours="open", position=1)
        route_over(trunk_to(other, "By night"), name="Night", hours="closed", position=2)
        apply_lines()
        office.registered(extension).call(MOBILE)
        its = world if is_open else other
        its.wait_call().answer()
        assert not (other if is_open else world).was_called()
    assert ("Route Day would take it at another hour." in said(extension)) is not is_open


def goes_to(extension: SipExtension) -> str:
    return f"extension:{extension.number}"


@pytest.mark.parametrize(
    ("state", "rings"),
    [(open_now, "day"), (closed_now, "night"), (holiday_in_hours, "holiday")],
    ids=["open", "closed", "holiday"],
)
def test_a_call_from_outside_goes_where_it_is_to_at_this_hour(
    office: Office, world: Phone, state: Callable[[], None], rings: str
) -> None:
    state()
    trunk_to(world)
    phones = {name: office.extension() for name in ("day", "night", "holiday")}
    day, night, holiday = map(goes_to, phones.values())
    route_in(NUMBER, goes_to=day, closed_goes_to=night, holiday_goes_to=holiday)
    apply_lines()
    its = office.registered(phones[rings])
    dial(world, NUMBER)
    assert its.wait_call()


@pytest.mark.parametrize("state", [closed_now, holiday_in_hours])
def test_where_nothing_else_is_chosen_it_goes_there_at_any_hour(
    office: Office, world: Phone, state: Callable[[], None]
) -> None:
    state()
    trunk_to(world)
    extension, other = office.extension(number="1234"), office.extension()
    route_in(NUMBER, goes_to=goes_to(other))
    route_in("+4930555", goes_to="digits")
    apply_lines()
    phone, its = office.registered(extension), office.registered(other)
    dial(world, NUMBER)
    assert its.wait_call()
    dial(world, "+49305551234")
    assert phone.wait_call()


@pytest.mark.parametrize(("state", "status"), [(closed_now, 486), (holiday_in_hours, 486)])
def test_a_holiday_is_as_any_time_outside_of_hours(
    office: Office, world: Phone, state: Callable[[], None], status: int
) -> None:
    state()
    trunk_to(world)
    route_in("", goes_to=goes_to(office.extension()), closed_goes_to="hangup")
    apply_lines()
    assert refusal(dial(world, NUMBER)) == status


def test_a_mailbox_takes_calls_outside_of_hours(office: Office, world: Phone) -> None:
    closed_now()
    trunk_to(world)
    extension = office.extension(voicemail=True)
    phone = office.registered(extension)
    route_in("", goes_to=goes_to(extension), closed_goes_to=f"voicemail:{extension.number}")
    apply_lines()
    dial(world, NUMBER).wait_answered()
    assert not phone.was_called()


def test_a_ring_group_takes_calls_on_holidays(office: Office, world: Phone) -> None:
    holiday_in_hours()
    trunk_to(world)
    member = office.extension()
    group = group_of(member)
    route_in("", goes_to="hangup", closed_goes_to="hangup", holiday_goes_to=group.destination)
    apply_lines()
    phone = office.registered(member)
    dial(world, NUMBER)
    assert phone.wait_call()


def test_hours_end_while_nothing_is_applied(office: Office, world: Phone) -> None:
    """Asterisk looks at its clock, and needs no portal."""
    route_over(trunk_to(world), hours="open", name="Day")
    open_now()
    apply_lines()
    phone = office.registered()
    phone.call(MOBILE)
    world.wait_call().answer()
    now = f"{timezone.now().timestamp() - 1:010.0f}"
    with engine_tables() as tables:
        tables.execute("DELETE FROM hours_first WHERE first > ?", [now])
        tables.execute("INSERT INTO hours_first VALUES (?, 'closed', '')", [now])
    assert refusal(phone.call(MOBILE)) == 404


def test_without_a_route_of_this_hour_a_number_does_not_exist(office: Office, world: Phone) -> None:
    closed_now()
    route_over(trunk_to(world), hours="open", name="Day")
    apply_lines()
    extension = office.extension()
    assert refusal(office.registered(extension).call(MOBILE)) == 404
    words = said(extension)
    assert words[0].endswith("is outside of business hours.")
    assert words[1] == "Route Day would take it at another hour."
    assert words[2].startswith("No route is for")


def test_what_will_be_said_of_another_time(office: Office, world: Phone) -> None:
    Preferences.objects.update(time_zone="Europe/Berlin")
    today = timezone.now()
    holiday_now("Founders' Day")
    route_over(trunk_to(world), hours="open", name="Day")
    apply_lines()
    extension = office.extension()
    assert said(extension)[0].endswith("is on a holiday: Founders' Day.")
    later = (today + timedelta(days=5)).strftime("%Y-%m-%d 10:00")
    assert said(extension, "--at", later)[0] == "Route Day takes it."
    with pytest.raises(CommandError, match="date and time"):
        said(extension, "--at", "tomorrow")


def test_a_time_is_one_of_the_systems_clock(db: object) -> None:
    with timezone.override("Europe/Berlin"):
        assert dialplan.moment("2026-12-25 10:00") == datetime(2026, 12, 25, 9, tzinfo=UTC)
        assert dialplan.moment(None) is None


def test_a_holiday_may_have_any_name(office: Office, world: Phone) -> None:
    """It is proved as Asterisk reads it, and is never code."""
    name = 'Año "de" Ada\'s & <b>; \\, ${EPOCH}) $[1] — 家'
    holiday_now(name)
    route_over(trunk_to(world), hours="open", name="Day")
    apply_lines()
    assert said(office.extension())[0].endswith(f"is on a holiday: {name}.")


def test_all_of_the_hours_are_in_the_table_and_a_few_are_asked_for(office: Office, world: Phone) -> None:
    open_now()
    trunk_to(world)
    apply_lines()
    node = nodes.from_settings()
    assert applied_lines.differing(node) == {}
    with engine_tables() as tables:
        (count,) = tables.execute("SELECT count(*) FROM hours_first").fetchone()
        tables.execute("DELETE FROM hours_first WHERE first = (SELECT max(first) FROM hours_first)")
    assert count > 2000
    assert applied_lines.differing(node) == {"hours_first": (1, 0)}


@pytest.fixture
def of_last_year(office: Office, world: Phone, monkeypatch: pytest.MonkeyPatch) -> Node:
    """The PBX has hours that were put a year ago."""
    closed_now()
    trunk_to(world)
    monkeypatch.setattr(applied_lines, "this_year", lambda: timezone.now().year - 1)
    apply_lines()
    monkeypatch.undo()
    node = nodes.from_settings()
    with engine_tables() as tables:
        assert not applied_lines.hours_are_current(tables)
    return node


def test_hours_of_last_year_are_no_fault(of_last_year: Node) -> None:
    assert applied_lines.differing(of_last_year) == {}
    assert not check.check(of_last_year).drifts


def test_the_listener_puts_them_anew(of_last_year: Node) -> None:
    turning = TurnOfYear(of_last_year)
    turning.start()
    with engine_tables() as tables:
        assert eventually(lambda: applied_lines.hours_are_current(tables))
    turning.stop()


def test_what_cannot_be_put_now_is_put_later(
    of_last_year: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise EngineError("The disk is full.")

    monkeypatch.setattr(applied_lines, "put_into", fail)
    turning = TurnOfYear(of_last_year)
    turning.look()
    assert "Could not put the business hours of this year: The disk is full." in caplog.text
    monkeypatch.undo()
    turning.look()
    with engine_tables() as tables:
        assert applied_lines.hours_are_current(tables)


@pytest.mark.parametrize("by", [check.check, make_whole, lambda node: TurnOfYear(node).look()])
def test_hours_of_last_year_are_put_anew(of_last_year: Node, by: Callable[[Node], object]) -> None:
    by(of_last_year)
    with engine_tables() as tables:
        assert applied_lines.hours_are_current(tables)
        (last,) = tables.execute("SELECT max(first) FROM hours_first").fetchone()
    year = timezone.now().year
    assert int(last) == int(datetime(year + 3, 1, 1, tzinfo=UTC).timestamp())
