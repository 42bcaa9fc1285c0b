"""Messages by phone while whoever carries them is killed: each is in the mailbox, on the page, and mailed once."""

import random
import signal
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings

from asterisk.live import voicemail_spool as spool
from asterisk.process.embedded import Embedded
from core.mail import composition
from core.mail.models import Email
from extensions.models import VoicemailMessage
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox
from tests.core.mail.worker_process import Workers, workers
from tests.pbx.office import Office, eventually
from tests.pbx.prompts import tones
from tests.pbx.voicemail.mailbox import leave_message, with_mailbox
from tests.people import make_user

SEED = 20261128
KILLS, MESSAGES = 48, 8  # and Asterisk twice
State = Email.State
pytestmark = pytest.mark.django_db(transaction=True)


def torment(alive: list[Workers], over: Event, chance: random.Random) -> int:
    """Kills one of them at random moments, until it is over and all kills are done. Each lives again at once."""
    kills = 0
    while kills < KILLS or not over.is_set():
        time.sleep(chance.uniform(0.02, 0.6))
        one = chance.choice(alive)
        one.end(signal.SIGKILL)
        kills += 1
        one.begin()
    return kills


def recordings(number: str) -> list[Path]:
    return [each.sound for each in spool.messages(settings.ASTERISK_DIR, number)]


def test_each_message_is_mailed_once_whoever_is_killed(office: Office, asterisk: Embedded) -> None:
    extension = with_mailbox(office, user=make_user("Vic"))
    postbox = Postbox()
    use(postbox)
    postbox.start()
    chance, over, killed = random.Random(SEED), Event(), list[int]()
    with workers() as carrier, workers("mailboxes") as looker, workers("pages") as portal:
        alive = [carrier, looker, portal]
        for each in alive:
            each.begin()
        killer = Thread(target=lambda: killed.append(torment(alive, over, chance)))
        killer.start()
        for left in range(1, MESSAGES + 1):
            if left % 3 == 0:
                assert asterisk.process
                asterisk.process.kill()
                asterisk.process.wait()
                asterisk.start()
            with tones():
                leave_message(office.registered(), f"*12{extension.number}")
            assert eventually(lambda: len(recordings(extension.number)) == left), left  # noqa: B023 (asked at once)
        over.set()
        killer.join()
        settled = (State.TAKEN, State.UNCERTAIN)
        assert eventually(lambda: Email.objects.filter(state__in=settled).count() == MESSAGES)
        for each in alive:
            each.end(signal.SIGTERM)
    postbox.stop()
    assert killed[0] >= KILLS
    assert VoicemailMessage.objects.there().count() == MESSAGES
    arrived = Counter(postbox.keys)
    assert max(arrived.values()) == 1
    emails = list(Email.objects.filter(kind="voicemail"))
    assert {email.facts["message"] for email in emails} == set(VoicemailMessage.objects.values_list("pk", flat=True))
    for email in emails:
        came = arrived[composition.message_id(email, "portal@example.com")]
        assert came == 1 or email.state == State.UNCERTAIN, f"{email.pk} is {email.state} and did not come"
