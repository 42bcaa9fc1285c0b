"""Announcements are heard by callers, whose calls then go on."""

import io
import math
import struct
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from asterisk import check, nodes
from asterisk.process import announcements
from core.preferences.models import SystemChange
from extensions.review import preferences as preference_changes
from tests.node import make_whole
from tests.pbx.lines import announcement_of, apply_lines, group_of, in_country, provider, route_in, trunk_to
from tests.pbx.office import Office, dial, eventually
from tests.phones.call import OutgoingCall
from tests.phones.phone import Phone
from trunks import changes
from trunks.models import Announcement

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+493012345678"


def tone(frequency: int, seconds: float = 1.5) -> bytes:
    """As an upload becomes: 8 kHz, one channel, 16 bit."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        frames = (round(12_000 * math.sin(2 * math.pi * frequency * n / 8000)) for n in range(int(seconds * 8000)))
        file.writeframes(b"".join(struct.pack("<h", each) for each in frames))
    return out.getvalue()


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        in_country()
        trunk_to(phone)
        yield phone


def hears(call: OutgoingCall, frequency: int) -> bool:
    call.start_audio(0)
    return eventually(lambda: abs(call.audio_received.frequency - frequency) < 10)


def files() -> set[str]:
    return {path.name for path in (Path(settings.ASTERISK_DIR) / announcements.FOLDER).glob("*")}


def test_it_is_heard_and_the_call_ends(office: Office, world: Phone) -> None:
    route_in(NUMBER, goes_to=announcement_of(tone(500)).destination)
    apply_lines()
    call = dial(world, NUMBER)
    call.wait_answered()
    assert hears(call, 500)
    call.wait_ended()


def test_the_call_goes_on_afterwards(office: Office, world: Phone) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    route_in(NUMBER, goes_to=announcement_of(tone(500), goes_to=f"extension:{extension.number}").destination)
    apply_lines()
    call = dial(world, NUMBER)
    call.wait_answered()
    assert hears(call, 500)
    incoming = phone.wait_call()
    incoming.answer()
    incoming.start_audio(700)
    assert hears(call, 700)


def test_one_follows_another_and_a_group_rings(office: Office, world: Phone) -> None:
    one = office.extension()
    phone = office.registered(one)
    group = group_of(one)
    second = announcement_of(tone(700), "Second", goes_to=group.destination)
    route_in(NUMBER, goes_to=announcement_of(tone(500), goes_to=second.destination).destination)
    apply_lines()
    call = dial(world, NUMBER)
    call.wait_answered()
    assert hears(call, 500)
    assert hears(call, 700)
    phone.wait_call()


def test_it_is_heard_where_no_member_of_a_group_answers(office: Office) -> None:
    caller = office.registered()
    group_of(office.extension(), goes_to=announcement_of(tone(500)).destination)
    apply_lines()
    call = caller.call("6200")
    call.wait_answered()
    assert hears(call, 500)


def test_one_that_is_disabled_is_not_heard(office: Office, world: Phone) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    to = f"extension:{extension.number}"
    route_in(NUMBER, goes_to=announcement_of(tone(500), goes_to=to, enabled=False).destination)
    apply_lines()
    assert files() == set()
    call = dial(world, NUMBER)
    phone.wait_call()
    assert not call.answered


def test_a_new_recording_is_heard_and_by_an_undo_the_old_one(office: Office, world: Phone) -> None:
    announcement = announcement_of(tone(500))
    route_in(NUMBER, goes_to=announcement.destination)
    apply_lines()
    before = preference_changes.given(SystemChange.Field.LINES)
    with changes.edited(None):
        announcement_of(tone(700), "Other")
        Announcement.objects.filter(pk=announcement.pk).update(sound=Announcement.objects.get(name="Other").sound)
        Announcement.objects.filter(name="Other").delete()
    apply_lines()
    assert hears(answered(world), 700)
    assert len(files()) == 1
    assert preference_changes.choose(None, SystemChange.Field.LINES, before)
    apply_lines()
    assert hears(answered(world), 500)


def answered(world: Phone) -> OutgoingCall:
    call = dial(world, NUMBER)
    call.wait_answered()
    return call


def test_a_file_that_is_lost_or_damaged_is_found_and_put_again(office: Office, world: Phone) -> None:
    route_in(NUMBER, goes_to=announcement_of(tone(500)).destination)
    apply_lines()
    assert check.check(nodes.from_settings()).differing == 0
    (path,) = (Path(settings.ASTERISK_DIR) / announcements.FOLDER).glob("*")
    path.unlink()
    make_whole()
    assert files() == {path.name}
    path.write_bytes(b"RIFF")
    path.with_name("ffff.wav").write_bytes(b"RIFF")
    run = check.check(nodes.from_settings())
    assert run.lines_differ
    check.repair(nodes.from_settings(), run, None)
    assert hears(answered(world), 500)
    assert files() == {path.name}
