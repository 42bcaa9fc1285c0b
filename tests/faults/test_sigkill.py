"""The portal killed at every step of a Save and Apply: nothing half, nothing lost, and what comes next ends it."""

import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.models import ApplyRun
from asterisk.readback import proof
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension
from tests.faults.victim import NEW_PASSWORD, Position, Victim
from tests.node import apply, catch_up, connected
from tests.pbx.office import Office, engine_tables
from tests.pbx.test_apply import planted
from tests.phones.phone import Phone

NUMBERS = ("1100", "1101", "1102", "1900")
KEPT: tuple[type[Model], ...] = (User, User.organizations.through, SipExtension)
MADE: tuple[type[Model], ...] = (ApplyRun, Change, SipExtension, User)
TABLES = ("sip_login", "pbx_number", "emergency_login", "restore_point")
SEED = 20261123
KILLS = int(os.environ.get("KILLS", "15"))  # each at another moment


def rows() -> dict[str, Rows]:
    with engine.opened(settings.ENGINE_FILE) as tables:
        return engine.read(tables, NUMBERS)


@dataclass
class Scene:
    """Three people at work, one with two phones' worth of trouble ahead; put up again before each life."""

    office: Office
    victim: Victim

    def __post_init__(self) -> None:
        Preferences.objects.update(restore_points=2)  # each life then looks for old ones, the first and the 1000th
        extensions = [self.office.extension(number=number) for number in NUMBERS[:3]]
        self.phones = [self.office.registered(extension) for extension in extensions]
        self.old = rows()
        self.wish = [(model, list(model._default_manager.all())) for model in KEPT]
        with engine_tables() as tables:
            self.tables = {name: tables.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
        self.put_up()

    def put_up(self) -> None:
        with transaction.atomic():
            for model in MADE:
                model._default_manager.all().delete()
            for model, kept in self.wish:
                model._default_manager.bulk_create(kept)
        with engine_tables() as tables, engine.transaction(tables):
            for name, had in self.tables.items():
                tables.execute(f"DELETE FROM {name}")
                for row in had:
                    tables.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        for phone in self.phones:
            register(phone)


def register(phone: Phone) -> None:
    assert phone.register() == 200


def saved() -> list[str]:
    """The numbers whose wish is not the old one."""
    there = {extension.number: extension for extension in SipExtension.objects.all()}
    signs = {
        "1100": there["1100"].registration_password == NEW_PASSWORD,
        "1101": not there["1101"].enabled,
        "1102": "1102" not in there,
        "1900": "1900" in there,
    }
    return [number for number, is_so in signs.items() if is_so]


def registered() -> list[str]:
    with connected() as ami:
        return [number for number in NUMBERS if proof.contacts(proof.endpoint(ami, number))]


def apply_all() -> None:
    if numbers := Change.objects.waiting().numbers():
        apply(numbers, None)


def check(scene: Scene, new: dict[str, Rows], end: Callable[[], None]) -> str:
    """What must be so after a kill, and after what comes next: a start, or an apply. Gives how far it had come."""
    found, changes = rows(), Change.objects.order_by("id")
    assert found in (scene.old, new), "half"
    assert changes.numbers() == saved(), "a save without its change, or a change without its save"
    proved = ApplyRun.objects.filter(outcome=ApplyRun.Outcome.PROVED)
    assert bool(proved) == changes.exclude(applied_at=None).exists()
    if proved:
        assert (found, registered()) == (new, [])
    far = "proved" if proved else "written" if found == new else "taken" if ApplyRun.objects.exists() else ""
    wish = saved()
    end()
    settled(scene, new, wish, [] if far or end is apply_all else wish)
    runs = ApplyRun.objects.count()
    catch_up()
    assert ApplyRun.objects.count() == runs
    return far or ("saved" if wish else "begun")


def settled(scene: Scene, new: dict[str, Rows], wish: list[str], waiting: list[str]) -> None:
    done = [number for number in wish if not waiting]
    assert rows() == {number: (new if number in done else scene.old)[number] for number in NUMBERS}
    assert Change.objects.waiting().numbers() == waiting
    assert not ApplyRun.objects.exclude(outcome=ApplyRun.Outcome.PROVED).exists()
    assert registered() == [number for number in NUMBERS[:3] if number not in done]


@pytest.fixture
def scene(office: Office, victim: Victim) -> Scene:
    return Scene(office, victim)


OUTSIDE = (
    "database",
    "asterisk.engine.store",
    "asterisk.ami.client",
    "asterisk.ari",
    "asterisk.live",
    "core.file_lock",
)
OFTEN = ("asterisk.engine.store", "asterisk.ari", "database")


def lives(steps: list[Position]) -> list[tuple[Position, int]]:
    """The first visit of each step that can change something outside, and of each after one: the others change nothing.

    The last visit too of those that are visited often.
    """
    counts = Counter(steps)
    firsts = {step: steps.index(step) for step in counts}
    first = [
        (step, 1)
        for step, at in firsts.items()
        if not at or step.startswith(OUTSIDE) or steps[at - 1].startswith(OUTSIDE)
    ]
    return first + [(step, count) for step, count in counts.items() if count > 1 and step.startswith(OFTEN)]


def told(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


MATTERING = [
    "_apply: ",
    "db.execute(INSERT[table]",
    "INSERT OR REPLACE INTO restore_point",
    'db.execute("COMMIT")',
    "differences: ",
    "connection.request(",
    "close: self.save",
    "_write: AuditRecord.objects.bulk_create(",
    'after: INSERT INTO "asterisk_applyrun"',
    'after: UPDATE "extensions_change"',
]


TAKING_BACK = ("take_back", "put_back", "_put", "refuse")


def test_killed_at_every_step(scene: Scene) -> None:
    steps = scene.victim.steps()
    new = rows()
    assert new != scene.old
    assert [each for each in MATTERING if not any(each in step for step in steps)] == []
    ends: Counter[str] = Counter()
    for (step, which), end in zip(lives(steps)[::2], cycle((catch_up, apply_all))):
        scene.put_up()
        killed = scene.victim.killed_at(step, which)
        assert killed or which > 1, step
        try:
            ends[check(scene, new, end)] += killed
        except AssertionError as error:
            error.add_note(f"killed at visit {which} of {step}, then {end.__name__}")
            raise
    told(*dict.fromkeys(steps), f"{len(set(steps))} steps, {ends.total()} kills: {ends}")
    assert {"begun", "saved", "taken", "written", "proved"} <= ends.keys()


def test_killed_at_any_moment(scene: Scene) -> None:
    scene.victim.steps()
    new = rows()
    scene.put_up()
    chance, longest = random.Random(SEED), scene.victim.seconds() * 1.1
    told(f"seed {SEED}, each within {longest:.3f} s")
    ends: Counter[str] = Counter()
    for _ in range(KILLS):
        scene.put_up()
        scene.victim.killed_after(chance.uniform(0, longest))
        ends[check(scene, new, chance.choice((catch_up, apply_all)))] += 1
    told(str(ends))
    assert ends.total() == KILLS


def test_killed_while_what_was_refused_is_taken_back(scene: Scene) -> None:
    scene.victim.steps()
    new = rows()
    scene.put_up()
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"):
        steps = scene.victim.steps()
        counts = Counter(steps)
        its = [step for step in counts if any(f" {name}: " in step for name in TAKING_BACK)]
        assert {step.split(": ")[0].split()[-1] for step in its} == set(TAKING_BACK)
        for step in its:
            scene.put_up()
            assert scene.victim.killed_at(step, counts[step])
            assert rows() in (scene.old, new), step
            catch_up()
            assert (rows(), Change.objects.waiting().numbers()) == (scene.old, list(NUMBERS)), step
            assert {run.outcome for run in ApplyRun.objects.all()} == {ApplyRun.Outcome.REFUSED}, step
            assert registered() == list(NUMBERS[:3]), step
