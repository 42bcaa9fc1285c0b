"""What Asterisk writes of strangers is bounded while it runs."""

import pytest
from django.conf import settings

from asterisk.process.embedded import Embedded
from pbxportal import supervisor
from tests.pbx.office import Office, eventually


def test_asterisks_logs_stay_small_while_it_runs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 5_000)
    logs = settings.ASTERISK_DIR / "log"
    stranger = office.phone(office.extension(), number="4711", password="wrong")
    for _ in range(5):
        for _ in range(5):
            stranger.register()
        supervisor.keep_small(logs)
        sizes = {log.name: supervisor.size(log) for log in logs.glob("*.log")}
        assert "security.log" in sizes
        assert max(sizes.values()) <= supervisor.LARGEST_LOG
    stranger.register()
    security = logs / "security.log"
    assert eventually(lambda: b"InvalidAccountID" in security.read_bytes())
    assert not security.read_bytes().startswith(b"\0")
    assert (logs / "security.log.1").exists()


def test_all_that_asterisk_writes_is_looked_after(asterisk: Embedded) -> None:
    written = {path.name for path in (settings.ASTERISK_DIR / "log").iterdir()}
    assert {name for name in written if not name.endswith((".log", ".log.1"))} == set()
