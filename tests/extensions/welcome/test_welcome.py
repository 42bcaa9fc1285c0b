"""Asking for the welcome mail: who gets one, in whose reach, and that an older link is void at once."""

import time
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from core.audit.hash_chain import HASHED, walk
from core.audit.models import AuditHead, AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.welcome import batches, invitations
from extensions.welcome.invitations import Standing
from tests.pages import html_of
from tests.people import Typed, make_extension, make_user


@pytest.fixture
def adas(client: Client, ada: User, settings: Settings) -> Client:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    Preferences.objects.update(mail_host="127.0.0.1", mail_from="portal@example.com")
    client.force_login(ada)
    return client


def new(number: str, name: str = "Grace") -> SipExtension:
    """Somebody with an address, who has not chosen a password yet."""
    user = User(first_name=name, email=f"{name.lower()}{number}@example.com")
    user.set_unusable_password()
    user.save()
    user.organizations.add(Organization.company())
    return make_extension(number, user=user)


def cast() -> dict[Standing, SipExtension]:
    """One of each standing."""
    people = {standing: new(str(1000 + standing)) for standing in Standing}
    SipExtension.objects.filter(number="1000").update(enabled=False, left_on="2026-01-01")
    SipExtension.objects.filter(number="1001").update(enabled=False)
    User.objects.filter(sip_extension__number="1002").update(email=None)
    User.objects.filter(sip_extension__number="1003").update(is_active=False)
    people[Standing.HAS_PASSWORD].user.set_password("Correct7Horse9Staple")
    people[Standing.HAS_PASSWORD].user.save()
    return people


def emails() -> list[tuple[str, int]]:
    rows = Email.objects.filter(kind="welcome").order_by("id").values_list("user__sip_extension__number", "facts")
    return [(number, facts["version"]) for number, facts in rows]


def versions() -> dict[str, int]:
    return dict(SipExtension.objects.values_list("number", "user__link_version"))


def said(answer: object) -> str:
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))  # type: ignore[attr-defined]


# --- one ---


def test_one_is_asked_for_and_recorded(adas: Client, ada: User) -> None:
    new("1000")
    answer = adas.post("/extensions/1000/welcome/")
    assert answer["Location"] == "/extensions/1000/"
    assert emails() == [("1000", 1)]
    email = Email.objects.get()
    assert (email.to, email.by, email.batch) == ("grace1000@example.com", ada, None)
    record = AuditRecord.objects.get(action="extension.welcome_asked")
    assert (record.number, record.by) == ("1000", ada.pk)
    page = adas.get("/extensions/1000/").content.decode()
    assert "Waiting" in page
    assert "Not chosen yet" in page
    assert "Send again" in page


def test_asking_again_overtakes_the_older(adas: Client) -> None:
    new("1000")
    adas.post("/extensions/1000/welcome/")
    adas.post("/extensions/1000/welcome/")
    assert emails() == [("1000", 1), ("1000", 2)]
    assert versions() == {"1000": 2}


@pytest.mark.parametrize("standing", Standing)
def test_one_goes_only_to_who_can_use_it(adas: Client, standing: Standing) -> None:
    number = cast()[standing].number
    page = adas.get(f"/extensions/{number}/").content.decode()
    answer = adas.post(f"/extensions/{number}/welcome/")
    sent = standing in invitations.MAY_GET
    assert bool(emails()) == sent
    assert (f"/extensions/{number}/welcome/" in page) == sent
    if not sent:
        assert str(standing.label) in said(answer)
        assert str(standing.label) in page
        assert versions()[number] == 0


def test_without_a_mail_server_none_is_sent(adas: Client) -> None:
    Preferences.objects.update(mail_host="")
    new("1000")
    assert "no mail server" in adas.get("/extensions/1000/").content.decode()
    assert "no mail server" in said(adas.post("/extensions/1000/welcome/"))
    assert "no mail server" in said(adas.post("/extensions/welcome/", {"n": ["1000"]}))
    assert emails() == []
    assert versions() == {"1000": 0}
    assert "no mail server is set up" in adas.get("/extensions/welcome/?n=1000").content.decode()


# --- Add ---


def typed(**more: object) -> dict[str, object]:
    return {**Typed().fields, "password": "", **more}


