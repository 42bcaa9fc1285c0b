"""With an apt-get that does as told, and packages that are real."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from asterisk.process import fetch
from core import debian
from core.debian import NotAvailableError

ARCH = subprocess.run(("dpkg", "--print-architecture"), capture_output=True, text=True, check=True).stdout.strip()
LIBRARIES = f"usr/lib/{debian.MULTIARCH[ARCH]}"
APT_GET = """#!/bin/sh
cd "$(dirname "$0")" && echo "$*" >> asked
case "$*" in
    indextargets*) cat mirrors ;;
    *Check-Valid-Until=true*) ! [ -e broken ] || { cat broken >&2; exit 100; } ;;
    *Check-Valid-Until=false*) ;;
    *--print-uris*) echo "'http://debian.test/a.deb' asterisk_1%3a22.10.1+dfsg-1_all.deb 81000000 SHA256:0" ;;
    *--download-only*)
        for name; do
            for deb in "$name"_*.deb; do ! [ -e "$deb" ] || cp "$deb" "$(dirname "$APT_CONFIG")/cache/archives/"; done
        done ;;
esac
"""
TUNE = "usr/share/asterisk/moh/tune.g722"
WHOLE = "asterisk-moh-opsound-g722_2.03-2_all\nasterisk_1:22.10.1+dfsg-1_all\n"
EXPIRED = "E: Release file for http://debian.test/InRelease is expired (invalid since 3d 4h 11min 2s).\n"


class Host:
    """A machine with an apt-get of ours and no Asterisk."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory / "bin"
        self.target = directory / "var/program"
        self.said: list[str] = []
        self.bin.mkdir()
        self.put("apt-get", APT_GET)
        self.put("mirrors", "http://debian.test/debian/\nhttp://debian.test/debian-security/\n")
        self.package(f"{LIBRARIES}/ld-linux-test.so.2", "#!/bin/sh\necho Asterisk 22.10.1+dfsg-1\n")
        self.package(TUNE, "a tune", "asterisk-moh-opsound-g722", "2.03-2")

    def put(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def package(self, path: str, text: str, package: str = "asterisk", version: str = "1:22.10.1+dfsg-1") -> None:
        root = self.bin / package
        for name, content in (
            ("DEBIAN/control", f"Package: {package}\nVersion: {version}\nArchitecture: all\n"
                               "Maintainer: Nobody <nobody@debian.test>\nDescription: test\n"),
            ("usr/share/doc/asterisk/copyright", "not needed\n"),
            (path, text),
        ):  # fmt: skip
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        (root / path).chmod(0o755)
        deb = self.bin / f"{package}_{version.replace(':', '%3a')}_all.deb"
        subprocess.run(("dpkg-deb", "--build", str(root), str(deb)), check=True, capture_output=True)

    def find_or_fetch(self) -> fetch.Program:
        return fetch.find_or_fetch(self.target, self.said.append)

    @property
    def asked(self) -> str:
        return (self.bin / "asked").read_text()

    @property
    def left_over(self) -> set[str]:
        return {path.name for path in self.target.parent.glob("*")} - {"program.lock"}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host(tmp_path)
    monkeypatch.setenv("PATH", f"{host.bin}:{os.environ['PATH']}")
    monkeypatch.setattr(debian, "SYSTEM_PATH", str(host.bin))
    monkeypatch.setattr(debian, "KEYRING", tmp_path)
    return host


def test_it_is_fetched_whole_and_only_once(host: Host) -> None:
    program = host.find_or_fetch()
    asked = host.asked
    assert program.version == "22.10.1"
    assert program.command[-1] == str(host.target / "usr/sbin/asterisk")
    assert program.modules == host.target / LIBRARIES / "asterisk/modules"
    assert (host.target / "VERSIONS").read_text() == WHOLE
    assert (program.data / "moh/tune.g722").read_text() == "a tune"
    assert not (host.target / "usr/share/doc").exists()
    assert host.left_over == {"program"}
    assert "Asterisk 22.10.1: downloading 81 MB from http://debian.test/debian/" in host.said
    assert host.find_or_fetch() == program
    assert host.asked == asked


def fetched_before_there_was_music(host: Host) -> None:
    host.find_or_fetch()
    (host.target / TUNE).unlink()
    (host.target / "VERSIONS").write_text("asterisk_1:22.10.1+dfsg-1_all\n")
    host.said.clear()


def test_a_folder_that_an_earlier_version_fetched_gets_what_it_lacks(host: Host) -> None:
    fetched_before_there_was_music(host)
    host.find_or_fetch()
    assert (host.target / TUNE).read_text() == "a tune"
    assert sorted((host.target / "VERSIONS").read_text().splitlines()) == WHOLE.splitlines()
    assert host.left_over == {"program"}
    asked = host.asked
    host.find_or_fetch()
    assert host.asked == asked


@pytest.mark.parametrize("lacking", ["network", "package", "mirror"])
def test_what_cannot_be_added_stops_no_start(host: Host, monkeypatch: pytest.MonkeyPatch, lacking: str) -> None:
    fetched_before_there_was_music(host)
    if lacking == "network":
        host.put("broken", "E: Failed to fetch\n")
    elif lacking == "mirror":
        no_mirror(host, monkeypatch)
    else:
        host.put("asterisk-moh-opsound-g722_2.03-2_all.deb", "not a package")
    assert host.find_or_fetch().version == "22.10.1"
    assert "callers on hold hear silence" in host.said[-1]
    assert host.left_over == {"program"}
    assert (host.target / "VERSIONS").read_text() == "asterisk_1:22.10.1+dfsg-1_all\n"


def test_an_interrupted_fetch_is_begun_again(host: Host) -> None:
    for left in ("program.new", "program.apt"):
        (host.target.parent / left / "half").mkdir(parents=True)
    host.find_or_fetch()
    assert host.left_over == {"program"}


def test_a_list_past_its_date_is_used_and_that_is_said(host: Host) -> None:
    host.put("broken", EXPIRED)
    assert host.find_or_fetch().version == "22.10.1"
    assert any("without date check" in line for line in host.said)


def test_a_list_in_time_is_checked(host: Host) -> None:
    host.find_or_fetch()
    assert "update" in host.asked
    assert "Check-Valid-Until=false" not in host.asked


def test_another_complaint_of_apt_is_told_after_both_suites(host: Host) -> None:
    host.put("broken", "W: hm\nE: The repository is not signed.\n")
    with pytest.raises(NotAvailableError, match="apt reported: The repository is not signed"):
        host.find_or_fetch()
    assert host.said == ["Asterisk: looking in Debian forky", "Asterisk: looking in Debian sid"]
    assert "Check-Valid-Until=false" not in host.asked
    assert host.left_over == set()


def test_a_program_that_does_not_run_is_not_kept(host: Host) -> None:
    host.package(f"{LIBRARIES}/ld-linux-test.so.2", "#!/bin/sh\nexit 1\n")
    with pytest.raises(NotAvailableError, match="does not run"):
        host.find_or_fetch()
    assert host.left_over == set()


def test_a_broken_package_is_named(host: Host) -> None:
    host.put("asterisk_1%3a22.10.1+dfsg-1_all.deb", "not a package")
    with pytest.raises(NotAvailableError, match=r"all\.deb could not be unpacked"):
        host.find_or_fetch()
    assert host.left_over == set()


def no_mirror(host: Host, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(debian, "KNOWN_MIRRORS", host.bin / "missing.info")
    host.put("mirrors", "")


def test_where_the_system_is_no_debian_its_list_of_mirrors_has_one(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.put("mirrors", "")
    host.put("Debian.info", "Suite: forky\nBaseURI: http://mirror.test/debian/\nMatchURI: x\n")
    monkeypatch.setattr(debian, "KNOWN_MIRRORS", host.bin / "Debian.info")
    assert host.find_or_fetch().version == "22.10.1"
    assert any("from http://mirror.test/debian/" in line for line in host.said)


def no_keys(host: Host, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(debian, "KEYRING", host.bin / "missing.gpg")


def other_processor(host: Host, _: pytest.MonkeyPatch) -> None:
    host.put("dpkg", "#!/bin/sh\necho riscv64\n")


def no_apt(host: Host, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("PATH", str(host.target))


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        (no_mirror, "has no Debian mirror"),
        (no_keys, "apt install debian-archive-keyring"),
        (other_processor, "amd64 and arm64 machines. This one is riscv64"),
        (no_apt, "only on Debian and Ubuntu"),
    ],
)
def test_what_is_lacking_is_said(
    host: Host, monkeypatch: pytest.MonkeyPatch, lack: Callable[[Host, pytest.MonkeyPatch], None], words: str
) -> None:
    lack(host, monkeypatch)
    with pytest.raises(NotAvailableError, match=words):
        host.find_or_fetch()


def test_an_old_asterisk_of_the_system_will_not_do() -> None:
    assert fetch.version_of(("/nowhere",)) == ""
    assert [fetch.is_new_enough(v) for v in ("", "20.6.0", "22.1.1", "22.2.0", "22.10.1", "23")] == [
        False, False, False, True, True, True,
    ]  # fmt: skip


def test_an_asterisk_of_the_system_without_encryption_will_not_do(tmp_path: Path) -> None:
    folder = tmp_path / "lib/somewhere/asterisk/modules"
    folder.mkdir(parents=True)
    (folder / "res_config_sqlite3.so").touch()
    assert fetch.modules_below(tmp_path) is None
    (folder / "res_srtp.so").touch()
    assert fetch.modules_below(tmp_path) == folder


def test_the_hosts_way_through_the_network_is_kept_and_its_hooks_are_not(host: Host, tmp_path: Path) -> None:
    proxy = 'Acquire::http::Proxy "http://proxy.test:3128/";'
    host.put("apt-config", f"#!/bin/sh\necho '{proxy}'\necho 'APT::Update::Post-Invoke:: \"false\";'\n")
    debian.Apt(tmp_path / "work", ARCH)
    conf = (tmp_path / "work/apt.conf").read_text()
    assert proxy in conf
    assert "Post-Invoke" not in conf


@pytest.mark.parametrize("lacking", ["", "program", "modules", "data", "version"])
def test_the_asterisk_of_the_system_is_taken_where_it_is_whole_and_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    monkeypatch.setattr(debian, "SYSTEM_PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(fetch, "Path", lambda text: tmp_path / text.lstrip("/"))
    monkeypatch.setattr(fetch, "version_of", lambda _: "22.1.9" if lacking == "version" else "22.2.0")
    modules = tmp_path / "usr/lib64/asterisk/modules"
    for folder in (tmp_path / "bin", modules):
        folder.mkdir(parents=True)
    if lacking != "program":
        (tmp_path / "bin/asterisk").touch(mode=0o755)
    if lacking != "modules":
        for name in ("res_config_sqlite3.so", "res_srtp.so"):
            (modules / name).touch()
    if lacking != "data":
        (tmp_path / "var/lib/asterisk").mkdir(parents=True)
    found = fetch.of_system()
    if lacking:
        assert found is None
        return
    command = (*fetch.NAMED, str(tmp_path / "bin/asterisk"))
    assert found == fetch.Program(command, modules, tmp_path / "var/lib/asterisk", "22.2.0")
    assert fetch.find_or_fetch(tmp_path / "target", pytest.fail) == found
    assert not (tmp_path / "target").exists()
