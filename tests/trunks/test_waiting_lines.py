"""Lines that wait for the PBX: reviewed, applied, discarded and undone by whoever may change lines."""

from dataclasses import astuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from asterisk.apply import log_row, undo
from asterisk.models import ApplyRun
from core import coded_text
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.review import preferences as preference_changes
from tests.people import make_extension, make_user
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.typed import make_inbound, make_outbound, make_trunk, text_of
from trunks import changes, record
from trunks.models import Emergency, InboundRoute, LinesVersion, OutboundRoute, Trunk

Field = SystemChange.Field


def role(*granted: Permission) -> Role:
    made: Role = Role.objects.create(name=", ".join(granted), granted=sorted(granted), reach="all")
    return made


@pytest.fixture
def tess(db: None) -> User:
    """Changes trunks, and nothing else."""
    return make_user("Tess", custom=role(Permission.VIEW_TRUNKS, Permission.MANAGE_TRUNKS))


@pytest.fixture
def pia(db: None) -> User:
    """Changes preferences, and nothing else."""
    return make_user("Pia", custom=role(Permission.VIEW_PREFERENCES, Permission.MANAGE_PREFERENCES))


def seen() -> list[str]:
    return [f"{each.pk}.{each.new}" for each in SystemChange.objects.waiting().filter(field=Field.LINES)]


def applied() -> None:
    SystemChange.objects.waiting().update(applied_at=timezone.now())


def details() -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    change = SystemChange.objects.waiting().get(field=Field.LINES)
    return [astuple(each) for each in preference_changes.details(change)]


def test_the_review_shows_what_changes_of_each_line(ada: User) -> None:
    trunk, other = make_trunk(ada), make_trunk(name="Second")
    route = make_outbound(trunk)
    applied()
    with changes.edited(ada):
        trunk.name, trunk.max_calls, trunk.password = "Renamed", 3, "Another-One-34"
        trunk.save()
        route.trunks = [trunk.pk, other.pk]
        route.save()
        make_inbound(ada)
        Emergency(pk=1, more_numbers="19222\n116117", people=[ada.pk]).save()
    with changes.edited(ada):
        other.delete()
    assert details() == [
        ("Renamed", "Trunk", "Changed", [
            ("Name", "Example Telecom", "Renamed"),
            ("Password", "(secret)", "changed"),
            ("Calls at once", "No limit", "3"),
        ]),
        ("Second", "Trunk", "Deleted", [
            ("Name", "Second", ""),
            ("Enabled", "yes", ""),
            ("Registers at the provider", "yes", ""),
            ("Server", "sip.example.com", ""),
            ("Transport", "UDP", ""),
            ("Media Encryption", "Off", ""),
            ("User Name", "49301234", ""),
            ("Password", "(secret)", ""),
            ("Caller ID", "The extension's, or else the trunk's", ""),
            ("Format of Numbers", "With + (+493012345678)", ""),
            ("Codecs", "G.711 A-law, then µ-law", ""),
            ("Check every (seconds)", "30", ""),
            ("Carries emergency calls", "yes", ""),
        ]),
        ("Everywhere", "Outbound route", "Changed", [("Trunks", "Example Telecom", "Renamed")]),
        ("Reception", "Inbound route", "New", [
            ("Name", "", "Reception"),
            ("Enabled", "", "yes"),
            ("Called Number", "", "+493012345678"),
            ("Goes to", "", "Extension 1000"),
        ]),
        ("", "Emergency", "Changed", [
            ("More emergency numbers", "", "19222, 116117"),
            ("People to tell", "", "ada@example.com"),
        ]),
    ]  # fmt: skip


def test_the_review_shows_the_new_order_of_routes(ada: User) -> None:
    trunk = make_trunk(ada)
    one, two = make_outbound(trunk, name="One"), make_outbound(trunk, name="Two")
    applied()
    with changes.edited(ada):
        OutboundRoute.objects.filter(pk=one.pk).update(position=2)
        OutboundRoute.objects.filter(pk=two.pk).update(position=1)
    assert sorted(details()) == [
        ("One", "Outbound route", "Changed", [("Order", "1", "2")]),
        ("Two", "Outbound route", "Changed", [("Order", "2", "1")]),
    ]


def test_of_a_version_that_is_not_stored_any_more_nothing_is_told(ada: User) -> None:
    make_trunk(ada)
    LinesVersion.objects.all().delete()
    assert details() == []


# --- who ---


@pytest.mark.parametrize(
    ("may", "status", "is_shown", "can_apply"),
    [
        ([Permission.MANAGE_TRUNKS, Permission.VIEW_TRUNKS], 200, True, True),
        ([Permission.MANAGE_ROUTES, Permission.VIEW_ROUTES], 200, True, True),
        ([Permission.VIEW_TRUNKS], 200, True, False),
        ([Permission.VIEW_ROUTES], 200, True, False),
        ([Permission.VIEW_PREFERENCES, Permission.MANAGE_PREFERENCES], 200, True, False),
        ([Permission.VIEW_EXTENSIONS, Permission.MANAGE_EXTENSIONS], 200, False, False),
        ([Permission.VIEW_EXTENSIONS], 403, False, False),
        ([Permission.VIEW_LOG], 404, False, False),
    ],
)
def test_who_sees_waiting_lines_and_who_applies_them(
    client: Client,
    ada: User,
    known_pbx: type[KnownPbx],
    may: list[Permission],
    status: int,
    is_shown: bool,
    can_apply: bool,
) -> None:
    make_trunk(ada)
    client.force_login(make_user("Sam", custom=role(*may)))
    page = client.get("/review/")
    assert page.status_code == status
    assert ("Example Telecom" in text_of(page)) is is_shown
    assert ("Apply outside lines" in text_of(page)) is can_apply
    answer = client.post("/lines/apply/", {"seen": seen(), "from": "review"})
    assert (answer.status_code == 302) is can_apply
    assert known_pbx.applied == ([["lines"]] if can_apply else [])