def test_add_sends_it_and_asks_for_no_password(adas: Client, ada: User) -> None:
    page = adas.get("/extensions/add/")
    assert page.context["form"].welcome["send_welcome"].value() is True
    assert not page.context["form"].person["password"].value()
    adas.post("/extensions/add/", typed(send_welcome="on"))
    grace = User.objects.get(email="grace@example.com")
    assert not grace.has_usable_password()
    assert emails() == [("1000", 1)]
    assert grace.link_version == 1
    fields = AuditRecord.objects.get(action="extension.added").detail["fields"]
    assert "password" not in fields
    assert "The welcome e-mail will be sent to grace@example.com." in html_of(adas, "/extensions/1000/")


def test_add_without_the_tick_or_an_address_sends_none(adas: Client) -> None:
    adas.post("/extensions/add/", typed())
    adas.post("/extensions/add/", typed(number="1001", registration_name="other", email="", send_welcome="on"))
    assert SipExtension.objects.count() == 2
    assert emails() == []
    assert "Send welcome e-mail" in adas.get("/extensions/1000/").content.decode()


def test_a_typed_password_is_kept_beside_the_mail(adas: Client) -> None:
    adas.post("/extensions/add/", typed(password="Correct7Horse9Staple", send_welcome="on"))
    assert User.objects.get(email="grace@example.com").check_password("Correct7Horse9Staple")
    assert emails() == [("1000", 1)]


def test_nothing_is_sent_of_a_form_with_errors(adas: Client) -> None:
    assert adas.post("/extensions/add/", typed(number="7", send_welcome="on")).status_code == 422
    assert not Email.objects.exists()


def test_without_a_mail_server_the_form_is_as_it_was(adas: Client) -> None:
    Preferences.objects.update(mail_host="")
    page = adas.get("/extensions/add/")
    assert page.status_code == 200
    assert "send_welcome" not in page.content.decode()
    assert page.context["form"].person["password"].value()
    assert adas.post("/extensions/add/", typed(send_welcome="on")).status_code == 422


def test_another_address_voids_the_link_at_the_old_one(adas: Client) -> None:
    new("1000")
    adas.post("/extensions/1000/welcome/")
    extension = SipExtension.objects.get()
    changed = {"version": str(extension.version), "registration_name": extension.registration_name}
    adas.post("/extensions/1000/edit/", typed(**changed, email="grace.hopper@example.com", registration_password=""))
    assert User.objects.get(sip_extension=extension).email == "grace.hopper@example.com"
    assert versions() == {"1000": 2}


# --- many ---


def chosen(adas: Client, *numbers: str) -> str:
    return html_of(adas, "/extensions/welcome/?" + urlencode([("n", each) for each in numbers]))


def test_the_page_says_to_whom_and_who_is_left_out(adas: Client) -> None:
    cast()
    context = adas.get("/extensions/welcome/?" + urlencode([("n", str(1000 + each)) for each in Standing])).context
    assert [(row["number"], row["new"]) for row in context["goes_to"]] == [("1004", False), ("1005", True)]
    assert [(row["number"], row["why"]) for row in context["left_out"]] == [
        ("1000", "Offboarded"),
        ("1001", "Extension disabled"),
        ("1002", "No e-mail address"),
        ("1003", "Sign-in blocked"),
    ]
    assert emails() == []


def test_those_ticked_get_one_together(adas: Client, ada: User) -> None:
    cast()
    answer = adas.post("/extensions/welcome/", {"n": [str(1000 + each) for each in Standing]})
    batch = Email.objects.values_list("batch", flat=True)[0]
    assert answer["Location"] == f"/extensions/welcome/{batch}/"
    assert emails() == [("1004", 1), ("1005", 1)]
    recorded = AuditRecord.objects.filter(action="extension.welcome_asked").order_by("id")
    assert [record.number for record in recorded] == ["1004", "1005"]


def test_everybody_is_who_has_no_password_yet_in_the_lists_filter(adas: Client) -> None:
    people = cast()
    new("1010", "Hedy")
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    people[Standing.NEW].user.organizations.add(sales)
    page = adas.get("/extensions/welcome/?all=yes").context
    assert (page["new"], page["with_password"], len(page["left_out"])) == (2, 2 - 1, 4)
    adas.post("/extensions/welcome/", {"all": "yes", "filter": "q=hedy"})
    assert emails() == [("1010", 1)]
    adas.post("/extensions/welcome/", {"all": "yes", "filter": f"organization={sales.pk}"})
    assert emails() == [("1010", 1), ("1005", 1)]
    adas.post("/extensions/welcome/", {"all": "yes"})
    assert emails()[2:] == [("1005", 2), ("1010", 2)]


