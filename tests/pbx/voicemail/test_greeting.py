"""A greeting that was uploaded, as a caller hears it, and the system's after it was removed: by real calls."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from extensions.models import SipExtension
from tests.pbx.office import Office
from tests.pbx.prompts import Ear, write_tone
from tests.pbx.voicemail.mailbox import ring_briefly, with_mailbox
from tests.phones.phone import Phone

GREETING = 620  # Hz


def upload(client: Client, extension: SipExtension, folder: Path) -> None:
    write_tone(folder / "hello.wav", GREETING, 1.5)
    sound = SimpleUploadedFile("hello.wav", (folder / "hello.wav").read_bytes())
    answer = client.post(f"/extensions/{extension.number}/voicemail/greeting/", {"greeting": sound})
    assert answer.status_code == 302


def hears_greeting(desk: Office, number: str, callee: Phone | None) -> bool:
    """Whether a caller hears the upload before the tone; else it is the system's words, and never both."""
    call = desk.registered().call(number)
    if callee:
        callee.wait_call().reject(603)
    call.wait_answered()
    ear = Ear(call)
    assert ear.hears("beep")
    system = {"vm-isonphone", "vm-isunavail"} & {*ear.heard()}
    call.hangup()
    played = Ear(call).hears_tone(GREETING, 0)
    assert played != bool(system)
    return played


@pytest.mark.parametrize("why", ["nobody is registered", "declined"])
def test_callers_hear_the_upload_until_it_is_removed(desk: Office, client: Client, tmp_path: Path, why: str) -> None:
    extension = with_mailbox(desk)
    callee = desk.registered(extension) if why == "declined" else None
    ring_briefly(extension.number)
    client.force_login(extension.user)
    upload(client, extension, tmp_path)
    assert hears_greeting(desk, extension.number, callee)
    answer = client.post(f"/extensions/{extension.number}/voicemail/greeting/", {"then": "remove"})
    assert answer.status_code == 302
    assert not hears_greeting(desk, extension.number, callee)
