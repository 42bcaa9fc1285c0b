"""What Asterisk writes of strangers is bounded while it runs."""

from functools import partial
from pathlib import Path

import pytest
from django.conf import settings

from asterisk.live import block_files
from asterisk.nodes import from_settings
from asterisk.process import refused_lines
from asterisk.process.embedded import Embedded
from asterisk.process.refused_lines import RefusedLines
from pbxportal import supervisor
from tests.pbx.office import Office, eventually


def test_asterisks_logs_stay_small_while_it_runs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 5_000)
    logs = settings.ASTERISK_DIR / "log"
    stranger = office.phone(office.extension(), number="4711", password="wrong")
    for _ in range(5):
        for _ in range(5):
            stranger.register()
        assert eventually(lambda: small(logs))  # Asterisk may still be writing what it has seen
        assert (logs / "security.log").exists()
    stranger.register()
    security = logs / "security.log"
    assert eventually(lambda: b"InvalidAccountID" in security.read_bytes())
    assert not security.read_bytes().startswith(b"\0")
    assert (logs / "security.log.1").exists()


def small(logs: Path) -> bool:
    supervisor.keep_small(logs)
    return max(supervisor.size(log) for log in logs.glob("*.log")) <= supervisor.LARGEST_LOG


def test_refused_packets_are_not_in_the_logs_and_all_else_is(office: Office) -> None:
    logs = settings.ASTERISK_DIR / "log"
    files = [logs / name for name in refused_lines.FILES]
    node, blocked = from_settings(), block_files.blocked(["127.66.0.9"])
    look = RefusedLines(logs)
    look()
    try:
        block_files.write(node, block_files.BLOCKED, blocked)
        block_files.reload(node, [block_files.BLOCKED])
        attacker = office.phone(office.extension(), host="127.66.0.9")
        assert [attacker.register() for _ in range(20)] == [403] * 20
        assert all(eventually(partial(mentions, log, 20)) for log in files)
        before = {log: kept(log) for log in files}
        look()
        assert {log: log.read_bytes().splitlines() for log in files} == before
        assert attacker.register() == 403
        stranger = office.phone(office.extension(), number="4711", password="wrong")
        assert stranger.register() == 401
        assert eventually(lambda: b"'<sip:4711@" in files[0].read_bytes())
        look()
        assert b"127.66.0.9" not in files[0].read_bytes()
        assert b"'<sip:4711@" in files[0].read_bytes()
    finally:
        block_files.write(node, block_files.BLOCKED, "")
        block_files.reload(node, [block_files.BLOCKED])


def mentions(log: Path, times: int) -> bool:
    return log.read_bytes().count(b"127.66.0.9") >= times


def kept(log: Path) -> list[bytes]:
    return [line for line in log.read_bytes().splitlines() if b"127.66.0.9" not in line]


def test_all_that_asterisk_writes_is_looked_after(asterisk: Embedded) -> None:
    written = {path.name for path in (settings.ASTERISK_DIR / "log").iterdir()}
    assert {name for name in written if not name.endswith((".log", ".log.1"))} == set()
