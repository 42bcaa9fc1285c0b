"""What people do for their own phones: values in the words of a phone, the QR code, a new registration password."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import zxingcpp
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.profile.models import Avatar
from asterisk.nodes import from_settings
from asterisk.process import certificate, transports
from core import reach
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions import pbx
from extensions.models import Change, SipExtension
from extensions.my_account import self_service
from extensions.phones import guides, qr_code
from extensions.phones.guides import GUIDES, What
from tests import certificates
from tests.pages import html_of
from tests.people import be_stale, make_extension, make_user

NEW = "/extensions/1000/registration-password/new/"
CODE = "/extensions/1000/phone-code/"


@pytest.fixture(autouse=True)
def without_a_pbx(settings: Settings) -> None:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9


@pytest.fixture
def own(vic: User) -> SipExtension:
    extension = make_extension("1000", user=vic)
    Change.objects.all().delete()
    return extension


@pytest.fixture
def vics(client: Client, vic: User, own: SipExtension) -> Client:
    client.force_login(vic)
    return client


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.key)
def test_a_guide_names_every_value_once(guide: guides.Guide) -> None:
    whats = [what for _, what in guide.fields]
    assert whats.count(What.SIGN_IN_NAME) == whats.count(What.PASSWORD) == 1
    assert What.NUMBER in whats
    assert What.SERVER_AND_PORT in whats or {What.SERVER, What.PORT} <= set(whats)
    assert (What.TRANSPORT in whats) != (What.OUTBOUND in whats)
    assert len({label for label, _ in guide.fields}) == len(guide.fields)


def test_the_keys_are_those_of_addresses() -> None:
    keys = [guide.key for guide in GUIDES]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z-]+", key) for key in keys)


@pytest.mark.parametrize(
    ("server", "port", "typed"),
    [
        ("pbx.example.com", "5060", "pbx.example.com"),
        ("pbx.example.com", "5062", "pbx.example.com:5062"),
        ("192.0.2.1", "5080", "192.0.2.1:5080"),
        ("2001:db8::1", "5062", "[2001:db8::1]:5062"),
    ],
)
def test_a_server_and_its_port_in_one_field(server: str, port: str, typed: str) -> None:
    assert guides.server_and_port(server, port) == typed


def test_each_value_stands_at_the_phones_own_word_for_it() -> None:
    told = {
        "server": "pbx.example.com", "port": 5060, "user_name": "1000", "authentication_name": "reg-1", "name": "Ada",
        "transport": "TLS",
    }  # fmt: skip
    guide = guides.Guide("x", "X", "Menu", tuple((what.value, what) for what in guides.What))
    lines = guides.lines(guide, told)
    assert {line.label: line.value for line in lines} == {
        **{name: str(value) for name, value in told.items()},
        "server_and_port": "pbx.example.com",
        "password": "",
        "outbound": "sip:pbx.example.com;transport=tls",
    }
    assert [line.label for line in lines if line.is_password] == ["password"]
    assert [line.id for line in lines] == [f"guide-{at}" for at in range(len(lines))]
    plain = guides.lines(guide, {**told, "port": 5062, "transport": "UDP or TCP"})
    assert plain[-1].value == "sip:pbx.example.com:5062;transport=udp"
    for port, typed in (("5060", "2001:db8::1"), ("5062", "[2001:db8::1]:5062")):
        six = {line.label: line.value for line in guides.lines(guide, {**told, "server": "2001:db8::1", "port": port})}
        assert six["server_and_port"] == typed
        assert six["outbound"] == f"sip:[2001:db8::1]{':5062' if port == '5062' else ''};transport=tls"
    assert (guides.find("yealink"), guides.find("no-phone")) == (GUIDES[0], None)


def test_a_phones_own_words_stand_beside_the_values(vics: Client, own: SipExtension) -> None:
    Preferences.objects.update(sip_host="pbx.example.com", sip_port=5062)
    page = html_of(vics, "/extensions/1000/?phone=yealink")
    shown = dict(zip(re.findall(r"<dt>(.*?)</dt>", page), re.findall(r'class="value">(.*?)<', page), strict=False))
    assert shown["Register Name"] == own.registration_name
    assert shown["User Name"] == "1000"
    assert shown["SIP Server 1: Server Host"] == "pbx.example.com"
    assert shown["SIP Server 1: Port"] == "5062"
    assert own.registration_password not in page
    for guide in GUIDES:
        assert vics.get(f"/extensions/1000/?phone={guide.key}").status_code == 200
    assert "Authentication name" in html_of(vics, "/extensions/1000/?phone=nonsense")


@pytest.fixture
def certified() -> Iterator[None]:
    node = from_settings()
    certificate.install(*certificates.made("*.example.com"))
    yield
    transports.certificate(node).unlink()
    transports.write(node)


def told(browser: Client, phone: str = "") -> dict[str, str]:
    page = html_of(browser, f"/extensions/1000/?phone={phone}")
    return dict(zip(re.findall(r"<dt>(.*?)</dt>", page), re.findall(r'class="value">(.*?)<', page), strict=False))


@pytest.mark.parametrize(
    ("server", "transport", "shown"),
    [
        ("pbx.example.com", "any", ("TLS", "tls")),
        ("127.0.0.1", "any", ("TLS", "tls")),
        ("pbx.example.com", "udp", ("UDP", "5070")),
        ("pbx.example.com", "tcp", ("TCP", "5070")),
        ("pbx.example.com", "tls", ("TLS", "tls")),
        ("a.pbx.example.com", "any", ("UDP or TCP", "5070")),
        ("example.com", "any", ("UDP or TCP", "5070")),
        ("192.0.2.1", "any", ("UDP or TCP", "5070")),
        ("192.0.2.1", "tls", ("TLS", "tls")),
    ],
)
def test_tls_is_proposed_where_the_certificate_is_good_for_the_server(
    vics: Client, own: SipExtension, certified: None, server: str, transport: str, shown: tuple[str, str]
) -> None:
    Preferences.objects.update(sip_host=server, sip_port=5070)
    SipExtension.objects.update(transport=transport)
    values = told(vics)
    assert (values["Transport"], values["Port"]) == (
        shown[0],
        str(from_settings().sip_tls_port) if shown[1] == "tls" else shown[1],
    )


def test_each_phone_calls_the_transport_by_its_own_name(vics: Client, own: SipExtension, certified: None) -> None:
    Preferences.objects.update(sip_host="pbx.example.com")
    assert told(vics, "yealink")["SIP Server 1: Transport"] == "TLS"
    secure = from_settings().sip_tls_port
    assert told(vics, "snom")["Outbound Proxy"] == f"sip:pbx.example.com:{secure};transport=tls"


def test_without_a_certificate_nobody_is_told_of_tls(vics: Client, own: SipExtension) -> None:
    assert told(vics)["Transport"] == "UDP or TCP"


def test_encryption_that_is_required_is_said(vics: Client, own: SipExtension) -> None:
    assert "SRTP (SDES), required" not in html_of(vics, "/extensions/1000/")
    SipExtension.objects.update(media_encryption="required")
    for phone in ("", "yealink"):
        assert "SRTP (SDES), required" in html_of(vics, f"/extensions/1000/?phone={phone}")


def decoded(svg: str) -> str:
    """What a camera reads of it."""
    side = int(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    image = Image.new("L", (side, side), 255)
    x = y = 0.0
    path = re.findall(r'class="qrline"[^>]*d="([^"]*)"', svg)[0]
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", path):
        values = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            for at in range(int(x), int(x + values[0])):
                image.putpixel((at, int(y)), 0)
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    [found] = zxingcpp.read_barcodes(image.resize((side * 4, side * 4), Image.Resampling.NEAREST))
    return str(found.text)


def test_the_code_holds_what_one_would_type(vics: Client, vic: User, own: SipExtension) -> None:
    Preferences.objects.update(sip_host="pbx.example.com", sip_port=5060)
    User.objects.filter(pk=vic.pk).update(first_name="Łucja & <Ann>")
    answer = vics.post(f"{CODE}?phone=wave")
    assert "no-store" in answer["Cache-Control"]
    svg = re.findall(r"<svg[^>]*class=\"qr\".*?</svg>", answer.content.decode())[0]
    account = ElementTree.fromstring(decoded(svg).encode()).find("Account")  # noqa: S314 (our own)
    assert account is not None
    found = {each.tag: each.text or "" for each in account}
    assert found["RegisterServer"] == "pbx.example.com"
    assert (found["UserID"], found["AuthID"]) == ("1000", own.registration_name)
    assert found["AuthPass"] == own.registration_password
    assert found["DisplayName"] == "Łucja & <Ann>"
    [record] = AuditRecord.objects.filter(action="extension.password_revealed")
    assert (record.by, record.number, record.detail["how"]) == (vic.pk, "1000", "qr_code")


def test_a_code_of_the_longest_names_can_be_drawn() -> None:
    values = {
        "server": "a" * 253,
        "port": 65535,
        "user_name": "1" * 8,
        "authentication_name": "b" * 63,
        "name": "佐" * 127,
    }
    assert qr_code.drawn(qr_code.account(values, "p" * 63))
    assert "<OutboundServer></OutboundServer>" in qr_code.account(values, "p")


def test_the_code_is_not_on_a_page_that_nobody_asked_it_of(vics: Client) -> None:
    assert 'class="qr"' not in html_of(vics, "/extensions/1000/?phone=wave")
    assert vics.get(CODE).status_code == 302
    assert not AuditRecord.objects.filter(action="extension.password_revealed").exists()


def test_a_new_password_is_made_saved_and_logged_as_theirs(vics: Client, vic: User, own: SipExtension) -> None:
    before = own.registration_password
    answer = vics.post(NEW, follow=True)
    assert "New registration password created." in answer.content.decode()
    now = SipExtension.objects.get()
    assert now.registration_password != before
    assert len(now.registration_password) == 20
    assert now.registration_password not in answer.content.decode()
    assert now.version == own.version + 1
    [record] = AuditRecord.objects.filter(action="extension.changed")
    assert (record.by, record.detail["fields"]) == (vic.pk, {"registration_password": ["", "changed"]})
    [change] = Change.objects.all()
    assert change.by == vic


def test_no_new_password_is_easy_to_guess(vic: User, own: SipExtension, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([own.number * 5, "t7Rw9KqX2mZv5LpB8nYc"])
    monkeypatch.setattr(self_service, "random_password", lambda _length: next(found))
    self_service.new_registration_password(own.number, vic)
    assert SipExtension.objects.get().registration_password == "t7Rw9KqX2mZv5LpB8nYc"


def test_it_does_not_take_somebody_elses_change_along(vics: Client, ada: User, own: SipExtension) -> None:
    Change.objects.create(number="1000", kind="changed", by=ada, fields={"caller_id": ["1000", "1"]})
    answer = vics.post(NEW, follow=True)
    assert "has an unapplied change. Ask an administrator" in answer.content.decode()
    assert SipExtension.objects.get().sealed_password == own.sealed_password


def test_it_may_be_kept_to_administrators(vics: Client, ada: User, own: SipExtension) -> None:
    Preferences.objects.update(self_service=[])
    assert NEW not in html_of(vics, "/extensions/1000/")
    assert vics.post(NEW).status_code == 403
    assert SipExtension.objects.get().sealed_password == own.sealed_password
    adas = Client()
    adas.force_login(ada)
    assert NEW in html_of(adas, "/extensions/1000/")
    assert adas.post(NEW).status_code == 302
    assert SipExtension.objects.get().sealed_password != own.sealed_password


@pytest.mark.parametrize("path", [NEW, CODE])
def test_both_ask_for_the_password_again_and_are_nobody_elses(vics: Client, own: SipExtension, path: str) -> None:
    be_stale(vics)
    assert vics.post(path).status_code == 302
    assert SipExtension.objects.get().sealed_password == own.sealed_password
    assert not AuditRecord.objects.filter(action="extension.password_revealed").exists()
    other = Client()
    other.force_login(make_user("Eve"))
    assert other.post(path).status_code == 404


def test_a_picture_is_shown_to_who_may_see_the_person(vics: Client, vic: User, hugo: User) -> None:
    Avatar.objects.create(user=vic, image=b"picture", version="0123456789abcdef")
    path = "/extensions/1000/picture/0123456789abcdef/"
    hugos, eves = Client(), Client()
    hugos.force_login(hugo)
    eves.force_login(make_user("Eve"))
    for client in (vics, hugos):
        assert path in client.get("/extensions/1000/").content.decode()
        assert client.get(path).content == b"picture"
    assert eves.get(path).status_code == 404
    assert Client().get(path).status_code == 302


HERE_ALONE = "works only on this machine"


@pytest.fixture
def reach_is_chosen(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAR = tmp_path
    monkeypatch.delenv("SIP_BIND", raising=False)


@pytest.mark.parametrize("server", ["127.0.0.1", "127.0.0.2", "localhost", "[::1]"])
def test_a_server_that_no_other_device_reaches_is_said(
    client: Client, vics: Client, ada: User, reach_is_chosen: None, server: str
) -> None:
    Preferences.objects.update(sip_host=server)
    page = html_of(vics, "/extensions/1000/")
    assert f"{server} {HERE_ALONE}" in page
    assert "Ask an administrator to open the PBX to your network." in page
    assert "manage.py reach network" not in page
    client.force_login(ada)
    assert "manage.py reach network" in html_of(client, "/extensions/1000/?phone=yealink")


def test_what_to_change_depends_on_what_was_chosen(
    client: Client,
    own: SipExtension,
    ada: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    reach_is_chosen: None,
) -> None:
    Preferences.objects.update(sip_host="127.0.0.1")
    client.force_login(ada)
    reach.choose(settings.VAR, reach.NETWORK)
    page = html_of(client, "/extensions/1000/")
    assert "To let your network in, restart pbxportal" in page
    monkeypatch.setenv("SIP_BIND", "127.0.0.1")
    assert "set SIP_BIND to 0.0.0.0 and restart pbxportal" in html_of(client, "/extensions/1000/")


def test_a_server_of_the_network_needs_no_word(vics: Client) -> None:
    Preferences.objects.update(sip_host="192.0.2.1")
    assert HERE_ALONE not in html_of(vics, "/extensions/1000/")


def test_who_sits_at_the_machine_is_told_its_address_in_the_network(
    vics: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(pbx.get()), "address", lambda _: ("0.0.0.0", 5060))  # noqa: S104
    settings.PORTAL_URL = "http://192.0.2.7:8000"
    page = html_of(vics, "/extensions/1000/", headers={"Host": "127.0.0.1:8000"})
    assert ">192.0.2.7<" in page
    assert HERE_ALONE not in page
