"""The container: built by its Containerfile in an empty root, well, and stopped."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

from tests.browser.command import LISTENERS, ROOT
from tests.pbxportal.service.container import Container, Image
from tests.settings import free_port

START_SECONDS = 300  # the health check's own start period: Asterisk and the front server are fetched meanwhile


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    image = Image(tmp_path_factory.mktemp("image") / "root", ROOT)
    image.build()
    yield image
    shutil.rmtree(image.root)


def test_what_is_built_runs_as_its_own_user_is_well_and_stops(image: Image, tmp_path: Path) -> None:
    ports = {name: free_port() for name in LISTENERS}
    first = 40_000 + os.getpid() % 100 * 100
    more = {
        **ports,
        "PORTAL_BIND": f"127.0.0.1:{ports['PORTAL_BIND']}",
        "RTP_FIRST": str(first),
        "RTP_LAST": str(first + 98),
    }
    container = Container(image, tmp_path / "log", more)
    until = time.monotonic() + START_SECONDS
    while not container.is_well():
        assert container.process.poll() is None, container.log.read_text()[-3000:]
        assert time.monotonic() < until, container.log.read_text()[-3000:]
        time.sleep(1)
    with closing(HTTPConnection("127.0.0.1", int(ports["PORTAL_BIND"]), timeout=20)) as page:
        page.request("GET", "/health/")
        answer = page.getresponse()
        answer.read()
    assert answer.status == 200
    kept = image.root / image.volumes[0].lstrip("/")
    assert (kept / "portal.sqlite3").stat().st_uid not in (0, os.getuid())
    assert container.stop() == 0, container.log.read_text()[-3000:]


def test_compose_keeps_what_the_container_keeps(image: Image) -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["pbxportal"]
    assert [each.partition(":")[2] for each in service["volumes"]] == image.volumes
