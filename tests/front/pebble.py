"""A certificate authority of the test's own, which speaks ACME, and a name server: all names lead to one place."""

import json
import ssl
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates import authority, made
from tests.pbx.office import eventually
from tests.settings import free_port

SECONDS = 30
GET = """
import ssl, sys, urllib.request
url, root = sys.argv[1:]
with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=root), timeout=30) as answer:
    print(answer.read().decode())
"""


class Pebble:
    """It asks for proof at the two ports, which stand for 443 and 80, and signs for so many seconds.

    `inside`: what is put before its commands, where it is at an address elsewhere. `found_at`: where all names lead to.
    """

    def __init__(
        self, folder: Path, tls_port: int, plain_port: int = 0, valid_seconds: int = 3600,
        inside: Sequence[str] = (), address: str = "127.0.0.1", found_at: str = "127.0.0.1",
    ) -> None:  # fmt: skip
        self.folder, (self.port, self.management, self.dns) = folder, (free_port() for _ in range(3))
        self.inside, self.address = inside, address
        chain, key = made("localhost", address)
        (folder / "chain.pem").write_bytes(chain)
        (folder / "key.pem").write_bytes(key)
        self.root = folder / "root.pem"  # of the authority's own HTTPS
        self.root.write_bytes(authority()[0].public_bytes(Encoding.PEM))
        said = {
            "listenAddress": f"{address}:{self.port}",
            "managementListenAddress": f"{address}:{self.management}",
            "certificate": str(folder / "chain.pem"),
            "privateKey": str(folder / "key.pem"),
            "httpPort": plain_port or int(free_port()),
            "tlsPort": tls_port,
            "certificateValidityPeriod": valid_seconds,
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": said}))
        self.programs = [
            ["pebble-challtestsrv", "-defaultIPv4", found_at, "-defaultIPv6", "", "-dns01", f"127.0.0.1:{self.dns}",
             "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{free_port()}"],
            ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{self.dns}"],
        ]  # fmt: skip

    @property
    def directory(self) -> str:
        return f"https://{self.address}:{self.port}/dir"

    def __enter__(self) -> Self:
        self.stack = ExitStack()
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PATH": "/usr/bin"}
        for program in self.programs:
            log = self.stack.enter_context((self.folder / f"{program[0]}.log").open("wb"))
            command = [*self.inside, *program]
            process = self.stack.enter_context(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            self.stack.callback(process.kill)
        assert eventually(self._answers, SECONDS), (self.folder / "pebble.log").read_text()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """May be called twice."""
        self.stack.close()

    def _answers(self) -> bool:
        return bool(self._get(self.directory))

    def _get(self, url: str) -> str:
        """ "" where nothing answers."""
        command = [*self.inside, sys.executable, "-c", GET, url, str(self.root)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def signer(self) -> str:
        """The root of all that it signs, as PEM."""
        return self._get(f"https://{self.address}:{self.management}/roots/0")

    def trust(self) -> ssl.SSLContext:
        """Whoever trusts what this authority signs, and nothing else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.signer())
        return context
