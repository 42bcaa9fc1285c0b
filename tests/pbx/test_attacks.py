"""Attackers at a real Asterisk: kept out after as many tries as are allowed, and nobody else is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.live import block_files
from asterisk.live import store as live
from asterisk.live.guard import Guard
from asterisk.models import BlockedAddress
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import actions
from extensions.models import SipExtension
from tests.conftest import TOLD_OF_SECURITY
from tests.node import apply, connected
from tests.pages import html_of
from tests.pbx.office import Office, dial, engine_tables, eventually
from tests.phones import sip
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)

ATTACKER, OTHER, THIRD = "127.66.0.9", "127.66.0.10", "127.66.0.11"  # nobody's phones are there
OFFICE, ELSEWHERE = "127.66.1.1", "127.66.1.2"
FORBIDDEN = 403


@pytest.fixture
def guard(asterisk: Embedded) -> Iterator[Guard]:
    """As `listen` has it, told of what this Asterisk says."""
    with live.opened(settings.LIVE_FILE) as heard:
        heard.execute("DELETE FROM phone")  # those of earlier tests, which nobody may have been told of yet
    guard = Guard(from_settings())
    guard.start()
    TOLD_OF_SECURITY.append(guard.take)
    assert eventually(lambda: bool((settings.ASTERISK_DIR / "etc" / block_files.SCANNERS).read_text()))
    yield guard
    TOLD_OF_SECURITY.remove(guard.take)
    guard.stop()
    let_all_in()


def let_all_in() -> None:
    for name in (block_files.BLOCKED, block_files.SCANNERS):
        block_files.write(from_settings(), name, "")
    with engine_tables() as tables:
        tables.execute("DELETE FROM kept_out")
    block_files.reload(from_settings(), block_files.MODULES)


def guesses(phone: Phone, most: int) -> int:
    """How many it has before it is refused."""
    for count in range(most):
        if phone.register() == FORBIDDEN:
            return count
    return most


def stranger(office: Office, host: str = ATTACKER, **typed: str) -> Phone:
    return office.phone(office.extension(), host=host, **{"password": "wrong", **typed})


def blocks() -> list[tuple[str, str]]:
    return list(BlockedAddress.objects.in_force().order_by("id").values_list("network", "number"))


def is_blocked(network: str, number: str = "") -> bool:
    return eventually(lambda: (network, number) in blocks())


def ask(phone: Phone, method: str, *headers: tuple[str, str], uri: str = "") -> int:
    """The status of the first answer to a request without credentials."""
    got: list[int] = []
    request = phone.line.own_dialog().request(method, [*headers])
    if uri:
        request = sip.Message(f"{method} {uri} SIP/2.0", request.headers)
    phone.wire.send_request(request, lambda _, reply: got.append(reply.status))
    phone.wire.wait_for(lambda: bool(got), 20, "answer")
    return got[0]


def test_300_guesses_are_blocked_within_ten_and_everybody_else_goes_on(guard: Guard, office: Office, ada: User) -> None:
    colleague = office.registered()
    assert guesses(stranger(office), 300) < 100  # some more while the block is made
    assert is_blocked(ATTACKER)
    assert colleague.register() == 200
    assert office.phone(office.extension(), host=ELSEWHERE).register() == 200
    (block,) = BlockedAddress.objects.all()
    assert (block.tries, block.reason) == (10, "attempts")
    assert timedelta(minutes=14) < block.until - timezone.now() <= timedelta(minutes=15)
    record = AuditRecord.objects.get(action="blocked.added")
    assert (record.on, record.who) == (ATTACKER, "system")


def test_the_page_lists_and_unblocks_it(guard: Guard, office: Office, client: Client, ada: User) -> None:
    attacker = stranger(office)
    guesses(attacker, 50)
    assert is_blocked(ATTACKER)
    client.force_login(ada)
    page = html_of(client, "/blocked/")
    assert ATTACKER in page
    assert "Failed attempts" in page
    assert attacker.number in page
    block = BlockedAddress.objects.get()
    answer = client.post(f"/blocked/{block.pk}/unblock/", follow=True)
    assert f"{ATTACKER} is no longer blocked." in answer.content.decode()
    assert "No blocked addresses" in answer.content.decode()
    assert eventually(lambda: attacker.register() == 401)
    assert AuditRecord.objects.get(action="blocked.lifted").on == ATTACKER
    again = client.post(f"/blocked/{block.pk}/unblock/", follow=True)
    assert f"{ATTACKER} was no longer blocked." in again.content.decode()
    assert AuditRecord.objects.filter(action="blocked.lifted").count() == 1


def test_what_is_never_to_be_blocked_is_not_blocked_again(
    guard: Guard, office: Office, client: Client, ada: User
) -> None:
    attacker = stranger(office)
    guesses(attacker, 50)
    assert is_blocked(ATTACKER)
    client.force_login(ada)
    client.post(f"/blocked/{BlockedAddress.objects.get().pk}/never/")
    assert Preferences.load().attacks_never == ATTACKER
    assert eventually(lambda: attacker.register() == 401)
    assert guesses(attacker, 25) == 25
    assert blocks() == []
    assert AuditRecord.objects.get(action="blocked.never").on == ATTACKER


def test_a_block_outlives_a_restart_and_ends_when_it_is_over(guard: Guard, office: Office, asterisk: Embedded) -> None:
    attacker = stranger(office)
    guesses(attacker, 50)
    assert is_blocked(ATTACKER)
    asterisk.restart()
    assert attacker.register() == FORBIDDEN
    BlockedAddress.objects.update(until=timezone.now())
    assert eventually(lambda: attacker.register() == 401)
    assert eventually(lambda: BlockedAddress.objects.filter(ended_at=None).count() == 0)


def test_networks_of_both_families_and_many_of_them_are_taken(guard: Guard, office: Office) -> None:
    blocked = "127.66.1.3"
    until, extension = timezone.now() + timedelta(minutes=15), office.extension()
    networks = ["2001:db8:1:2::/64", blocked, *(f"198.51.{each // 250}.{each % 250}" for each in range(2_000))]
    rows = [(network, "") for network in networks] + [
        ("2001:db8:9:9::/64", extension.number),
        (ELSEWHERE, extension.number),
    ]
    BlockedAddress.objects.bulk_create(
        BlockedAddress(network=network, number=number, reason="attempts", tries=10, until=until)
        for network, number in rows
    )
    elsewhere = office.phone(office.extension(), host=blocked)
    assert eventually(lambda: elsewhere.register() == FORBIDDEN)
    assert office.phone(extension).register() == 200
    assert office.phone(extension, host=ELSEWHERE).register() == 401
    assert office.phone(office.extension(), host=ELSEWHERE).register() == 200


def test_each_further_block_lasts_twice_as_long(guard: Guard, office: Office) -> None:
    attacker = stranger(office)
    lasted = []
    for _ in range(3):
        guesses(attacker, 50)
        assert is_blocked(ATTACKER)
        block = BlockedAddress.objects.in_force().get()
        lasted.append(round((block.until - block.since).total_seconds() / 60))
        BlockedAddress.objects.update(until=timezone.now())
        assert eventually(lambda: attacker.register() == 401)
    assert lasted == [15, 30, 60]


def test_one_mail_tells_each_administrator_of_several_blocks(guard: Guard, office: Office, ada: User) -> None:
    for host in (ATTACKER, OTHER):
        guesses(stranger(office, host), 50)
        assert is_blocked(host)
    assert eventually(lambda: Email.objects.filter(kind="addresses_blocked").count() == 1)
    assert not eventually(lambda: Email.objects.filter(kind="addresses_blocked").count() != 1, 2)
    assert Email.objects.get(kind="addresses_blocked").to == ada.email
    Email.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert eventually(lambda: Email.objects.filter(kind="addresses_blocked").count() == 2)
    assert eventually(lambda: not BlockedAddress.objects.filter(mailed=False).exists())


def test_where_good_phones_are_only_the_extension_that_is_guessed_at_is_stopped(guard: Guard, office: Office) -> None:
    good = [office.registered(host=OFFICE) for _ in range(30)]
    victim = office.extension()
    bad = office.phone(victim, host=OFFICE, password="wrong")
    for _ in range(12):
        bad.register()
    assert eventually(lambda: blocks() == [(OFFICE, victim.number)])
    assert eventually(lambda: keeps_out(victim, OFFICE))
    assert {phone.register() for phone in good} == {200}
    assert office.phone(victim, host=OFFICE).register() == 401
    assert office.phone(victim, host=ELSEWHERE).register() == 200
    BlockedAddress.objects.update(until=timezone.now())
    assert eventually(lambda: not keeps_out(victim, OFFICE))
    assert office.phone(victim, host=OFFICE, port=0).register() in (200, 403)


def test_an_extensions_page_says_that_its_phone_is_kept_out(
    guard: Guard, office: Office, client: Client, ada: User
) -> None:
    office.registered(host=OFFICE)
    victim = office.extension()
    bad = office.phone(victim, host=OFFICE, password="wrong")
    for _ in range(12):
        bad.register()
    assert eventually(lambda: keeps_out(victim, OFFICE))
    bad.register()
    client.force_login(ada)
    words = f"The PBX refuses {OFFICE} after too many failed attempts. Unblock it in Blocked Addresses."
    url = f"/extensions/{victim.number}/"
    assert eventually(lambda: "Blocked after too many failed attempts" in html_of(client, url))
    assert words in html_of(client, url)
    assert "Outside the allowed networks" not in html_of(client, url)


def test_the_phone_of_an_extension_that_is_disabled_is_no_attacker(guard: Guard, office: Office, ada: User) -> None:
    """It knows its password, and may have to call an ambulance."""
    extension = office.extension()
    phone = office.registered(extension, host=OFFICE)
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    assert {phone.register() for _ in range(20)} == {403}
    assert not eventually(lambda: bool(blocks()), 3)
    actions.enable(extension.number, ada)
    apply([extension.number], ada)
    assert phone.register() == 200


@pytest.mark.parametrize("beside_others", [True, False])
def test_the_phone_of_an_extension_that_has_its_password_again_is_not_kept_out_for_what_it_tried_meanwhile(
    guard: Guard, office: Office, beside_others: bool
) -> None:
    if beside_others:
        office.registered(host=OFFICE)
    extension = office.extension()
    phone = office.registered(extension, host=OFFICE)
    former = extension.registration_password
    for password in ("Another7Horse9Staple", former):
        extension.registration_password = password
        extension.save()
        apply([extension.number], None)
        if password != former:
            assert eventually(lambda: phone.register() != 200 and bool(blocks()), 60)
    assert blocks() == []
    assert eventually(lambda: phone.register() == 200)


def test_what_was_tried_as_others_too_is_not_forgiven(guard: Guard, office: Office, ada: User) -> None:
    extension, other = office.extension(), office.extension()
    for each in (extension, other):
        guesses(office.phone(each, host=ATTACKER, password="wrong"), 6)
    assert is_blocked(ATTACKER)
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    actions.enable(extension.number, ada)
    apply([extension.number], ada)
    assert blocks() == [(ATTACKER, "")]


def keeps_out(extension: SipExtension, host: str) -> bool:
    with engine_tables() as tables:
        return (extension.number, host) in tables.execute("SELECT number, network FROM kept_out").fetchall()


def test_a_phone_with_an_old_password_does_not_stop_another_of_its_extension_beside_it(
    guard: Guard, office: Office
) -> None:
    extension = office.extension(max_phones=2)
    good, bad = office.registered(extension, host=OFFICE), office.phone(extension, host=OFFICE, password="old")
    assert guesses(bad, 25) == 25
    assert good.register() == 200
    assert blocks() == []


@pytest.mark.parametrize("exists", [True, False])
def test_who_only_asks_which_extensions_there_are_is_stopped_after_as_many(
    guard: Guard, office: Office, exists: bool
) -> None:
    asking = stranger(office, **({} if exists else {"user": "4711"}))
    answers = [ask(asking, "REGISTER") for _ in range(20)]
    assert eventually(lambda: ask(asking, "OPTIONS") == FORBIDDEN)
    assert set(answers) <= {401, FORBIDDEN}
    assert is_blocked(ATTACKER)


def is_recognized(phone: Phone, method: str, *headers: tuple[str, str], uri: str = "") -> bool:
    """Whether it is blocked by one message, once Asterisk has taken the lists."""
    wanted = (phone.wire.host, "")
    return eventually(lambda: ask(phone, method, *headers, uri=uri) in (401, FORBIDDEN) and wanted in blocks())


@pytest.mark.parametrize("agent", ["friendly-scanner", "SIPVicious 0.3.8", "sipcli/v1.8"])
def test_a_program_for_attacks_is_blocked_at_its_first_message(guard: Guard, office: Office, agent: str) -> None:
    scanner = stranger(office)
    assert is_recognized(scanner, "OPTIONS", ("User-Agent", agent))
    assert eventually(lambda: ask(scanner, "OPTIONS") == FORBIDDEN)
    block = BlockedAddress.objects.get()
    assert (block.reason, block.tries) == ("program", 1)


def test_what_only_attackers_dial_is_enough(guard: Guard, office: Office) -> None:
    scanner = stranger(office, user="100")
    assert is_recognized(scanner, "INVITE", uri=f"sip:00972599123456@127.0.0.1:{settings.SIP_PORT}")
    assert BlockedAddress.objects.get().reason == "program"


def test_ones_own_phones_may_dial_it_also_with_a_hidden_number(guard: Guard, office: Office) -> None:
    phone = office.registered(host=OFFICE)
    hidden = office.phone(office.extension(), host=OFFICE, user="anonymous")
    for each in (phone, hidden):
        call = dial(each, "00972599123456")
        call.wait_ended()
        assert call.status == 404
    assert blocks() == []
    assert phone.register() == 200


def test_other_lists_are_followed(guard: Guard, office: Office) -> None:
    Preferences.objects.update(attacks_agents="My Probe (1.0)", attacks_dialled="")
    assert is_recognized(stranger(office, OTHER), "OPTIONS", ("User-Agent", "x my probe (1.0) y"))
    assert ask(stranger(office), "OPTIONS", ("User-Agent", "friendly-scanner")) == 401
    assert is_recognized(stranger(office, THIRD), "OPTIONS", ("User-Agent", "My Probe (1.0)"))
    assert blocks() == [(OTHER, ""), (THIRD, "")]


def test_nobody_is_blocked_where_that_is_turned_off(guard: Guard, office: Office) -> None:
    guesses(stranger(office), 50)
    assert is_blocked(ATTACKER)
    Preferences.objects.update(attacks_on=False)
    assert eventually(lambda: blocks() == [])
    attacker = stranger(office)
    assert eventually(lambda: attacker.register() == 401)
    assert guesses(attacker, 25) == 25


def test_check_engine_does_not_take_a_block_for_a_difference(guard: Guard, office: Office) -> None:
    extension = office.extension(allowed_networks="127.0.0.0/8")
    office.registered(host=OFFICE)
    bad = office.phone(extension, host=OFFICE, password="wrong")
    for _ in range(12):
        bad.register()
    assert eventually(lambda: keeps_out(extension, OFFICE))
    with engine_tables() as tables, connected() as ami:
        wanted = engine.read(tables, [extension.number])[extension.number]
        (said,) = proof.ask(ami, [extension.number])
    assert list(proof.differences(proof.values(wanted), said)) == []
    assert office.phone(extension, host=OFFICE).register() == 401
    assert office.phone(extension, host=ELSEWHERE).register() == 200
