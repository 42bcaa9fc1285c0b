"""What an undo wishes back, refuses, and records. With the real PBX: tests/pbx/test_history.py."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from asterisk.apply.undo import back_to, former_wishes, undo
from asterisk.models import ApplyRun
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions.changes import record as changes
from extensions.changes.state import CannotPutBack
from extensions.models import Change, SipExtension
from tests.asterisk.manager import Manager
from tests.node import apply, apply_preferences
from tests.people import make_extension

pytestmark = pytest.mark.django_db


def change(number: str, **values: Any) -> None:
    with changes.edit(number, None) as edited:
        for name, value in values.items():
            setattr(edited, name, value)


def prefer(messages: int) -> None:
    old = Preferences.now("voicemail_messages")
    Preferences.objects.update(voicemail_messages=messages)
    SystemChange.note(None, SystemChange.Field.VOICEMAIL_MESSAGES, str(old), str(messages))


def recorded() -> list[tuple[Any, ...]]:
    found = AuditRecord.objects.filter(action__in=["apply.undone", "apply.went_back"]).order_by("pk")
    return [(each.action, each.on, each.by, each.detail) for each in found]


@pytest.fixture
def applied(manager: Manager) -> ApplyRun:
    """Two extensions, of which the second apply changed one twice."""
    for number in ("1000", "1001"):
        make_extension(number, max_phones=1)
    apply(["1000", "1001"], None)
    change("1000", max_phones=2)
    change("1000", max_phones=3, caller_id="77")
    return apply(["1000"], None)


def test_an_apply_is_undone_to_before_its_first_change_and_recorded(applied: ApplyRun, ada: User) -> None:
    assert undo(applied, ada) == ["1000"]
    extension = SipExtension.objects.get(number="1000")
    assert (extension.max_phones, extension.caller_id) == (1, "1000")
    on, detail = {"code": "apply.one", "run": str(applied.pk)}, {"run": applied.pk, "numbers": ["1000"]}
    assert recorded() == [("apply.undone", on, ada.pk, detail)]
    assert Change.objects.waiting().numbers() == ["1000"]
    assert undo(applied, ada) == []
    assert len(recorded()) == 1


def test_what_was_added_by_it_is_gone_again(applied: ApplyRun, ada: User) -> None:
    first = ApplyRun.objects.earliest("pk")
    assert former_wishes(list(first.changes.all())) == {"1000": None, "1001": None}
    assert undo(first, ada) == ["1000", "1001"]
    assert not SipExtension.objects.exists()


def test_preferences_of_an_apply_are_undone_by_who_may_change_them(applied: ApplyRun, ada: User, vic: User) -> None:
    before = Preferences.now("voicemail_messages")
    prefer(7)
    prefer(8)
    run = apply_preferences(ada)
    words = "This apply also changed Preferences. Someone who can change Preferences must undo it."
    with pytest.raises(CannotPutBack, match=words):
        undo(run, vic)
    assert Preferences.now("voicemail_messages") == 8
    assert undo(run, ada) == []
    assert Preferences.now("voicemail_messages") == before
    (waiting,) = SystemChange.objects.waiting()
    assert (waiting.old, waiting.new, recorded()) == ("8", str(before), [])


def test_outside_lines_of_an_apply_are_undone_by_who_may_change_them(db: None, vic: User) -> None:
    run = ApplyRun.objects.create(outcome=ApplyRun.Outcome.PROVED)
    run.system_changes.create(field=SystemChange.Field.LINES, old="1", new="2")
    words = "This apply also changed outside lines. Someone who can change them must undo it."
    with pytest.raises(CannotPutBack, match=words):
        undo(run, vic)
    run.system_changes.create(field=SystemChange.Field.VOICEMAIL_MESSAGES, old="1", new="2")
    with pytest.raises(CannotPutBack, match="This apply also changed Preferences"):
        undo(run, vic)


def test_all_that_was_applied_after_a_time_is_undone(applied: ApplyRun, ada: User) -> None:
    change("1001", max_phones=2)
    prefer(7)
    moment = timezone.now()
    apply(["1001"], None)
    apply_preferences(None)
    assert back_to(timezone.now() + timedelta(hours=1), ada) == []
    assert recorded() == []
    assert back_to(moment, ada) == ["1001"]
    assert {each.number: each.max_phones for each in SipExtension.objects.all()} == {"1000": 3, "1001": 1}
    assert SystemChange.objects.waiting().get().old == "7"
    ((action, on, by, detail),) = recorded()
    assert (action, by, detail) == ("apply.went_back", ada.pk, {"numbers": ["1001"]})
    assert on == timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


def test_a_time_before_what_is_kept_is_refused(applied: ApplyRun, ada: User) -> None:
    first = ApplyRun.objects.earliest("pk").started_at
    early = first - timedelta(seconds=1)
    Preferences.objects.update(restore_points=3)
    assert back_to(first + timedelta(days=1), ada) == []
    ApplyRun.objects.create(outcome=ApplyRun.Outcome.PROVED)
    with pytest.raises(CannotPutBack, match=r"Apply History starts at .*\. Choose a later time\."):
        back_to(early, ada)
    assert back_to(first, ada) == ["1000", "1001"]  # exactly where it starts


def test_before_there_is_more_than_is_kept_any_time_will_do(applied: ApplyRun, ada: User) -> None:
    Preferences.objects.update(restore_points=3)
    assert back_to(ApplyRun.objects.earliest("pk").started_at - timedelta(days=99), ada) == ["1000", "1001"]


def said(client: Client, path: str, **fields: str) -> tuple[str, list[str]]:
    answer = client.post(f"/history/{path}/", fields)
    assert answer.status_code == 302
    return answer["Location"], [str(each) for each in client.get("/history/").context["messages"]]


def test_the_page_says_what_came_of_it(applied: ApplyRun, client: Client, ada: User, vic: User) -> None:
    client.force_login(ada)
    assert said(client, "back", moment="") == ("/history/", ["Enter a date and time."])
    assert said(client, "back", moment="2026-13-01T00:00") == ("/history/", ["Enter a date and time."])
    nothing = "Nothing to undo. Everything is already as it was."
    assert said(client, "back", moment="2999-01-01T00:00") == ("/history/", [nothing])
    assert said(client, "back", moment="2999-01-01T00:00+01:00") == ("/history/", [nothing])
    ready = "The undo of extension 1000 is ready. Review and apply it."
    assert said(client, f"{applied.pk}/undo") == ("/review/", [ready])
    assert said(client, f"{applied.pk}/undo") == ("/history/", [nothing])
    assert client.post("/history/99999/undo/").status_code == 404
    Preferences.objects.update(restore_points=1)
    where, (words,) = said(client, "back", moment="2000-01-01T00:00")
    assert (where, words[:52]) == ("/history/", "Nothing was changed. Apply History starts at " + words[45:52])


def test_the_pages_of_applies_are_the_newest_first(applied: ApplyRun, client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get("/history/")
    assert [run.pk for run in page.context["runs"]] == [applied.pk, applied.pk - 1]
    assert (page.context["next_url"], page.context["section"]) == ("", "history")
    ApplyRun.objects.bulk_create(ApplyRun(outcome=ApplyRun.Outcome.PROVED) for _ in range(24))
    page = client.get("/history/")
    assert len(page.context["runs"]) == 25
    older = client.get(f"/history/{page.context['next_url']}")
    assert ([run.pk for run in older.context["runs"]], older.context["next_url"]) == ([applied.pk - 1], "")
    page = client.get(f"/history/{applied.pk}/")
    assert [each.number for each in page.context["rows"]] == ["1000"]
    text = " ".join(page.content.decode().split())
    assert f"Verified: Asterisk has all {applied.values_compared} values." in text
    assert '<li>Dial plan: <span class="quiet">ring time in seconds, Calls Redirected To</span>' in text
    assert '<li>Hint: <span class="quiet">device</span>' in text
    assert "IP Phone Concurrent Registrations" in text
