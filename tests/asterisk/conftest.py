import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from asterisk.engine import store as engine
from asterisk.live import store as live
from tests.asterisk.manager import AmiServer, Manager, RestServer, serve


@pytest.fixture(scope="session")
def empty_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "engine.sqlite3"
    engine.prepare(path)
    return path


@pytest.fixture
def manager(settings: Settings, tmp_path: Path, empty_engine: Path) -> Iterator[Manager]:
    """What stands in for Asterisk, with files of its own; the settings lead to it."""
    settings.ASTERISK_DIR = tmp_path
    settings.ENGINE_FILE, settings.LIVE_FILE = tmp_path / "engine.sqlite3", tmp_path / "live.sqlite3"
    shutil.copy(empty_engine, settings.ENGINE_FILE)
    live.prepare(settings.LIVE_FILE)
    manager = Manager(settings.ENGINE_FILE)
    with AmiServer(manager) as ami, RestServer(manager) as rest:
        settings.AMI_PORT, settings.ARI_PORT = serve(ami), serve(rest)
        yield manager
        ami.shutdown()
        rest.shutdown()
