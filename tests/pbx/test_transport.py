"""Transport and Media Encryption of an extension: what its phones may use. Those that encrypt are in tests/clients."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from asterisk.engine import render, snapshot
from asterisk.live.refused_calls import RefusedCalls
from asterisk.readback import proof
from extensions.models import Change, SipExtension
from tests.node import apply, connected
from tests.pbx.office import Office, contacts, engine_tables, eventually, refusal, talking
from tests.pbx.test_why import Page


@pytest.fixture
def page(client: Client, ada: User) -> Page:
    client.force_login(ada)
    return Page(client)


def change(extension: SipExtension, **wish: str) -> None:
    for name, value in wish.items():
        setattr(extension, name, value)
    extension.save()
    Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)
    apply([extension.number], None)


@pytest.mark.parametrize("transport", ["tls", "tcp"])
def test_a_phone_does_not_stay_registered_over_another_transport(office: Office, page: Page, transport: str) -> None:
    extension = office.extension(transport=transport)
    office.phone(extension).register()
    assert page.says(
        extension.number,
        "The phone connected over UDP",
        f"Set its transport to {transport.upper()}, or change Transport of this extension.",
    )
    assert eventually(lambda: contacts(extension.number) == [])


@pytest.mark.parametrize("transport", ["tls", "tcp"])
def test_no_call_comes_over_another_transport(office: Office, transport: str) -> None:
    callee = office.registered()
    extension = office.extension(transport=transport)
    phone = office.phone(extension)
    for target in (callee.number, "*43", "*2", f"*2{callee.number}", f"*12{callee.number}"):
        assert (target, refusal(phone.call(target))) == (target, 403)
    assert refusal(office.phone(extension, number="anonymous").call(callee.number)) == 403
    assert not callee.was_called()


@pytest.mark.parametrize("transport", ["udp", "any"])
def test_over_the_right_one_it_talks(office: Office, transport: str) -> None:
    phone = office.registered(office.extension(transport=transport))
    talking(phone, office.registered())


def test_a_change_takes_the_phones_of_another_transport_away_and_leaves_the_others(office: Office, page: Page) -> None:
    extension = office.extension()
    office.registered(extension)
    assert page.state(extension.number, "Idle")
    change(extension, transport="udp")
    assert len(contacts(extension.number)) == 1
    change(extension, transport="tls")
    assert contacts(extension.number) == []
    assert page.says(extension.number, "Offline since", "The registration was removed in the portal.")


def test_a_call_without_encryption_is_refused_where_it_is_required(office: Office, page: Page) -> None:
    extension, callee = office.extension(media_encryption="required"), office.registered()
    phone = office.registered(extension)
    assert refusal(phone.call(callee.number)) == 488
    assert not callee.was_called()
    assert page.says(
        extension.number,
        "A call was refused because the phone did not encrypt it",
        "Turn on SRTP (SDES) on the phone, or change Media Encryption of this extension.",
    )
    change(extension, media_encryption="offered")
    talking(phone, callee)


def test_a_phone_that_must_encrypt_is_offered_nothing_else(office: Office) -> None:
    callee = office.registered(office.extension(media_encryption="required"))
    office.registered().call(callee.number)
    offer = callee.wait_call().invite.body
    assert b"RTP/SAVP " in offer
    assert b"a=crypto:" in offer


def test_a_phone_that_is_not_to_encrypt_is_offered_no_keys(office: Office) -> None:
    callee = office.registered(office.extension(media_encryption="off"))
    office.registered().call(callee.number)
    offer = callee.wait_call().invite.body
    assert b"RTP/AVP " in offer
    assert b"a=crypto:" not in offer


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [("transport", "tls", "Transport"), ("media_encryption", "required", "Media Encryption"),
     ("media_encryption", "off", "Media Encryption")],
)  # fmt: skip
def test_what_asterisk_reads_is_compared(office: Office, column: str, value: str, field: str) -> None:
    extension = office.extension()
    with engine_tables() as tables, connected() as ami:
        tables.execute(f"UPDATE sip_login SET {column} = ?", (value,))
        (said,) = proof.ask(ami, [extension.number])
        found = proof.differences(proof.values(wanted_rows(extension)), said)
    assert {str(each.field) for each in found} == {field}


def wanted_rows(extension: SipExtension) -> render.Rows:
    return render.render(snapshot.take([extension.number]))[extension.number]


def test_a_log_that_is_emptied_or_cut_in_a_line_is_read_on(tmp_path: Path) -> None:
    log = tmp_path / "problems.log"
    line = "ERROR[1] res_pjsip_session.c:  {}: Couldn't negotiate stream 0:audio-0:audio:sendrecv (nothing)\n"
    log.write_text(line.format("1000"))
    refused = RefusedCalls(tmp_path)
    assert refused.take().sound == []
    with log.open("a") as file:
        file.write(line.format("1001") + line.format("1002")[:40])
    assert refused.take().sound == ["1001"]
    with log.open("a") as file:
        file.write(line.format("1002")[40:])
    assert refused.take().sound == ["1002"]
    log.write_text(line.format("1003"))
    assert refused.take().sound == ["1003"]
    log.unlink()
    assert refused.take().sound == []
