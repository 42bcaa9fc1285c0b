"""A release is made of one commit, whole or not at all."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pbxportal.service import release
from pbxportal.service.release import CannotInstall
from tests.pbxportal.service.conftest import Programs


def git(clone: Path, *command: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(clone), *who, *command], check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "-q")
    (clone / "requirements.txt").write_text("# nothing\n")
    (clone / "one.py").write_text("ONE = 1\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "One")
    git(clone, "tag", "v0.1.0")
    (clone / "one.py").write_text("ONE = 2\n")
    (clone / "stray").write_text("not committed")
    return clone


def test_it_has_what_was_committed_and_packages_of_its_own(clone: Path, tmp_path: Path) -> None:
    said: list[str] = []
    made = release.make(clone, tmp_path / "releases", said.append)
    assert made == tmp_path / "releases/v0.1.0"
    assert (made / "one.py").read_text() == "ONE = 1\n"
    assert not (made / "stray").exists()
    assert subprocess.run([made / ".venv/bin/python", "-c", "import one"], cwd=made, check=False).returncode == 0
    assert said == ["Installing v0.1.0 with its Python packages."]
    assert release.make(clone, tmp_path / "releases", said.append) == made
    assert len(said) == 1  # it is there already


def test_one_that_was_cut_short_is_made_anew(clone: Path, tmp_path: Path) -> None:
    half = tmp_path / "releases/v0.1.0"
    half.mkdir(parents=True)
    (half / "old.py").touch()
    made = release.make(clone, tmp_path / "releases", lambda _: None)
    assert not (made / "old.py").exists()
    assert (made / release.WHOLE).exists()


def test_a_package_that_cannot_be_had_is_said_and_nothing_is_whole(clone: Path, tmp_path: Path) -> None:
    (clone / "requirements.txt").write_text(f"there-is-no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    git(clone, "commit", "-qam", "Two")
    with pytest.raises(CannotInstall, match="packages could not be installed"):
        release.make(clone, tmp_path / "releases", lambda _: None)
    assert not [*(tmp_path / "releases").glob(f"*/{release.WHOLE}")]


def test_a_tag_that_is_not_there_is_said(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotInstall, match=r"There is no v9.9.9 here"):
        release.make(clone, tmp_path / "releases", lambda _: None, "v9.9.9")


def test_a_switch_is_one_step(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        release.switch(tmp_path / "current", tmp_path / "releases" / name)
        assert (tmp_path / "current").resolve() == tmp_path / "releases" / name
    assert {path.name for path in tmp_path.iterdir()} == {"releases", "current"}


def test_a_folder_without_git_is_copied_but_for_what_runs_in_it(clone: Path, tmp_path: Path) -> None:
    """As a container's image is made, or of a file that was downloaded."""
    shutil.rmtree(clone / ".git")
    (clone / "var").mkdir()
    (clone / ".venv").mkdir()
    (clone / "stray").chmod(0o600)
    assert release.named(clone, "HEAD") == "clone"
    made = tmp_path / "made"
    made.mkdir()
    release.copy(clone, "HEAD", made)
    assert {path.name for path in made.iterdir()} == {"one.py", "requirements.txt", "stray"}
    assert (made / "stray").stat().st_mode & 0o777 == 0o644


def test_a_commit_that_git_cannot_give_is_said(clone: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    with pytest.raises((CannotInstall, subprocess.CalledProcessError)):
        release.copy(clone, "v9.9.9", made)


@pytest.mark.parametrize(
    ("system", "has_venv", "has_apt", "called", "refusal"),
    [
        ("debian", True, True, "", ""),
        ("debian", False, True, "python3-venv", ""),
        ("ubuntu", True, True, "debian-archive-keyring python-apt-common", ""),
        ("ubuntu", False, False, "", "Install first: python3-venv debian-archive-keyring python-apt-common"),
    ],
)
def test_packages_of_the_system_that_are_missing(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    *, system: str, has_venv: bool, has_apt: bool, called: str, refusal: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(release, "FOR_ASTERISK", {name: tmp_path / name for name in release.FOR_ASTERISK})
    monkeypatch.setattr(release, "is_ubuntu", lambda: system == "ubuntu")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object() if has_venv else None)
    monkeypatch.setenv("PATH", str(programs.folder))
    if has_apt:
        programs.put("apt-get")
    said: list[str] = []
    if refusal:
        with pytest.raises(CannotInstall, match=f"^{refusal}$"):
            release.get_packages(said.append)
    else:
        release.get_packages(said.append)
    assert said == ([f"Installing {called}."] if called else [])
    assert programs.called() == (
        ["apt-get update -q", f"apt-get install -y -q --no-install-recommends {called}"] if called else []
    )


def test_an_older_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(CannotInstall, match=r"^Python 3\.11 or newer is needed\.$"):
        release.get_packages(lambda _: None)


def test_ubuntu_is_told_from_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, is_it in (('NAME="Ubuntu"\nID=ubuntu\n', True), ("ID=debian\nID_LIKE=ubuntu\n", False)):
        monkeypatch.setattr(Path, "read_text", lambda _, text=text: text)
        assert release.is_ubuntu() == is_it
