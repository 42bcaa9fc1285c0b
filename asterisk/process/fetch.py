"""An Asterisk to run: the system's own, or Debian's, fetched without root and without a change to the system."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote

from core import file_lock

OLDEST = (22, 2)  # the first whose logins can hold a digest in place of the password
SUITES = ("forky", "sid")
MUSIC = "asterisk-moh-opsound-g722"  # what a held caller hears; CC BY-SA 3.0
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MULTIARCH = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# The host's ways through the network hold for us too; its hooks and its other sources do not.
HOST_SETTING = re.compile(r"Acquire::(https?|Retries|ForceIPv[46])\b.*")
NOT_NEEDED = ("etc", "var", "usr/bin", "usr/share/[!a]*", "usr/share/alsa", "usr/lib/*/perl*", "usr/lib/systemd")
# Asterisk restarts itself by executing its argv[0]: it is to end, as whoever started it prepares each start.
ENDS = "true"
# What can be done without is not waited for.
ADDING = {"Acquire::Retries": 0, "Acquire::http::Timeout": 10, "Acquire::https::Timeout": 10}
NAMED = (sys.executable, "-c", f"import os, sys; os.execv(sys.argv[1], ['{ENDS}', *sys.argv[2:]])")
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"))

VERSIONS = "VERSIONS"  # what is in the folder, a package a line

Say = Callable[[str], None]


class NoAsterisk(Exception):
    """Why there is none, in words for the person at the terminal."""


@dataclass(frozen=True)
class Program:
    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def find_or_fetch(target: Path, say: Say) -> Program:
    """The system's Asterisk if it will do, else the one in `target`, which is fetched at the first call."""
    if found := of_system():
        return found
    arch = architecture()
    if not is_whole(target):
        with file_lock.acquire(target.with_name(target.name + ".lock")):
            if not (target / VERSIONS).exists():
                fetch(target, arch, say)
            elif not is_whole(target):
                add_music(target, arch, say)
    return of_tree(target, arch)


# --- what is there ---


def is_whole(tree: Path) -> bool:
    """Whether it holds all packages that are asked for now: an earlier version asked for fewer."""
    versions = tree / VERSIONS
    return versions.exists() and any(line.startswith(f"{MUSIC}_") for line in versions.read_text().splitlines())


def of_system() -> Program | None:
    asterisk = shutil.which("asterisk", path=SYSTEM_PATH)
    modules = modules_below(Path("/usr")) if asterisk else None
    data = next((path for path in map(Path, ("/usr/share/asterisk", "/var/lib/asterisk")) if path.exists()), None)
    if not asterisk or not modules or not data:
        return None
    command = (*NAMED, asterisk)
    version = version_of(command)
    return Program(command, modules, data, version) if is_new_enough(version) else None


def modules_below(root: Path) -> Path | None:
    """The folder of an Asterisk that was built with all without which no phone rings."""
    folders = (each.parent for each in root.glob("lib*/**/asterisk/modules/res_config_sqlite3.so"))
    return next((folder for folder in folders if (folder / "res_srtp.so").exists()), None)


def of_tree(tree: Path, arch: str) -> Program:
    libraries = tree / "usr/lib" / MULTIARCH[arch]
    loader = next(libraries.glob("ld-linux-*.so.*"), None)
    if loader is None:
        raise NoAsterisk(f"{tree} is incomplete. Delete it and start again.")
    asterisk = str(tree / "usr/sbin/asterisk")
    command = (str(loader), "--library-path", str(libraries), "--argv0", ENDS, asterisk)
    return Program(command, libraries / "asterisk/modules", tree / "usr/share/asterisk", version_of(command))


def version_of(command: tuple[str, ...]) -> str:
    """Such as "22.10.1"; empty when the program does not run."""
    try:
        answer = subprocess.run((*command, "-V"), capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"Asterisk ([\d.]+)", answer.stdout)
    return found[1] if found else ""


def is_new_enough(version: str) -> bool:
    return tuple(int(part) for part in version.split(".") if part)[:2] >= OLDEST


def architecture() -> str:
    if not all(map(shutil.which, ("apt-get", "dpkg", "dpkg-deb"))):
        raise NoAsterisk(
            f"Asterisk {OLDEST[0]} is not installed. It can be downloaded automatically only on Debian and Ubuntu."
        )
    arch = subprocess.run(("dpkg", "--print-architecture"), capture_output=True, text=True, check=True).stdout.strip()
    if arch not in MULTIARCH:
        raise NoAsterisk(f"Asterisk can be downloaded for {' and '.join(MULTIARCH)} machines. This one is {arch}.")
    return arch


# --- what is not ---


def fetch(target: Path, arch: str, say: Say) -> None:
    """All or nothing: `target` appears complete or not at all."""
    draft, work = (target.with_name(target.name + ending) for ending in (".new", ".apt"))
    try:
        for directory in (draft, work):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
        debs = download(Apt(work, arch), mirror(), say, "asterisk", MUSIC)
        started = time.monotonic()
        for deb in debs:
            unpack(deb, draft)
        (draft / VERSIONS).write_text(lines_of(debs))
        if not version_of(of_tree(draft, arch).command):
            raise NoAsterisk("The downloaded Asterisk does not run on this machine.")
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        say(f"Asterisk: unpacked in {time.monotonic() - started:.0f} s")
    finally:
        for directory in (draft, work):
            shutil.rmtree(directory, ignore_errors=True)


