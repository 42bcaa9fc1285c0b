"""Where an installed portal lives. Without Django, and without any package: the installer runs before there are any."""

from dataclasses import dataclass
from pathlib import Path

USER = "pbxportal"
PREPARE, PBX, PORTAL, TARGET = UNITS = (
    "pbxportal-prepare.service",
    "pbxportal-pbx.service",
    "pbxportal.service",
    "pbxportal.target",
)


@dataclass(frozen=True)
class Places:
    """`root`: of the file system; another than / for tests."""

    root: Path = Path("/")

    @property
    def code(self) -> Path:
        """Nothing in it is the service's own: who breaks into it cannot change what runs next."""
        return self.root / "opt/pbxportal"

    @property
    def releases(self) -> Path:
        return self.code / "releases"

    @property
    def current(self) -> Path:
        """A link to the release that runs."""
        return self.code / "current"

    @property
    def data(self) -> Path:
        return self.root / "var/lib/pbxportal"

    @property
    def settings(self) -> Path:
        return self.root / "etc/pbxportal/pbxportal.env"

    @property
    def units(self) -> Path:
        return self.root / "etc/systemd/system"

    @property
    def command(self) -> Path:
        return self.root / "usr/local/bin/pbxportal"
