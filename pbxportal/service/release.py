"""A release: a folder with the code of one commit and the packages that it pins, which nobody changes afterwards."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

OLDEST_PYTHON = (3, 11)
LEFT_OUT = {".git", ".venv", "var"}
FOR_ASTERISK = {
    "debian-archive-keyring": Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    "python-apt-common": Path("/usr/share/python-apt/templates/Debian.info"),
}
WHOLE = ".whole"  # in a release that was made to its end

Say = Callable[[str], None]


class CannotInstall(Exception):
    """What is in the way, and what to do about it."""


def make(clone: Path, releases: Path, say: Say, commit: str = "HEAD") -> Path:
    """What the clone has at that commit, with its packages. Raises CannotInstall."""
    name = named(clone, commit)
    release = releases / name
    if (release / WHOLE).exists():
        return release
    get_packages(say)
    say(f"Installing {name} with its Python packages.")
    shutil.rmtree(release, ignore_errors=True)
    release.mkdir(mode=0o755, parents=True)
    copy(clone, commit, release)
    add_packages(release)
    (release / WHOLE).touch()
    return release


def named(clone: Path, commit: str) -> str:
    """The tag if there is one, or the commit; of a folder without git, its own name."""
    said = git(clone, "describe", "--tags", "--always", commit)
    if said is None and commit != "HEAD":
        raise CannotInstall(f"There is no {commit} here. See the tags: git tag")
    return said or clone.resolve().name


def git(clone: Path, *command: str) -> str | None:
    """What it says; None where it cannot. The clone is often another user's, which git would not trust of itself."""
    if not (clone / ".git").exists():
        return None
    program = ["git", "-c", f"safe.directory={clone.resolve()}", "-C", str(clone), *command]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def copy(clone: Path, commit: str, release: Path) -> None:
    if (clone / ".git").exists():
        program = ["git", "-c", f"safe.directory={clone.resolve()}", "-C", str(clone), "archive", commit]
        with subprocess.Popen(program, stdout=subprocess.PIPE) as archive:
            run("tar", "--extract", "--no-same-owner", "--directory", str(release), stdin=archive.stdout)
        if archive.returncode:
            raise CannotInstall(f"git could not give the files of {commit}.")
    else:
        shutil.copytree(clone, release, ignore=lambda _, names: LEFT_OUT & {*names}, dirs_exist_ok=True)
    run("chmod", "-R", "u=rwX,go=rX", str(release))


def get_packages(say: Say) -> None:
    """Those of the system that this needs: Debian and Ubuntu have Python's venv in one of its own."""
    if sys.version_info < OLDEST_PYTHON:
        raise CannotInstall("Python 3.11 or newer is needed.")
    missing = [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    missing += [name for name, path in FOR_ASTERISK.items() if not path.exists()] if is_ubuntu() else []
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise CannotInstall(f"Install first: {' '.join(missing)}")
    say(f"Installing {' '.join(missing)}.")
    run("apt-get", "update", "-q", stdout=subprocess.DEVNULL)
    run("apt-get", "install", "-y", "-q", "--no-install-recommends", *missing, stdout=subprocess.DEVNULL)


def is_ubuntu() -> bool:
    """Where Asterisk and Caddy come from Debian all the same."""
    return "ID=ubuntu" in Path("/etc/os-release").read_text().splitlines()


def add_packages(release: Path) -> None:
    venv = release / ".venv"
    try:
        run(sys.executable, "-m", "venv", str(venv))
        pip = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "-r", str(release / "requirements.txt"))
        run(str(venv / "bin/python"), "-m", "compileall", "-q", "-x", r"\.venv", str(release), umask=0o022)
    except subprocess.CalledProcessError as error:
        raise CannotInstall(f"The Python packages could not be installed: {' '.join(error.cmd[:4])} failed.") from error
    run("chmod", "-R", "u=rwX,go=rX", str(release))


def run(*command: str, **options: object) -> None:
    subprocess.run(command, check=True, **options)  # type: ignore[call-overload]


def switch(current: Path, release: Path) -> None:
    """At one moment: there is no time without a release."""
    draft = current.with_name(f".{current.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(os.path.relpath(release, current.parent))
    draft.replace(current)
