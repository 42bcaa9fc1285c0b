"""What begins and what is solved, and how often it is told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.coded_text import CodedText
from core.events import look, tell
from core.events.look import Finding, Look
from core.events.models import Delivery, Event
from core.mail import composition
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.people import make_user

DISK = CodedText("event.disk", path="/var", share=91)
PBX = CodedText("event.pbx_ended")


class World:
    """What is wrong in it; kinds that cannot be asked raise."""

    def __init__(self) -> None:
        self.wrong: dict[str, list[Finding]] = {"disk": [], "pbx": [], "clock": []}
        self.look = Look({kind: lambda kind=kind: self.found(kind) for kind in self.wrong})  # type: ignore[misc]
        self.fails = False

    def found(self, kind: str) -> Iterator[Finding]:
        if self.fails:
            raise OSError("cannot be asked")
        yield from self.wrong[kind]


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(look, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(tell, "GATHERED", timedelta(0))
    return World()


def told() -> list[tuple[str, list[list[object]]]]:
    return [(each.to, each.facts["news"]) for each in Email.objects.filter(kind="alert").order_by("id")]


def test_it_begins_and_is_solved_once_however_often_one_looks(world: World, ada: User) -> None:
    world.wrong["disk"] = [Finding(DISK)]
    for _ in range(3):
        world.look()
        tell.tell()
    event = Event.objects.get()
    assert (event.kind, event.solved_at, told()) == ("disk", None, [("ada@example.com", [[event.pk, False]])])
    world.wrong["disk"] = []
    for _ in range(3):
        world.look()
        tell.tell()
    event.refresh_from_db()
    assert event.solved_at
    assert told()[1:] == [("ada@example.com", [[event.pk, True]])]
    assert event.told_to == ["ada@example.com"]


def test_each_subject_is_an_event_of_its_own(world: World) -> None:
    world.wrong["disk"] = [Finding(DISK, "/a"), Finding(DISK, "/b")]
    world.look()
    world.wrong["disk"] = [Finding(DISK, "/b")]
    world.look()
    assert list(Event.objects.open().values_list("subject", flat=True)) == ["/b"]
    assert Event.objects.count() == 2


def test_what_has_to_last_is_no_event_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("core.events.look.time.monotonic", lambda: now[0])
    world.wrong["pbx"] = [Finding(PBX)]
    world.look()
    now[0] += 29
    world.look()
    assert not Event.objects.exists()
    world.wrong["pbx"] = []
    world.look()
    world.wrong["pbx"] = [Finding(PBX)]
    now[0] += 20
    world.look()
    assert not Event.objects.exists(), "what was over meanwhile begins anew"
    now[0] += 30
    world.look()
    assert Event.objects.get().kind == "pbx"


def test_what_cannot_wait_for_its_patience_does_not(world: World) -> None:
    world.wrong["pbx"] = [Finding(PBX, at_once=True)]
    world.look()
    assert Event.objects.get().kind == "pbx"


def test_an_event_says_what_is_wrong_now(world: World) -> None:
    for share in (91, 97):
        world.wrong["disk"] = [Finding(CodedText("event.disk", path="/var", share=share))]
        world.look()
    assert "97% full" in Event.objects.get().detail_text


def test_a_condition_that_cannot_be_asked_solves_nothing(world: World) -> None:
    world.wrong["disk"] = [Finding(DISK)]
    world.look()
    world.fails = True
    world.look()
    assert Event.objects.get().solved_at is None


def test_it_is_not_solved_before_it_is_over_for_some_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "SETTLED_SECONDS", 15.0)
    now = [1000.0]
    monkeypatch.setattr("core.events.look.time.monotonic", lambda: now[0])
    world.wrong["disk"] = [Finding(DISK)]
    world.look()
    world.wrong["disk"] = []
    now[0] += 14
    world.look()
    assert Event.objects.get().solved_at is None
    now[0] += 1
    world.look()
    assert Event.objects.get().solved_at


def test_what_another_process_left_open_is_solved_by_the_next(world: World) -> None:
    look.begin("disk", DISK)
    World().look()
    world.look()
    assert Event.objects.get().solved_at


def test_what_begins_within_moments_is_told_in_one_message(
    world: World, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell, "GATHERED", timedelta(seconds=15))
    world.wrong["disk"] = [Finding(DISK)]
    world.look()
    tell.tell()
    assert told() == []
    world.wrong["pbx"] = [Finding(PBX, at_once=True)]
    world.look()
    Event.objects.filter(kind="disk").update(began_at=timezone.now() - timedelta(seconds=15))
    tell.tell()
    ((_, news),) = told()
    assert sorted(news) == [[pk, False] for pk in sorted(Event.objects.values_list("pk", flat=True))]


@pytest.mark.parametrize(
    ("begin", "end", "at", "quiet"),
    [
        (None, None, 3, False),
        (22, 6, 23, True),
        (22, 6, 22, True),
        (22, 6, 5, True),
        (22, 6, 6, False),
        (22, 6, 12, False),
        (1, 5, 3, True),
        (1, 5, 5, False),
        (1, 1, 1, False),
    ],
)
def test_quiet_hours(begin: int | None, end: int | None, at: int, quiet: bool) -> None:
    preferences = Preferences(
        time_zone="America/New_York",
        alert_quiet_from=None if begin is None else time(begin),
        alert_quiet_until=None if end is None else time(end),
    )
    moment = datetime(2026, 1, 15, at, tzinfo=preferences.zone).astimezone(UTC)
    assert tell.is_quiet(preferences, moment) is quiet


def test_in_quiet_hours_only_what_cannot_wait_is_told_and_the_rest_afterwards(world: World, ada: User) -> None:
    now = timezone.now().astimezone(Preferences.load().zone)
    Preferences.objects.update(
        alert_quiet_from=(now - timedelta(hours=1)).time(), alert_quiet_until=(now + timedelta(hours=1)).time()
    )
    look.begin("drift", CodedText("event.drift", count=1))
    look.begin("disk", DISK)
    tell.tell()
    drift, disk = Event.objects.get(kind="drift"), Event.objects.get(kind="disk")
    assert told() == [("ada@example.com", [[disk.pk, False]])]
    look.solve("drift")
    Preferences.objects.update(alert_quiet_from=None, alert_quiet_until=None)
    tell.tell()
    assert told()[1:] == [("ada@example.com", [[drift.pk, False], [drift.pk, True]])]


@pytest.mark.parametrize("kind", ["pbx", "apply_refused", "apply_waiting", "disk", "worker", "log"])
def test_what_stops_calls_or_changes_is_told_in_quiet_hours(world: World, ada: User, kind: str) -> None:
    now = timezone.now().astimezone(Preferences.load().zone)
    Preferences.objects.update(
        alert_quiet_from=(now - timedelta(hours=1)).time(), alert_quiet_until=(now + timedelta(hours=1)).time()
    )
    look.begin(kind, DISK)
    tell.tell()
    assert [to for to, _ in told()] == ["ada@example.com"]


def test_whoever_is_chosen_is_told_and_otherwise_who_sees_preferences(world: World, ada: User) -> None:
    olga = make_user("Olga", role="operator")
    gone = make_user("Gus", role="operator", is_active=False)
    make_user("Hugo", role="human_resource")
    look.begin("disk", DISK)
    tell.tell()
    assert [to for to, _ in told()] == ["ada@example.com"]
    Preferences.objects.update(alert_people=[olga.pk, gone.pk])
    look.solve("disk")
    tell.tell()
    assert [to for to, _ in told()[1:]] == ["olga@example.com"]
    Preferences.objects.update(alert_people=[gone.pk])
    look.begin("disk", DISK)
    tell.tell()
    assert [to for to, _ in told()[2:]] == ["ada@example.com"]


def test_the_e_mail_says_what_began_and_what_was_solved(world: World, ada: User) -> None:
    look.begin("disk", DISK)
    look.begin("attack", CodedText("event.attack", count=3))
    look.solve("attack")
    tell.tell()
    mail = composition.written(Email.objects.get(kind="alert"), "portal@example.com")
    assert mail
    assert mail["Subject"] == "Alert: Disk nearly full and 1 more"
    text = mail.get_body(("plain",))
    assert text
    words = text.get_content()
    began, _, solved = words.partition("Solved:")
    assert "The disk that holds /var is 91% full. Free up space." in began
    assert "It was: " not in began
    assert "It was: 3 addresses are blocked" in solved
    assert "disk" not in solved
    assert "/events/" in words


def test_a_solved_event_alone_is_said_to_be_solved(world: World, ada: User) -> None:
    look.begin("disk", DISK)
    tell.tell()
    look.solve("disk")
    tell.tell()
    mail = composition.written(Email.objects.order_by("id").last() or Email(), "portal@example.com")
    assert mail
    assert mail["Subject"] == "Solved: Disk nearly full"


def test_an_event_that_is_forgotten_leaves_no_e_mail(world: World, ada: User) -> None:
    look.begin("disk", DISK)
    tell.tell()
    Event.objects.all().delete()
    assert composition.written(Email.objects.get(), "portal@example.com") is None


def test_a_clock_that_was_set_back_keeps_the_order(db: None) -> None:
    Event.objects.create(kind="disk", began_at=timezone.now() + timedelta(hours=1))
    look.solve("disk")
    event = Event.objects.get()
    assert event.solved_at == event.began_at


def test_where_there_is_no_news_one_look_is_all(
    world: World, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    look.begin("disk", DISK)
    tell.tell()
    with django_assert_num_queries(1):
        tell.tell()
    assert Email.objects.count() == 1


def test_nothing_is_posted_without_a_webhook(world: World, ada: User) -> None:
    look.begin("disk", DISK)
    tell.tell()
    assert not Delivery.objects.exists()


def test_the_body_says_it_in_english_and_in_whole(world: World, ada: User) -> None:
    look.begin("disk", DISK, "/var")
    Preferences.objects.update(webhook_url="https://monitor.example.com/x", sealed_webhook_secret="sealed")
    tell.tell()
    delivery, event = Delivery.objects.get(), Event.objects.get()
    sent = json.loads(delivery.body)
    assert sent["id"] == str(delivery.id)
    assert sent["events"] == [
        {
            "event": event.pk,
            "kind": "disk",
            "state": "began",
            "subject": "/var",
            "test": False,
            "began_at": event.began_at.isoformat(timespec="seconds"),
            "solved_at": None,
            "text": "The disk that holds /var is 91% full. Free up space.",
        }
    ]
    assert event.told_to == ["ada@example.com", "monitor.example.com"]


def test_what_is_old_is_forgotten_and_what_is_open_is_not(world: World) -> None:
    long_ago = timezone.now() - timedelta(days=366)
    Event.objects.create(kind="disk", began_at=long_ago)
    Event.objects.create(kind="pbx", began_at=long_ago, solved_at=long_ago, told_at=long_ago, solved_told_at=long_ago)
    for days in (91, 89):
        Delivery.objects.create(body=str(days), created_at=timezone.now() - timedelta(days=days))
    tell.forget_old()
    assert [event.kind for event in Event.objects.all()] == ["disk"]
    assert [delivery.body for delivery in Delivery.objects.all()] == ["89"]
