"""Maintenance > Backup > Copies."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from backup.copies.forms import SECRETS, CopiesForm
from backup.models import Backup, BackupSettings, CopySettings
from backup.places import Place
from core import commands
from core.audit.models import AuditRecord
from tests.backup.copies.conftest import choose_s3, choose_sftp
from tests.backup.copies.s3_server import BUCKET, KEY_ID, REGION, SECRET, S3Server
from tests.backup.copies.sftp_server import PASSWORD, USER, SftpServer
from tests.pages import html_of
from tests.people import be_stale, make_user

URL = "/backup/copies/"


@pytest.fixture
def signed_in(place: Place, client: Client) -> Client:
    client.force_login(make_user("Ada", role="super_administrator"))
    return client


def typed(**more: Any) -> dict[str, Any]:
    return {"version": str(CopySettings.load().version), "kind": "none", **more}


def typed_sftp(server: SftpServer, **more: Any) -> dict[str, Any]:
    return typed(
        kind="sftp", sftp_host="127.0.0.1", sftp_port=str(server.port), sftp_user=USER, sftp_sign_in="password",
        sftp_password=PASSWORD, sftp_host_key=server.fingerprint, **more,
    )  # fmt: skip


def typed_s3(server: S3Server, **more: Any) -> dict[str, Any]:
    given = {"s3_endpoint": server.endpoint, "s3_region": REGION, "s3_bucket": BUCKET, "s3_key_id": KEY_ID}
    return typed(kind="s3", **{"s3_secret": SECRET, **given, **more})


def page(client: Client, url: str, given: dict[str, Any], status: int) -> str:
    answer = client.post(url, given)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_host_key_is_shown_entered_and_then_trusted(signed_in: Client, sftp: SftpServer) -> None:
    without = {**typed_sftp(sftp), "sftp_host_key": ""}
    assert "Enter the Host key." in page(signed_in, URL, without, 422)
    said = page(signed_in, f"{URL}test/", without, 200)
    assert "Is this the right server?" in said
    assert f'value="{sftp.fingerprint}"' in said
    assert f'value="{PASSWORD}"' in said  # as every secret that was typed and is not saved
    assert "The test worked" in page(signed_in, f"{URL}test/", typed_sftp(sftp), 200)
    assert CopySettings.load().kind == "none"
    assert not list(sftp.folder.iterdir())


def test_a_test_says_what_is_wrong(signed_in: Client, sftp: SftpServer, s3: S3Server) -> None:
    said = page(signed_in, f"{URL}test/", {**typed_sftp(sftp), "sftp_password": "wrong"}, 200)
    assert "The test failed" in said
    assert "The server refused portal." in said
    assert "may not" not in page(signed_in, f"{URL}test/", typed_s3(s3), 200)
    assert "secret access key is wrong" in page(signed_in, f"{URL}test/", typed_s3(s3, s3_secret="wrong"), 200)
    assert "Choose where backups are copied to." in page(signed_in, f"{URL}test/", typed(), 422)
    results = AuditRecord.objects.filter(action="backup.copies_tested").order_by("id").values_list("result", flat=True)
    assert [*results] == ["failed", "done", "failed"]


def test_what_is_saved_is_in_force_and_its_secret_in_no_log(signed_in: Client, sftp: SftpServer, s3: S3Server) -> None:
    assert signed_in.post(URL, typed_sftp(sftp)).status_code == 302
    saved = CopySettings.load()
    assert saved.unseal("sftp_password") == PASSWORD
    record = AuditRecord.objects.get(action="backup.copies_changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown["Copy each backup"] == ("Do not copy", "To a server, over SFTP")
    assert shown["Password"] == ("", "changed")
    assert PASSWORD not in str(record.detail)
    assert PASSWORD not in html_of(signed_in, URL)
    assert "BEGIN" not in html_of(signed_in, URL)
    assert saved.sftp_public_key in html_of(signed_in, URL)
    assert signed_in.post(URL, typed_s3(s3)).status_code == 302
    now = CopySettings.load()
    assert (now.kind, now.unseal("s3_secret"), now.sftp_host) == ("s3", SECRET, "127.0.0.1")
    assert signed_in.post(URL, typed_s3(s3, s3_secret="")).status_code == 302  # the saved one stays
    assert AuditRecord.objects.filter(action="backup.copies_changed").count() == 2


@pytest.mark.parametrize("name", SECRETS)
def test_beside_a_secret_stands_whether_one_is_saved(signed_in: Client, name: str) -> None:
    def words() -> list[str]:
        page = html_of(signed_in, URL)
        return [re.findall(rf'id="id_{each}_helptext"[^>]*>\s*(.*?)\s*<', page)[0] for each in SECRETS]

    assert words() == ["Stored encrypted."] * 2
    chosen = CopySettings.load()
    chosen.seal(name, "a secret")
    chosen.save()
    saved = "Leave empty to keep the saved one. It is never shown."
    assert words() == [saved if each == name else "Stored encrypted." for each in SECRETS]


def test_who_chooses_no_way_to_sign_in_uses_the_portals_key(signed_in: Client, sftp: SftpServer) -> None:
    given = {**typed_sftp(sftp), "sftp_sign_in": "", "sftp_password": "of no use there"}
    assert signed_in.post(URL, given).status_code == 302
    saved = CopySettings.load()
    assert (saved.kind, saved.sftp_sign_in, saved.sealed_sftp_password) == ("sftp", "key", "")


def test_a_saved_password_goes_to_its_server_alone(signed_in: Client, sftp: SftpServer) -> None:
    choose_sftp(sftp)
    kept = {**typed_sftp(sftp), "sftp_password": ""}
    assert "The test worked" in page(signed_in, f"{URL}test/", kept, 200)
    with SftpServer(sftp.folder) as other:
        words = page(signed_in, f"{URL}test/", {**kept, "sftp_port": str(other.port), "sftp_host_key": ""}, 422)
        assert "Enter the password again." in words
        assert not other.transports


def test_the_last_backup_is_copied_at_once(
    signed_in: Client, with_passphrase: BackupSettings, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(commands, "start", lambda *command: started.append(command))

    def said(**more: Any) -> list[str]:
        answer = signed_in.post(URL, typed_s3(s3, **more), follow=True)
        return [str(each) for each in answer.context["messages"]]

    assert said() == ["Settings saved."]
    assert said(s3_secret="") == ["Nothing was changed."]
    assert not started  # there is none
    call_command("backup", stdout=StringIO())
    CopySettings.objects.update(kind="none")
    Backup.objects.get().copies.all().delete()
    assert said() == ["Settings saved. The last backup is being copied."]
    assert [command[:2] for command in started] == [("backup", "--copy")]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("sftp_host", "", "Enter the Host."),
        ("sftp_host", "a b", "Enter a host name"),
        ("sftp_port", "0", "greater than or equal to 1"),
        ("sftp_port", "", "Enter the Port."),
        ("sftp_user", "", "Enter the User Name."),
        ("sftp_user", "a\nb", "one line"),
        ("sftp_password", "", "Enter the Password."),
        ("sftp_host_key", "MD5:00", "beginning with SHA256"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    signed_in: Client, sftp: SftpServer, field: str, value: str, words: str
) -> None:
    assert words in page(signed_in, URL, {**typed_sftp(sftp), field: value}, 422)
    assert CopySettings.load().version == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("s3_endpoint", "s3.example.com", "without a path"),
        ("s3_endpoint", "https://s3.example.com/backups", "without a path"),
        ("s3_endpoint", "https://ada:pw@s3.example.com", "without a path"),
        ("s3_endpoint", "ftp://s3.example.com", "without a path"),
        ("s3_endpoint", "https://s3.example.com:99999", "without a path"),
        ("s3_bucket", "Back Ups", "lowercase letters"),
        ("s3_bucket", "", "Enter the Bucket."),
        ("s3_region", "here!", "Enter a region"),
        ("s3_folder", "a/../b", "in each part"),
        ("s3_folder", "a b", "in each part"),
        ("s3_key_id", "", "Enter the Access key ID."),
        ("s3_secret", "", "Enter the Secret access key."),
    ],
)
def test_what_cannot_be_a_bucket_is_refused_in_words(
    signed_in: Client, s3: S3Server, field: str, value: str, words: str
) -> None:
    assert words in page(signed_in, URL, typed_s3(s3, **{field: value}), 422)
    assert CopySettings.load().version == 1


@pytest.mark.parametrize(
    ("host", "port", "folder", "address"),
    [
        ("NAS.example.com", "22", "/volume1/pbx", "sftp://portal@nas.example.com/volume1/pbx"),
        ("[fd00::1]", "2222", "pbx", "sftp://portal@[fd00::1]:2222/~/pbx"),
        ("fd00::1", "22", "", "sftp://portal@[fd00::1]/~/"),
    ],
)
def test_the_far_end_is_called_by_its_address(
    signed_in: Client, sftp: SftpServer, host: str, port: str, folder: str, address: str
) -> None:
    changed = {"sftp_host": host, "sftp_port": port, "sftp_folder": folder}
    assert signed_in.post(URL, {**typed_sftp(sftp), **changed}).status_code == 302
    assert CopySettings.load().place == address


KEY = f"SHA256:{'a' * 43}"
OURS = {
    "kind": "sftp", "sftp_host": "nas.lan", "sftp_port": "22", "sftp_user": "portal", "sftp_host_key": KEY,
    "sftp_sign_in": "key",
}  # fmt: skip
BUCKETS = {
    "kind": "s3", "s3_endpoint": "https://s3.lan", "s3_region": "us", "s3_bucket": "abc", "s3_key_id": "k",
    "s3_secret": "s",
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (OURS, []),
        (OURS | {"sftp_host_key": f"{KEY}="}, []),
        (OURS | {"sftp_host_key": KEY[:-1]}, ["sftp_host_key"]),
        (OURS | {"sftp_sign_in": ""}, []),
        (OURS | {"sftp_sign_in": "password"}, ["sftp_password"]),
        (OURS | {"sftp_sign_in": "password", "sftp_password": "x"}, []),
        (OURS | {"sftp_port": "65535"}, []),
        (OURS | {"sftp_port": "65536"}, ["sftp_port"]),
        (BUCKETS, []),
        (BUCKETS | {"s3_secret": ""}, ["s3_secret"]),
        (BUCKETS | {"s3_bucket": "a" * 63}, []),
        (BUCKETS | {"s3_bucket": "ab"}, ["s3_bucket"]),
        (BUCKETS | {"s3_endpoint": "http://10.0.0.1:9000/"}, []),
        (BUCKETS | {"s3_endpoint": "https://s3.lan:0"}, ["s3_endpoint"]),
        (BUCKETS | {"s3_endpoint": "https://"}, ["s3_endpoint"]),
        (BUCKETS | {"s3_endpoint": "https://ada@s3.lan"}, ["s3_endpoint"]),
        (BUCKETS | {"s3_endpoint": "https://s3.lan?x"}, ["s3_endpoint"]),
        (BUCKETS | {"s3_endpoint": "https://sé.lan"}, ["s3_endpoint"]),
        (BUCKETS | {"s3_folder": "/a/b/"}, []),
        (BUCKETS | {"s3_folder": "a/."}, ["s3_folder"]),
        ({"kind": "none"}, []),
        ({"kind": "none", "version": "9"}, ["__all__"]),
    ],
)
def test_only_what_the_chosen_kind_needs_is_asked_for(ada: User, given: dict[str, str], refused: list[str]) -> None:
    form = CopiesForm(typed(**given), by=ada)
    assert list(form.errors) == refused
    if "/a/b/" in given.values():
        assert form.cleaned_data["s3_folder"] == "a/b"


def test_a_password_beside_a_key_is_not_kept_and_a_saved_secret_need_not_be_typed(ada: User) -> None:
    form = CopiesForm(typed(**OURS, sftp_password="x"), by=ada)
    assert form.is_valid()
    assert (form.cleaned_data["sftp_password"], form.cleaned_data["sftp_sign_in"]) == ("", "key")
    assert CopiesForm(typed(**{**OURS, "sftp_host_key": ""}), by=ada, is_test=True).is_valid()
    form = CopiesForm(typed(**BUCKETS), by=ada)
    assert form.is_valid()
    assert form.try_save()
    assert CopySettings.load().unseal("s3_secret") == "s"
    again = CopiesForm(typed(**{**BUCKETS, "s3_secret": ""}), by=ada)
    assert again.is_valid()
    assert not again.try_save()
    assert CopySettings.load().unseal("s3_secret") == "s"
    late = CopiesForm(typed(**{**BUCKETS, "s3_key_id": "l"}), by=ada)
    assert late.is_valid()
    CopySettings.objects.update(version=CopySettings.load().version + 1)
    assert not late.try_save()
    assert CopySettings.load().s3_key_id == "k"


def test_what_belongs_to_another_kind_is_in_nobodys_way(signed_in: Client, s3: S3Server) -> None:
    assert signed_in.post(URL, typed_s3(s3, sftp_port="x", sftp_host="a b")).status_code == 302
    assert CopySettings.load().sftp_host == ""


def test_who_saves_second_is_told(signed_in: Client, s3: S3Server) -> None:
    before = typed_s3(s3)
    signed_in.post(URL, before)
    for url in (URL, f"{URL}test/"):
        assert signed_in.post(url, {**before, "s3_folder": "other"}).status_code == 409
    assert CopySettings.load().s3_folder == ""


@pytest.mark.parametrize("url", [URL, f"{URL}test/"])
def test_it_asks_again_who_one_is(signed_in: Client, s3: S3Server, url: str) -> None:
    be_stale(signed_in)
    answer = signed_in.post(url, typed_s3(s3))
    assert answer.status_code in (302, 401, 403)
    assert CopySettings.load().kind == "none"
    assert not AuditRecord.objects.filter(action__startswith="backup.cop").exists()


def test_the_list_says_where_copies_go_and_which_failed(
    signed_in: Client, with_passphrase: BackupSettings, s3: S3Server
) -> None:
    choose_s3(s3, "office")
    call_command("backup", stdout=StringIO())
    said = html_of(signed_in, "/backup/")
    assert f"{s3.endpoint}/{BUCKET}/office" in said
    assert "Copied" in said
    Backup.objects.update(copy_why={"code": "copy.wrong_key"})
    assert "Not copied" in html_of(signed_in, "/backup/")
