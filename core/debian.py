"""Programs from Debian's packages: fetched without root, unpacked below a folder of ours, no change to the system."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote

SUITES = ("forky", "sid")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
KNOWN_MIRRORS = Path("/usr/share/python-apt/templates/Debian.info")
MULTIARCH = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# The host's ways through the network hold for us too; its hooks and its other sources do not.
HOST_SETTING = re.compile(r"Acquire::(https?|Retries|ForceIPv[46])\b.*")
# What can be done without is not waited for.
IMPATIENT = {"Acquire::Retries": 0, "Acquire::http::Timeout": 10, "Acquire::https::Timeout": 10}
VERSIONS = "VERSIONS"  # what is in the folder, a package a line
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"))

Say = Callable[[str], None]


class NotAvailableError(Exception):
    """Why a program cannot be had, in words for the person at the terminal."""


class AptError(Exception):
    """What apt complained of."""


def architecture(name: str) -> str:
    if not all(map(shutil.which, ("apt-get", "dpkg", "dpkg-deb"))):
        raise NotAvailableError(
            f"{name} is not installed. It can be downloaded automatically only on Debian and Ubuntu."
        )
    arch = subprocess.run(("dpkg", "--print-architecture"), capture_output=True, text=True, check=True).stdout.strip()
    if arch not in MULTIARCH:
        raise NotAvailableError(f"{name} can be downloaded for {' and '.join(MULTIARCH)} machines. This one is {arch}.")
    return arch


def loaded(tree: Path, arch: str, program: str, named: str) -> tuple[str, ...]:
    """The command that runs a program of that tree by the tree's own loader and libraries, under the name `named`."""
    libraries = tree / "usr/lib" / MULTIARCH[arch]
    loader = next(libraries.glob("ld-linux-*.so.*"), None)
    if loader is None:
        raise NotAvailableError(f"{tree} is incomplete. Delete it and start again.")
    return (str(loader), "--library-path", str(libraries), "--argv0", named, str(tree / program))


def fetch(
    target: Path, name: str, packages: Sequence[str], left_out: Sequence[str], runs: Callable[[Path], bool], say: Say
) -> None:
    """All or nothing: `target` appears complete or not at all. `left_out`: patterns of files that are not unpacked."""
    draft, work = (target.with_name(target.name + ending) for ending in (".new", ".apt"))
    try:
        for directory in (draft, work):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
        debs = download(Apt(work, architecture(name)), name, say, *packages)
        started = time.monotonic()
        for deb in debs:
            unpack(deb, draft, left_out)
        (draft / VERSIONS).write_text(lines_of(debs))
        if not runs(draft):
            raise NotAvailableError(f"The downloaded {name} does not run on this machine.")
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        say(f"{name}: unpacked in {time.monotonic() - started:.0f} s")
    finally:
        for directory in (draft, work):
            shutil.rmtree(directory, ignore_errors=True)


def add(target: Path, name: str, packages: Sequence[str], left_out: Sequence[str], say: Say) -> None:
    """More packages into a folder that is in use, without much patience. Raises NotAvailableError or OSError."""
    work = target.with_name(target.name + ".apt")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        debs = download(Apt(work, architecture(name), IMPATIENT), name, say, *packages)
        for deb in debs:
            unpack(deb, target, left_out)
        draft = work / VERSIONS
        draft.write_text((target / VERSIONS).read_text() + lines_of(debs))
        draft.replace(target / VERSIONS)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def lines_of(debs: Sequence[Path]) -> str:
    return "".join(f"{unquote(deb.stem)}\n" for deb in debs)


def mirror(name: str) -> str:
    """Where the host itself gets Debian from; on another system, where its list of mirrors says that Debian is."""
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages")
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    if not answer.stdout.strip():
        if KNOWN_MIRRORS.exists() and (usual := re.search(r"^BaseURI: (\S+)", KNOWN_MIRRORS.read_text(), re.MULTILINE)):
            return usual[1]
        raise NotAvailableError(
            f"This machine's apt has no Debian mirror to download {name} from. On Debian, try `apt-get update` first."
            " On Ubuntu, run apt install python-apt-common debian-archive-keyring and start again."
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


def download(apt: Apt, name: str, say: Say, *packages: str) -> list[Path]:
    """The packages and all that they need. The first gives the version that is told."""
    uri = mirror(name)
    if not KEYRING.exists():
        raise NotAvailableError(
            "Debian's signing keys are missing. Run apt install debian-archive-keyring and start again."
        )
    problem = ""
    for suite in SUITES:
        say(f"{name}: looking in Debian {suite}")
        try:
            return download_from(apt, uri, suite, name, say, *packages)
        except AptError as error:
            problem = str(error)
    raise NotAvailableError(f"{name} could not be downloaded. apt reported: {problem}")


def download_from(apt: Apt, uri: str, suite: str, name: str, say: Say, *packages: str) -> list[Path]:
    apt.use(uri, suite)
    update(apt, name, say)
    wanted = re.findall(r"^'\S+' (\S+) (\d+) ", apt.run("install", "--print-uris", *packages), re.MULTILINE)
    version = next((deb.split("_")[1] for deb, _ in wanted if deb.startswith(f"{packages[0]}_")), "")
    size = sum(int(size) for _, size in wanted) / 1e6
    say(f"{name} {re.sub(r'^[0-9]+%3a|[+~-].*', '', version)}: downloading {size:.0f} MB from {uri}")
    started = time.monotonic()
    apt.run("install", "--download-only", *packages)
    say(f"{name}: downloaded in {time.monotonic() - started:.0f} s")
    return sorted((apt.work / "cache/archives").glob("*.deb"))


def update(apt: Apt, name: str, say: Say) -> None:
    try:
        apt.run("update", "-o", "Acquire::Check-Valid-Until=true")
    except AptError as error:
        if "is expired" not in str(error):
            raise
        say(f"{name}: the mirror's package list has expired. Continuing without date check; signatures are verified")
        apt.run("update", "-o", "Acquire::Check-Valid-Until=false")


def unpack(deb: Path, into: Path, left_out: Sequence[str]) -> None:
    excluded = (f"--exclude=./{pattern}" for pattern in left_out)
    tar = ("tar", "-x", "-C", str(into), "--no-same-owner", "--no-same-permissions", *excluded)
    with subprocess.Popen(("dpkg-deb", "--fsys-tarfile", str(deb)), stdout=subprocess.PIPE) as contents:
        unpacked = subprocess.run(tar, stdin=contents.stdout, capture_output=True, text=True, check=False)
    if contents.returncode or unpacked.returncode:
        raise NotAvailableError(f"{deb.name} could not be unpacked. {unpacked.stderr.strip()}")