def test_nothing_is_sent_where_others_match_than_were_seen(adas: Client) -> None:
    new("1000")
    new("1001")
    seen = {"all": "yes", "filter": "q=1000", "count": "2"}
    page = adas.post("/extensions/welcome/", seen)
    assert "Your selection now has 1 extension. It had 2 when you made it." in page.content.decode()
    page = adas.post("/extensions/welcome/", {"n": ["1000", "1999"]})
    assert "Your selection now has 1 extension. It had 2 when you made it." in page.content.decode()
    assert not emails()
    adas.post("/extensions/welcome/", dict(page.context["selection"].fields))
    assert emails() == [("1000", 1)]


def test_nobody_is_no_batch(adas: Client) -> None:
    new("1000")
    SipExtension.objects.update(enabled=False)
    for body in ({}, {"n": ["1000"]}, {"n": ["x", "²"]}):
        answer = adas.post("/extensions/welcome/", body)
        assert answer["Location"] == "/extensions/"
        assert "No e-mail was sent. None of the selected people can get one." in said(answer)
    assert not Email.objects.exists()
    assert "No one selected" in chosen(adas)
    assert "No one to send to" in chosen(adas, "1000")


def test_a_batch_says_how_far_it_is_and_sends_the_rest_again(adas: Client, ada: User) -> None:
    for number in range(1000, 1005):
        new(str(number))
    url = adas.post("/extensions/welcome/", {"n": [str(each) for each in range(1000, 1005)]})["Location"]
    batch = Email.objects.values_list("batch", flat=True)[0]
    assert batch
    assert 'hx-get="' + url in adas.get(url).content.decode()
    states = ["taken", "refused", "uncertain", "void", "waiting"]
    for state, email in zip(states, Email.objects.order_by("id"), strict=True):
        Email.objects.filter(pk=email.pk).update(
            state=state, tries=1, answer="550 5.1.1 No such user", settled_at="2026-01-01T00:00Z"
        )
    progress = batches.progress(batch)
    assert (progress.total, progress.taken, progress.refused, progress.uncertain, progress.void) == (5, 1, 1, 1, 1)
    assert (progress.waiting, progress.delayed, progress.a_minute, progress.minutes_left) == (1, 1, 0, 0)
    page = adas.get(url)
    assert [row.number for row in page.context["page"].rows[:2]] == ["1001", "1002"]
    assert "550 5.1.1 No such user" in page.content.decode()
    assert page.context["again"] == 2
    again = adas.post(url)["Location"]
    assert again != url
    assert emails()[5:] == [("1001", 2), ("1002", 2)]
    page = adas.get(url)
    assert page.context["again"] == 0
    assert page.content.decode().count("Sent again later") == 2
    fragment = adas.get(url, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="batch"')
    assert [each["total"] for each in adas.get("/extensions/welcome/").context["before"]] == [2, 5]


def test_a_batch_that_is_done_is_not_asked_for_again(adas: Client) -> None:
    new("1000")
    url = adas.post("/extensions/welcome/", {"n": ["1000"]})["Location"]
    Email.objects.update(state="taken", settled_at="2026-01-01T00:00Z")
    assert "hx-get" not in html_of(adas, url, headers={"HX-Request": "true"})


def test_the_pages_of_a_batch(adas: Client) -> None:
    for number in range(1000, 1060):
        new(str(number))
    url = adas.post("/extensions/welcome/", {"all": "yes"})["Location"]
    places = ["", "?from=26", "?from=51", "?from=999", "?from=x", "?from=0"]
    pages = [adas.get(f"{url}{place}").context["page"] for place in places]
    assert [(page.first, page.last, page.previous, page.next) for page in pages] == [
        (1, 25, "", "26"), (26, 50, "1", "51"), (51, 60, "26", ""), (60, 60, "35", ""),
        (1, 25, "", "26"), (1, 25, "", "26"),
    ]  # fmt: skip
    assert [row.number for row in pages[1].rows] == [str(number) for number in range(1025, 1050)]


def test_ten_thousand_are_asked_for_at_once(ada: User) -> None:
    people = User.objects.bulk_create(
        User(first_name=f"Person {n}", email=f"p{n}@example.com", password="!x") for n in range(10_000)
    )
    SipExtension.objects.bulk_create(
        SipExtension(user=user, number=str(10_000 + n), registration_name=f"r{n}", sealed_password="x")
        for n, user in enumerate(people)
    )
    began = time.process_time()
    asked = invitations.ask(SipExtension.objects.all(), ada, batch=uuid4())
    print(f"10,000 welcome mails asked for in {time.process_time() - began:.1f} s of CPU")  # noqa: T201
    assert len(asked) == Email.objects.count() == 10_000
    assert set(User.objects.exclude(pk=ada.pk).values_list("link_version", flat=True)) == {1}
    record = AuditRecord.objects.get(action="welcome.asked")
    assert record.detail["count"] == 10_000
    assert not AuditRecord.objects.filter(action="extension.welcome_asked").exists()
    head = AuditHead.objects.get()
    walk(AuditRecord.objects.order_by("id").values_list(*HASHED, "hash"), head.count, head.last_hash)


# --- who may ---


@pytest.fixture
def eve(adas: Client) -> User:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    role = Role.objects.create(name="Runs Sales", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    return make_user("Eve", custom=role)


@pytest.fixture
def eves(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    return client


def of_sales(number: str) -> SipExtension:
    extension = new(number, "Alan")
    extension.user.organizations.set(Organization.objects.filter(name="Sales"))
    return extension


def test_eve_sends_to_nobody_out_of_her_reach(eves: Client) -> None:
    of_sales("1000")
    new("2000", "Zacharias")
    mightier = of_sales("1001")
    mightier.user.role = Role.objects.get(key="administrator")
    mightier.user.save()
    assert eves.post("/extensions/2000/welcome/").status_code == 404
    assert eves.post("/extensions/1001/welcome/").status_code == 403
    for where in ("?n=1000&n=1001&n=2000", "?all=yes", "?all=yes&filter=q%3Dzacharias"):
        page = html_of(eves, f"/extensions/welcome/{where}")
        assert "zacharias2000" not in page
        assert "2000</span>" not in page
    eves.post("/extensions/welcome/", {"n": ["1000", "1001", "2000"]})
    eves.post("/extensions/welcome/", {"all": "yes"})
    assert emails() == [("1000", 1)]
    company = Organization.company().pk
    everybody = {"all": "yes", "filter": f"organization={company}"}
    assert eves.post("/extensions/welcome/", everybody).status_code == 404


def test_a_batch_is_shown_to_who_asked_and_to_who_reaches_all(
    adas: Client, eves: Client, eve: User, hugo: User
) -> None:
    of_sales("1000")
    hers = eves.post("/extensions/welcome/", {"n": ["1000"]})["Location"]
    adas_own = adas.post("/extensions/welcome/", {"n": ["1000"]})["Location"]
    for method in ("get", "post"):
        assert getattr(eves, method)(adas_own).status_code == 404
    hugos = Client()
    hugos.force_login(hugo)
    vics = Client()
    vics.force_login(make_user("Vic"))
    assert [each.get(hers).status_code for each in (eves, adas, hugos, vics)] == [200, 200, 200, 404]
    assert vics.post("/extensions/welcome/", {"all": "yes"}).status_code == 404
    eve.role = None
    eve.save()
    eves.force_login(eve)
    assert eves.get(hers).status_code == 404


def test_eve_sees_nobody_in_her_batch_who_has_moved_away(eves: Client) -> None:
    of_sales("1000")
    of_sales("1001").user.organizations.all()
    url = eves.post("/extensions/welcome/", {"n": ["1000", "1001"]})["Location"]
    User.objects.get(sip_extension__number="1001").organizations.set([Organization.company()])
    Email.objects.update(state="refused")
    page = eves.get(url)
    assert [row.number for row in page.context["page"].rows] == ["1000"]
    assert page.context["again"] == 1
    assert eves.post(url).status_code == 302
    assert emails()[2:] == [("1000", 2)]


def test_each_stands_somewhere_and_some_may_get_one(adas: Client, ada: User) -> None:
    people = cast()
    every = SipExtension.objects.all()
    assert invitations.counts(every) == dict.fromkeys(Standing, 1)
    assert {standing: invitations.standing_of(each) for standing, each in people.items()} == {
        standing: standing for standing in Standing
    }
    found = invitations.of_standing(every, Standing.NEW, Standing.LEFT).values_list("number", flat=True)
    assert sorted(found) == ["1000", "1005"]
    User.objects.filter(sip_extension__number="1005").update(email="")
    assert invitations.standing_of(people[Standing.NEW]) == Standing.NO_ADDRESS
    assert invitations.counts(every)[Standing.NEW] == 0
    assert invitations.ask(every, ada) == ["1004"]


def test_the_page_of_an_extension_says_whether_one_can_be_sent(adas: Client, ada: User, hugo: User) -> None:
    people = cast()

    def said(standing: Standing) -> tuple[bool, bool, bool, bool]:
        shown = invitations.shown(people[standing], ada)
        return shown.is_possible, shown.may_be_sent, shown.has_password, shown.is_next

    assert said(Standing.NEW) == (True, True, False, True)
    assert said(Standing.HAS_PASSWORD) == (True, True, True, False)
    assert said(Standing.DISABLED) == (False, False, False, False)
    Preferences.objects.update(mail_host="")
    assert said(Standing.NEW) == (True, False, False, False)
    Preferences.objects.update(mail_host="127.0.0.1")
    batch = uuid4()
    invitations.ask(SipExtension.objects.filter(number="1005"), hugo, batch=batch)
    assert said(Standing.NEW) == (True, True, False, False)
    role = Role.objects.create(name="Desk", granted=["extension.manage"], reach="organizations")
    readers = (ada, hugo, make_user("Lena", custom=role))
    shown = [invitations.shown(people[Standing.NEW], reader).batch for reader in readers]
    assert shown == [batch, batch, None]
    assert invitations.shown(people[Standing.HAS_PASSWORD], ada).batch is None


@pytest.mark.parametrize(("many", "rows"), [(2, ["extension.welcome_asked"] * 2), (3, ["welcome.asked"])])
def test_few_are_recorded_one_by_one_and_many_at_once(
    adas: Client, ada: User, monkeypatch: pytest.MonkeyPatch, many: int, rows: list[str]
) -> None:
    monkeypatch.setattr(invitations, "NAMED", 2)
    monkeypatch.setattr(invitations, "CHUNK", 2)
    for number in range(1000, 1000 + many):
        new(str(number))
    before = versions()
    asked = invitations.ask(SipExtension.objects.all(), ada)
    assert sorted(asked) == [str(number) for number in range(1000, 1000 + many)]
    found = AuditRecord.objects.filter(action__contains="welcome").order_by("pk")
    assert [row.action for row in found] == rows
    assert versions() == {number: version + 1 for number, version in before.items()}
    assert dict(emails()) == versions()


def test_how_far_a_batch_is(adas: Client, ada: User) -> None:
    batch, now = uuid4(), timezone.now()
    for number in range(1000, 1008):
        new(str(number))
    invitations.ask(SipExtension.objects.all(), ada, batch=batch)
    sent = list(Email.objects.order_by("pk"))
    for email, state, ago in zip(
        sent, ("taken", "taken", "refused", "uncertain", "void"), (50, 30, 20, 90, 100), strict=False
    ):
        Email.objects.filter(pk=email.pk).update(state=state, settled_at=now - timedelta(seconds=ago))
    Email.objects.filter(pk=sent[5].pk).update(tries=1, answer="450 later")
    found = batches.progress(batch)
    assert (found.total, found.taken, found.refused, found.uncertain, found.void) == (8, 2, 1, 1, 1)
    assert (found.settled, found.waiting, found.delayed, found.a_minute, found.minutes_left) == (5, 3, 1, 4, 1)
    assert found.answer
    troubled = batches.in_trouble(batch, SipExtension.objects.all())
    assert [each.number for each in troubled] == ["1002", "1003"]
    (row,) = batches.asked_by(ada)
    assert (row["batch"], row["total"], row["open"], row["trouble"]) == (batch, 8, 3, 2)
    invitations.ask(SipExtension.objects.filter(number="1002"), ada)
    assert [each.number for each in batches.in_trouble(batch, SipExtension.objects.all())] == ["1003"]
    page = batches.page(batch, SipExtension.objects.exclude(number="1001"), "")
    assert [(each.number, each.again) for each in page.rows][:3] == [("1002", True), ("1003", False), ("1005", False)]
    assert [each.number for each in page.rows] == ["1002", "1003", "1005", "1006", "1007", "1000", "1004"]
    assert [batches.visible_to(reader, batch) for reader in (ada, make_user("Eva"))] == [True, False]
    assert not batches.visible_to(ada, uuid4())


@pytest.mark.parametrize(
    ("count", "seconds", "rate"), [(2, 1.0, 60), (2, 0.9, 0), (61, 60.0, 60), (1, 30.0, 0), (3, 1.5, 80)]
)
def test_how_many_are_sent_in_a_minute(count: int, seconds: float, rate: int) -> None:
    last = timezone.now()
    assert batches._a_minute(count, last - timedelta(seconds=seconds), last) == rate


@pytest.mark.parametrize(
    ("waiting", "a_minute", "left"), [(0, 10, 0), (1, 10, 1), (10, 10, 1), (11, 10, 2), (11, 0, 0)]
)
def test_how_many_minutes_are_left(waiting: int, a_minute: int, left: int) -> None:
    assert batches.Progress(waiting, 0, 0, 0, 0, a_minute, 0, "").minutes_left == left
