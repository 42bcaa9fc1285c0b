import ssl
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from asterisk.process.fetch import Program
from tests import certificates
from tests.trunks.provider import Provider


@pytest.fixture(scope="session")
def running_provider(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    provider = Provider(program, tmp_path_factory.mktemp("provider"))
    provider.start()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running_provider: Provider) -> Iterator[Provider]:
    """A telephone company that knows its customers, and nothing of an earlier test but who is registered."""
    running_provider.begin_anew()
    yield running_provider
    running_provider.begin_anew()


@pytest.fixture
def trust() -> ssl.SSLContext:
    """Knows the authority of tests."""
    authority, _ = certificates.authority()
    return ssl.create_default_context(cadata=authority.public_bytes(Encoding.PEM).decode())