def test_preferences_that_wait_stay_as_they_are(
    client: Client, tess: User, pia: User, known_pbx: type[KnownPbx]
) -> None:
    make_trunk(tess)
    preference_changes.choose(None, Field.COUNTRY, "DE")
    client.force_login(pia)
    country = SystemChange.objects.waiting().get(field=Field.COUNTRY)
    client.post("/preferences/apply/", {"seen": [f"{country.pk}.DE"], "from": "review"})
    assert known_pbx.applied == [sorted(preference_changes.OF_PREFERENCES)]
    assert [each.field for each in SystemChange.objects.waiting()] == ["lines"]
    client.post("/preferences/discard/", {"from": "review"})
    assert Trunk.objects.exists()


def test_discarding_puts_lines_back_and_nothing_else(client: Client, tess: User, known_pbx: type[KnownPbx]) -> None:
    trunk = make_trunk(tess)
    applied()
    make_outbound(trunk, by=tess)
    preference_changes.choose(None, Field.COUNTRY, "DE")
    client.force_login(tess)
    page = text_of(client.post("/lines/discard/", {"from": "trunks"}, follow=True))
    assert "Discarded. Outside lines match the PBX again." in page
    assert (list(Trunk.objects.all()), list(OutboundRoute.objects.all())) == ([trunk], [])
    assert Preferences.now("country") == "DE"
    assert trunk.password == Trunk.objects.get().password


def test_what_somebody_saved_meanwhile_is_not_applied(client: Client, tess: User, known_pbx: type[KnownPbx]) -> None:
    make_trunk(tess)
    before = seen()
    make_trunk(name="Second")
    client.force_login(tess)
    page = text_of(client.post("/lines/apply/", {"seen": before, "from": "trunks"}, follow=True))
    assert "Nothing was applied because someone else saved a change." in page
    assert known_pbx.applied == []


def test_the_header_counts_them_for_whoever_may_apply_them(client: Client, tess: User, pia: User) -> None:
    make_trunk(tess)
    for person, count in ((tess, 1), (pia, 0)):
        client.force_login(person)
        assert client.get("/account/").context["waiting"] == count
    client.force_login(tess)
    assert 'href="/review/"' in text_of(client.get("/account/"))


def test_discarding_what_cannot_be_put_back_says_why(client: Client, tess: User, known_pbx: type[KnownPbx]) -> None:
    extension = make_extension("1000")
    route = make_inbound(tess)
    applied()
    with changes.edited(tess):
        route.delete()
    extension.delete()
    client.force_login(tess)
    page = text_of(client.post("/lines/discard/", {"from": "review"}, follow=True))
    assert "Calls went to extension 1000, which no longer exists." in page
    assert not InboundRoute.objects.exists()


# --- undo ---


def run_of(*fields: Field) -> ApplyRun:
    run: ApplyRun = ApplyRun.objects.create()
    run.system_changes.set(SystemChange.objects.waiting().filter(field__in=fields))
    applied()
    run.close(ApplyRun.Outcome.PROVED, "Verified.")
    return run


def test_an_undo_of_lines_is_for_whoever_may_change_them(tess: User, pia: User) -> None:
    make_trunk(tess)
    run = run_of(Field.LINES)
    with pytest.raises(CannotPutBack, match="also changed outside lines"):
        undo.undo(run, pia)
    undo.undo(run, tess)
    assert not Trunk.objects.exists()


def test_an_undo_of_both_needs_both(tess: User, pia: User) -> None:
    make_trunk(tess)
    preference_changes.choose(None, Field.COUNTRY, "DE")
    run = run_of(Field.LINES, Field.COUNTRY)
    for person in (tess, pia):
        with pytest.raises(CannotPutBack):
            undo.undo(run, person)
    assert Preferences.now("country") == "DE"
    assert Trunk.objects.exists()


def test_apply_history_shows_what_it_changed(client: Client, ada: User) -> None:
    make_trunk(ada)
    run = run_of(Field.LINES)
    client.force_login(ada)
    page = text_of(client.get(f"/history/{run.pk}/"))
    assert "sip.example.com" in page
    assert "Brass-Monkey" not in page
    assert "Changes to Preferences" not in page
    assert "Outside lines" in text_of(client.get("/history/"))


def test_the_operation_log_says_that_outside_lines_were_applied(ada: User) -> None:
    make_trunk(ada)
    log_row.record(run_of(Field.LINES), "apply.proved")
    assert coded_text.show(AuditRecord.objects.get(action="apply.proved").on) == "Outside lines"
    preference_changes.choose(None, Field.COUNTRY, "DE")
    log_row.record(run_of(Field.COUNTRY), "apply.proved")
    assert coded_text.show(AuditRecord.objects.filter(action="apply.proved")[0].on) == "Preferences"


# --- versions ---


def test_names_and_numbers_that_changed_places_are_put_back(ada: User) -> None:
    make_extension("1000")
    one, two = make_inbound(name="One"), make_inbound(name="Two", number="")
    version = Preferences.now("lines")
    with changes.edited(ada):
        InboundRoute.objects.filter(pk=one.pk).update(name="-", number="-")
        InboundRoute.objects.filter(pk=two.pk).update(name="One", number="+493012345678")
        InboundRoute.objects.filter(pk=one.pk).update(name="Two", number="")
    assert preference_changes.choose(ada, Field.LINES, version)
    assert record.version_of(record.now()) == version == Preferences.now("lines")
