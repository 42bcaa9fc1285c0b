"""A certificate authority of the test's own, which speaks ACME, and a name server that leads every name here."""

import json
import ssl
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates import authority, made
from tests.pbx.office import eventually
from tests.settings import free_port

SECONDS = 30


class Pebble:
    """It asks for proof at the two ports, which stand for 443 and 80, and signs for so many seconds."""

    def __init__(self, folder: Path, tls_port: int, plain_port: int = 0, valid_seconds: int = 3600) -> None:
        self.folder, (self.port, self.management, self.dns) = folder, (free_port() for _ in range(3))
        chain, key = made("localhost")
        (folder / "chain.pem").write_bytes(chain)
        (folder / "key.pem").write_bytes(key)
        self.root = folder / "root.pem"  # of the authority's own HTTPS
        self.root.write_bytes(authority()[0].public_bytes(Encoding.PEM))
        said = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(folder / "chain.pem"),
            "privateKey": str(folder / "key.pem"),
            "httpPort": plain_port or int(free_port()),
            "tlsPort": tls_port,
            "certificateValidityPeriod": valid_seconds,
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": said}))
        self.programs = [
            ["pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{self.dns}",
             "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{free_port()}"],
            ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{self.dns}"],
        ]  # fmt: skip

    @property
    def directory(self) -> str:
        return f"https://127.0.0.1:{self.port}/dir"

    def __enter__(self) -> Self:
        self.stack = ExitStack()
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PATH": "/usr/bin"}
        for program in self.programs:
            log = self.stack.enter_context((self.folder / f"{program[0]}.log").open("wb"))
            process = self.stack.enter_context(subprocess.Popen(program, env=environment, stdout=log, stderr=log))
            self.stack.callback(process.kill)
        assert eventually(self._answers, SECONDS), (self.folder / "pebble.log").read_text()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def _answers(self) -> bool:
        try:
            self._get(self.directory)
        except OSError:
            return False
        return True

    def _get(self, url: str) -> bytes:
        with urlopen(url, context=ssl.create_default_context(cafile=str(self.root)), timeout=SECONDS) as answer:  # noqa: S310
            found: bytes = answer.read()
        return found

    def trust(self) -> ssl.SSLContext:
        """Whoever trusts what this authority signs, and nothing else."""
        root = self._get(f"https://127.0.0.1:{self.management}/roots/0").decode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=root)
        return context
