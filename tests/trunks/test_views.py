"""What the pages of all lines have in common: asking before a deletion, switching, moving, looking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from tests.people import make_extension, make_user
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.typed import (
    GROUP,
    make_announcement,
    make_group,
    make_holiday,
    make_inbound,
    make_outbound,
    make_trunk,
    opened,
    posted,
    text_of,
)
from trunks.models import OutboundRoute, RingGroup, Trunk


@dataclass(frozen=True)
class Kind:
    """Lines of one kind, and where their pages are."""

    noun: str
    path: str
    make: Callable[[User | None], Any]
    edit: str = ""

    def of(self, line: Model, more: str = "") -> str:
        return f"{self.path}{line.pk}/{more}"


KINDS = [
    Kind("Trunk", "/trunks/", make_trunk, "edit/"),
    Kind("Outbound route", "/outbound-routes/", lambda by: make_outbound(by=by)),
    Kind("Inbound route", "/inbound-routes/", make_inbound),
    Kind("Ring group", "/ring-groups/", lambda by: make_group("1000", by=by)),
    Kind("Announcement", "/announcements/", lambda by: make_announcement(by=by)),
    Kind("Holiday", "/business-hours/holidays/", make_holiday),
]
SWITCHED = KINDS[:-1]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)


@pytest.fixture
def signed_in(client: Client, ada: User, known_pbx: type[KnownPbx]) -> Client:
    Preferences.objects.update(country="DE")
    make_extension("1000")
    client.force_login(ada)
    return client


def said(answer: Any) -> list[str]:
    return [*map(str, get_messages(answer.wsgi_request))]


def is_there(line: Model) -> bool:
    return type(line)._default_manager.filter(pk=line.pk).exists()


def put_away() -> None:
    SystemChange.objects.all().delete()


@each_kind
def test_who_is_asked_about_a_deletion_has_deleted_nothing_yet(signed_in: Client, kind: Kind) -> None:
    line = kind.make(None)
    put_away()
    answer = signed_in.get(kind.of(line, "delete/"))
    assert answer.status_code == 200
    assert str(line) in text_of(answer)
    assert is_there(line)
    assert not SystemChange.objects.waiting().exists()
    answer = signed_in.post(kind.of(line, "delete/"), {"then": "save"})
    assert answer["Location"] == kind.path
    assert said(answer) == [f"{kind.noun} {line} deleted. Apply to send it to the PBX."]
    assert not is_there(line)
    assert signed_in.get(kind.of(line, "delete/")).status_code == 404


@each_kind
def test_a_deletion_is_applied_but_for_what_others_saved(
    signed_in: Client, ada: User, known_pbx: type[KnownPbx], kind: Kind
) -> None:
    line = kind.make(ada)
    put_away()
    make_trunk(name="Others")
    answer = signed_in.post(kind.of(line, "delete/"), {"then": "apply"})
    assert (answer["Location"], known_pbx.applied) == ("/review/", [])
    words = f"{kind.noun} {line} deleted. Someone else also changed outside lines. Review the changes, then apply."
    assert said(answer) == [words]
    line = kind.make(ada)
    put_away()
    answer = signed_in.post(kind.of(line, "delete/"), {"then": "apply"})
    assert (answer["Location"], known_pbx.applied) == (kind.path, [["lines"]])
    assert said(answer)[-1] == f"{kind.noun} {line} deleted. Verified."


@each_kind
def test_the_pages_of_a_line_open_and_a_save_without_a_name_is_refused(signed_in: Client, kind: Kind) -> None:
    line = kind.make(None)
    assert str(line) in text_of(signed_in.get(kind.path))
    new = signed_in.get(f"{kind.path}add/")
    assert (new.status_code, new.context["form"].is_bound) == (200, False)
    page = kind.of(line, kind.edit)
    answer = signed_in.get(page)
    assert (answer.status_code, answer.context["form"]["name"].value()) == (200, line.name)
    for url in (page, f"{kind.path}add/"):
        answer = signed_in.post(url, {"opened": opened(signed_in, url), "name": "", "then": "save"})
        assert answer.status_code == 422
        assert answer.context["form"].errors["name"] == ["Enter a name."]
    assert signed_in.get(f"{kind.path}999/{kind.edit}").status_code == 404
    assert signed_in.post(f"{kind.path}999/{kind.edit}").status_code == 404


@each_kind
def test_who_may_only_look_changes_no_line(client: Client, db: None, known_pbx: object, kind: Kind) -> None:
    make_extension("1000")
    line = kind.make(None)
    granted = [Permission.VIEW_ROUTES, Permission.VIEW_TRUNKS]
    client.force_login(make_user("Lou", custom=Role.objects.create(name="Looker", granted=granted, reach="all")))
    assert client.get(kind.path).status_code == 200
    answer = client.get(kind.of(line, kind.edit))
    if kind.noun == "Trunk":
        assert answer.status_code == 403
    else:
        assert {field.disabled for field in answer.context["form"].fields.values()} == {True}
    refused = [kind.of(line, kind.edit), kind.of(line, "delete/"), f"{kind.path}add/"]
    refused += [] if kind.noun == "Holiday" else [kind.of(line, "toggle/")]
    assert [client.post(url).status_code for url in refused] == [403] * len(refused)
    assert client.get(f"{kind.path}add/").status_code == 403
    assert client.get(kind.of(line, "delete/")).status_code == 403
    assert is_there(line)


@pytest.mark.parametrize("kind", SWITCHED, ids=lambda kind: kind.noun)
def test_a_line_is_switched_off_and_on(signed_in: Client, kind: Kind) -> None:
    line = kind.make(None)
    make_trunk(name="Another")
    back = kind.of(line) if kind.noun == "Trunk" else kind.path
    for word, is_on in (("no", False), ("yes", True)):
        answer = signed_in.post(kind.of(line, "toggle/"), {"enabled": word})
        line.refresh_from_db()
        assert (line.enabled, answer["Location"]) == (is_on, back)
        done = "enabled" if is_on else "disabled"
        assert said(answer)[-1] == f"{line} {done}. Apply to send it to the PBX."
    assert signed_in.get(kind.of(line, "toggle/")).status_code == 405
    assert signed_in.post(f"{kind.path}999/toggle/", {"enabled": "no"}).status_code == 404


@pytest.mark.parametrize(("model", "path"), [(Trunk, "/trunks/"), (OutboundRoute, "/outbound-routes/")])
def test_a_line_is_moved_one_place_and_not_beyond_the_ends(
    signed_in: Client, model: type[Trunk | OutboundRoute], path: str
) -> None:
    make: Any = make_trunk if model is Trunk else make_outbound
    one, two, three = (make(name=name) for name in ("One", "Two", "Three"))

    def order() -> list[str]:
        return [*model._default_manager.order_by("position").values_list("name", flat=True)]

    for line, to, after in (
        (one, "up", ["One", "Two", "Three"]),
        (three, "down", ["One", "Two", "Three"]),
        (one, "down", ["Two", "One", "Three"]),
        (three, "up", ["Two", "Three", "One"]),
        (three, "up", ["Three", "Two", "One"]),
    ):
        assert signed_in.post(f"{path}{line.pk}/move/", {"to": to})["Location"] == path
        assert order() == after
    assert [*model._default_manager.order_by("position").values_list("position", flat=True)] == [1, 2, 3]
    moved = AuditRecord.objects.filter(action__endswith="moved").order_by("pk")
    assert {each.action for each in moved} == {"trunk.moved" if model is Trunk else "route.outbound_moved"}
    assert [(each.on, each.detail["fields"]["line_order"]) for each in moved] == [
        ("One", [1, 2]),
        ("Three", [3, 2]),
        ("Three", [2, 1]),
    ]
    assert signed_in.get(f"{path}{two.pk}/move/").status_code == 405


def test_the_last_trunk_for_emergencies_is_not_switched_off_without_a_word(signed_in: Client) -> None:
    trunk, other = make_trunk(), make_trunk(name="Other", carries_emergency=False)
    assert len(said(signed_in.post(f"/trunks/{other.pk}/toggle/", {"enabled": "no"}))) == 1
    answer = signed_in.post(f"/trunks/{trunk.pk}/toggle/", {"enabled": "no"})
    assert said(answer)[-1] == "No enabled trunk carries emergency calls."


def test_a_save_that_changes_nothing_has_nothing_to_apply(signed_in: Client, known_pbx: type[KnownPbx]) -> None:
    make_extension("1001")
    posted(signed_in, "/ring-groups/add/", GROUP)
    SystemChange.objects.update(applied_at=timezone.now())
    for then in ("save", "apply"):
        answer = posted(signed_in, f"/ring-groups/{RingGroup.objects.get().pk}/", GROUP, then=then)
        assert (answer["Location"], said(answer)[-1]) == ("/ring-groups/", "Ring group Sales saved.")
    assert known_pbx.applied == []


PAGES = {
    "trunks": "/trunks/",
    "outbound": "/outbound-routes/",
    "inbound": "/inbound-routes/",
    "groups": "/ring-groups/",
    "announcements": "/announcements/",
    "emergency": "/emergency/",
    "hours": "/business-hours/",
    "holidays": "/business-hours/holidays/",
    "": "/review/",
    "elsewhere": "/review/",
}


def test_applying_and_discarding_lead_back_and_say_what_was_done(
    signed_in: Client, ada: User, known_pbx: type[KnownPbx]
) -> None:
    def answer(deed: str, page: str, **more: Any) -> tuple[str, str]:
        found = signed_in.post(f"/lines/{deed}/", {"from": page, **more})
        return found["Location"], said(found)[-1]

    nothing, discarded = "There are no unapplied changes.", "Discarded. Outside lines match the PBX again."
    for name, url in PAGES.items():
        assert answer("apply", name) == answer("discard", name) == (url, nothing)
    make_trunk(ada)
    unseen = "Nothing was applied because someone else saved a change. Review it, then apply."
    assert answer("apply", "hours") == ("/business-hours/", unseen)
    assert known_pbx.applied == []
    (change,) = SystemChange.objects.waiting()
    assert answer("apply", "hours", seen=f"{change.pk}.{change.new}") == ("/business-hours/", "Verified.")
    assert known_pbx.applied == [["lines"]]
    make_trunk(ada, name="Second")
    assert answer("discard", "groups") == ("/ring-groups/", discarded)
    assert [each.name for each in Trunk.objects.all()] == ["Example Telecom"]
