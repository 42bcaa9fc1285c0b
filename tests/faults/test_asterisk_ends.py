"""Asterisk gone or hanging, seen from the pages: told within two seconds, and everything is there when it is back."""

import os
import signal

import pytest
from django.test import Client

from accounts.models import User
from asterisk.backend import Asterisk
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions.models import Change
from extensions.pbx import LineState, PbxError
from tests.node import apply, catch_up
from tests.pages import html_of
from tests.pbx.office import Office, eventually
from tests.people import make_extension

TOLD_SECONDS = 2.5  # two, and one look of this test


def is_known(number: str) -> bool:
    try:
        return Asterisk().lines([number])[number].state == LineState.IDLE
    except PbxError:
        return False


def page(client: Client) -> str:
    return html_of(client, "/extensions/")


def test_killed_before_an_apply_it_is_told_and_the_change_is_there_when_it_is_back(
    office: Office, asterisk: Embedded, ada: User, client: Client
) -> None:
    phone = office.registered()
    client.force_login(ada)
    assert eventually(lambda: is_known(phone.number))
    assert "PBX running" in page(client)
    asterisk.kill()
    assert eventually(lambda: not is_known(phone.number), TOLD_SECONDS)
    assert "PBX not responding" in page(client)
    assert "Unknown" in page(client)
    extension = make_extension()
    run = apply([extension.number], ada)
    assert run.outcome == ApplyRun.Outcome.WAITING
    asterisk.start()
    catch_up()
    run.refresh_from_db()
    assert (run.outcome, Change.objects.waiting().numbers()) == (ApplyRun.Outcome.PROVED, [])
    assert office.phone(extension).register() == 200
    assert eventually(lambda: is_known(extension.number), 10)
    assert "PBX running" in page(client)


def test_killed_after_an_apply_it_comes_back_with_it(office: Office, asterisk: Embedded) -> None:
    extension = office.extension()
    asterisk.kill()
    asterisk.start()
    catch_up()
    assert ApplyRun.objects.count() == 1
    assert office.phone(extension).register() == 200


@pytest.mark.django_db
def test_one_that_hangs_is_told_like_one_that_is_gone(office: Office, asterisk: Embedded) -> None:
    phone = office.registered()
    assert eventually(lambda: is_known(phone.number))
    assert asterisk.process
    os.kill(asterisk.process.pid, signal.SIGSTOP)
    try:
        assert eventually(lambda: not is_known(phone.number), TOLD_SECONDS)
        assert not Asterisk().state().up
        assert apply([phone.number], None).outcome == ApplyRun.Outcome.WAITING
    finally:
        os.kill(asterisk.process.pid, signal.SIGCONT)
    assert eventually(lambda: is_known(phone.number), 10)
    catch_up()
    assert not ApplyRun.objects.exclude(outcome=ApplyRun.Outcome.PROVED).exists()