def add_music(target: Path, arch: str, say: Say) -> None:
    """Into a folder that an earlier version fetched. Without a network, all starts as before."""
    work = target.with_name(target.name + ".apt")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        debs = download(Apt(work, arch, ADDING), mirror(), say, MUSIC)
        for deb in debs:
            unpack(deb, target)
        draft = work / VERSIONS
        draft.write_text((target / VERSIONS).read_text() + lines_of(debs))
        draft.replace(target / VERSIONS)
    except (NoAsterisk, OSError) as error:
        say(f"Asterisk: no music on hold, callers on hold hear silence. {error}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def lines_of(debs: list[Path]) -> str:
    return "".join(f"{unquote(deb.stem)}\n" for deb in debs)


def mirror() -> str:
    """Where the host itself gets Debian from."""
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages")
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    if not answer.stdout.strip():
        raise NoAsterisk(
            "This machine's apt has no Debian mirror to download Asterisk from. Install Asterisk"
            f" {'.'.join(map(str, OLDEST))} or newer. On Debian, try `apt-get update` first."
        )
    return min(answer.stdout.split(), key=lambda uri: ("security" in uri, len(uri)))


class Apt:
    """The host's apt, with every directory its own."""

    def __init__(self, work: Path, arch: str, more: Mapping[str, object] = MappingProxyType({})) -> None:
        self.work = work
        for name in ("etc/apt.conf.d", "etc/preferences.d", "lists/partial", "cache/archives/partial"):
            (work / name).mkdir(parents=True)
        (work / "status").touch()
        dump = subprocess.run(("apt-config", "dump"), capture_output=True, text=True, check=False).stdout
        own = {
            "Dir::Etc": work / "etc",
            "Dir::State": work,
            "Dir::State::lists": work / "lists",
            "Dir::State::status": work / "status",
            "Dir::Cache": work / "cache",
            "Dir::Log": work,
            "APT::Architecture": arch,
            "APT::Architectures": arch,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Debug::NoLocking": "true",
            **more,
        }
        lines = [line for line in dump.splitlines() if HOST_SETTING.fullmatch(line)]
        lines += [f"{name} {json.dumps(str(value))};" for name, value in own.items()]
        (work / "apt.conf").write_text("\n".join(lines) + "\n")

    def use(self, uri: str, suite: str) -> None:
        (self.work / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {uri} {suite} main\n")

    def run(self, *arguments: str) -> str:
        """What it printed; what it complained of is raised."""
        environment = os.environ | {"APT_CONFIG": str(self.work / "apt.conf"), "LC_ALL": "C"}
        answer = subprocess.run(
            ("apt-get", "-q", "-y", *arguments),
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if answer.returncode:
            complaints = [line[3:] for line in answer.stderr.splitlines() if line.startswith("E: ")]
            raise AptError(" ".join(complaints) or answer.stderr.strip() or "no reason given")
        return answer.stdout


class AptError(Exception):
    """What apt complained of."""


def download(apt: Apt, uri: str, say: Say, *packages: str) -> list[Path]:
    if not KEYRING.exists():
        raise NoAsterisk("Debian's signing keys are missing. Run apt install debian-archive-keyring and start again.")
    problem = ""
    for suite in SUITES:
        say(f"Asterisk: looking in Debian {suite}")
        try:
            return download_from(apt, uri, suite, say, *packages)
        except AptError as error:
            problem = str(error)
    raise NoAsterisk(f"Asterisk could not be downloaded. apt reported: {problem}")


def download_from(apt: Apt, uri: str, suite: str, say: Say, *packages: str) -> list[Path]:
    apt.use(uri, suite)
    update(apt, say)
    wanted = re.findall(r"^'\S+' (\S+) (\d+) ", apt.run("install", "--print-uris", *packages), re.MULTILINE)
    version = next((name.split("_")[1] for name, _ in wanted if name.startswith("asterisk_")), "")
    what = f"Asterisk {re.sub(r'^1%3a|[+~-].*', '', version)}" if version else "Asterisk, music on hold"
    size = sum(int(size) for _, size in wanted) / 1e6
    say(f"{what}: downloading {size:.0f} MB from {uri}")
    started = time.monotonic()
    apt.run("install", "--download-only", *packages)
    say(f"Asterisk: downloaded in {time.monotonic() - started:.0f} s")
    return sorted((apt.work / "cache/archives").glob("*.deb"))


def update(apt: Apt, say: Say) -> None:
    try:
        apt.run("update", "-o", "Acquire::Check-Valid-Until=true")
    except AptError as error:
        if "is expired" not in str(error):
            raise
        say("Asterisk: the mirror's package list has expired. Continuing without date check; signatures are verified")
        apt.run("update", "-o", "Acquire::Check-Valid-Until=false")


def unpack(deb: Path, into: Path) -> None:
    excluded = (f"--exclude=./{pattern}" for pattern in NOT_NEEDED)
    tar = ("tar", "-x", "-C", str(into), "--no-same-owner", "--no-same-permissions", *excluded)
    with subprocess.Popen(("dpkg-deb", "--fsys-tarfile", str(deb)), stdout=subprocess.PIPE) as contents:
        unpacked = subprocess.run(tar, stdin=contents.stdout, capture_output=True, text=True, check=False)
    if contents.returncode or unpacked.returncode:
        raise NoAsterisk(f"{deb.name} could not be unpacked. {unpacked.stderr.strip()}")
