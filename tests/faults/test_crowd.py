"""Twenty administrators save and apply at once: each save ends as saved, as a conflict or refused, and none is lost.

CROWD_SECONDS=60 keeps them at it for a minute.
"""

import os
import random
import re
import time
from collections import Counter
from itertools import count
from threading import Thread

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions.models import Change, SipExtension
from tests.node import all_numbers, apply, catch_up, plan
from tests.people import Typed, make_extension, make_user

ADMINISTRATORS, SAVES = 20, 6
SECONDS = float(os.environ.get("CROWD_SECONDS", "0"))
SHARED = ("1100", "1101", "1102", "1103", "1104")
SAVED, CONFLICT, REFUSED = 302, 409, 422


class Administrator(Thread):
    numbers = count(1200)

    def __init__(self, user: User, seed: int) -> None:
        super().__init__()
        self.user, self.chance = user, random.Random(seed)
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.ended: dict[str, int] = {}
        self.applies: list[int] = []

    def run(self) -> None:
        until = time.monotonic() + SECONDS
        try:
            for each in count():
                if each >= SAVES and time.monotonic() > until:
                    break
                deed = self.chance.choice((self.adds, self.edits, self.edits))
                deed(f"{self.user.first_name} {each}")
                if self.chance.random() < 1 / 3:
                    self.applies_all()
        finally:
            connection.close()

    def adds(self, name: str) -> None:
        number = str(next(self.numbers))
        typed = Typed(number, name, "", "", {"then": self.then})
        self.ended[name] = self.client.post("/extensions/add/", typed.fields).status_code

    def edits(self, name: str) -> None:
        url = f"/extensions/{self.chance.choice(SHARED)}/edit/"
        page = self.client.get(url).content.decode()
        version = re.search('name="version" value="(.*?)"', page)
        held = re.search('name="registration_name" value="(.*?)"', page)
        assert version, page
        assert held, page
        more = {"registration_name": held[1], "version": version[1], "registration_password": "", "password": ""}
        typed = Typed("", name, "", "", {**more, "then": self.then})
        self.ended[name] = self.client.post(url, typed.fields).status_code

    def applies_all(self) -> None:
        waiting = Change.objects.waiting().numbers()
        self.applies.append(self.client.post("/apply/", {"n": waiting, "from": "review"}).status_code)

    @property
    def then(self) -> str:
        return self.chance.choice(("apply", "apply", "save"))


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once(asterisk: Embedded, ada: User) -> None:
    for number in SHARED:
        make_extension(number)
    apply(SHARED, ada)
    everybody = [
        Administrator(make_user(f"Admin{each}", role="super_administrator"), each) for each in range(ADMINISTRATORS)
    ]
    for one in everybody:
        one.start()
    for one in everybody:
        one.join()
    ended = {name: status for one in everybody for name, status in one.ended.items()}
    assert len(ended) >= ADMINISTRATORS * SAVES
    assert set(ended.values()) <= {SAVED, CONFLICT, REFUSED}, Counter(ended.values())
    assert {status for one in everybody for status in one.applies} == {SAVED}
    saved = {name for name, status in ended.items() if status == SAVED}
    assert {change.fields["first_name"][1] for change in Change.objects.filter(by__isnull=False)} == saved
    assert not ApplyRun.objects.exclude(outcome=ApplyRun.Outcome.PROVED).exists()
    untouched = set(Change.objects.waiting().numbers())
    assert plan([number for number in all_numbers() if number not in untouched]) == []
    apply(Change.objects.waiting().numbers(), ada)
    catch_up()
    assert plan(all_numbers()) == []
    assert SipExtension.objects.count() == len(all_numbers())
    print(f"{len(ended)} saves: {Counter(ended.values())}, {ApplyRun.objects.count()} applies")  # noqa: T201 (for -s)
