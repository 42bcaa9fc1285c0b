"""An installation in a folder, by its commands."""

import os
import subprocess
import sys
from pathlib import Path

from tests.browser.command import ROOT


class Portal:
    """An installation that is not running."""

    def __init__(self, var: Path, url: str = "") -> None:
        self.var, self.url = var, url

    @property
    def environment(self) -> dict[str, str]:
        env = {**os.environ, "PBXPORTAL_VAR": str(self.var), "DJANGO_SETTINGS_MODULE": "pbxportal.settings"}
        env.pop("DATABASE_URL", None)
        return env | ({"DATABASE_URL": self.url} if self.url else {})

    def manage(self, *arguments: str, code: int = 0) -> str:
        program = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(program, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        program = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(program, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)

    def shell(self, script: str) -> str:
        return self.manage("shell", "-v", "0", "-c", script)
