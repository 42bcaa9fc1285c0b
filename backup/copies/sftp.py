"""A folder of a server, over SFTP."""

import hmac
import io
import logging
import posixpath
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from paramiko import AuthenticationException, Ed25519Key, PKey, SFTPClient, SSHException, Transport

from backup.copies.far_end import CopyError, UnknownHostKey
from core.coded_text import CodedText
from core.outgoing import OutgoingError, reachable

CONNECT_SECONDS = 10.0
STALLED_SECONDS = 60.0  # without a word of the server
TRIAL = ".pbxportal-test"

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what it tells is raised as well, and said in our words


def fingerprint(key: PKey) -> str:
    """As ssh-keygen -l shows it."""
    return "SHA256:" + b64encode(sha256(key.asbytes()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class Sftp:
    """`password`: "" where `key`, a private one, signs in. `folder`: "" for where one is after signing in."""

    host: str
    port: int
    user: str
    folder: str
    host_key: str
    password: str = field(repr=False)
    key: str = field(repr=False)

    def send(self, path: Path) -> None:
        with self._opened() as there:
            draft = self._path(f".{path.name}.part")
            try:
                there.put(str(path), draft)  # which compares the sizes
                self._rename(there, draft, self._path(path.name))
            except BaseException:
                with suppress(OSError, SSHException, EOFError):
                    there.remove(draft)
                raise

    def remove(self, name: str) -> None:
        with self._opened() as there, suppress(FileNotFoundError):
            there.remove(self._path(name))

    def try_out(self) -> None:
        written = token_bytes(1000)
        with self._opened() as there:
            path = self._path(TRIAL)
            there.putfo(io.BytesIO(written), path)
            found = io.BytesIO()
            there.getfo(path, found)
            there.remove(path)
        if found.getvalue() != written:
            raise CopyError(CodedText("copy.other_content"))

    def _path(self, name: str) -> str:
        return posixpath.join(self.folder, name)

    def _rename(self, there: SFTPClient, draft: str, path: str) -> None:
        """Over one that is there, also where the server knows only how to rename to what is not."""
        try:
            there.posix_rename(draft, path)
        except OSError:
            with suppress(FileNotFoundError):
                there.remove(path)
            there.rename(draft, path)

    @contextmanager
    def _opened(self) -> Iterator[SFTPClient]:
        try:
            with self._connected() as transport:
                client = self._client(transport)
                if self.folder:
                    self._look_for_folder(client)
                yield client
        except OutgoingError as error:
            raise CopyError(*error.args) from error
        except AuthenticationException as error:
            raise CopyError(CodedText("copy.not_let_in", user=self.user)) from error
        except PermissionError as error:
            raise CopyError(CodedText("copy.not_writable", folder=self.folder or ".")) from error
        except TimeoutError as error:
            raise CopyError(CodedText("copy.no_answer", host=self.host)) from error
        except EOFError as error:
            raise CopyError(CodedText("copy.broke")) from error
        except socket.gaierror as error:
            raise CopyError(CodedText("outgoing.no_address", host=self.host)) from error
        except (SSHException, OSError) as error:
            why = getattr(error, "strerror", None) or str(error).rstrip(".")
            broke = "closed" in why  # as paramiko has it
            raise CopyError(CodedText("copy.broke") if broke else CodedText("copy.failed", why=why)) from error

    def _client(self, transport: Transport) -> SFTPClient:
        try:
            client = SFTPClient.from_transport(transport)
        except SSHException as error:
            raise CopyError(CodedText("copy.no_sftp")) from error
        if client is None:
            raise CopyError(CodedText("copy.no_sftp"))
        if channel := client.get_channel():
            channel.settimeout(STALLED_SECONDS)
        return client

    def _look_for_folder(self, client: SFTPClient) -> None:
        try:
            client.stat(self.folder)
        except FileNotFoundError as error:
            raise CopyError(CodedText("copy.no_folder", folder=self.folder)) from error

    @contextmanager
    def _connected(self) -> Iterator[Transport]:
        address = reachable(self.host, self.port, encrypted=True)
        transport = Transport(socket.create_connection((address, self.port), CONNECT_SECONDS))
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = CONNECT_SECONDS
        try:
            transport.start_client(timeout=CONNECT_SECONDS)
            self._check_host_key(fingerprint(transport.get_remote_server_key()))
            if self.password:
                transport.auth_password(self.user, self.password)
            else:
                transport.auth_publickey(self.user, Ed25519Key.from_private_key(io.StringIO(self.key)))
            yield transport
        finally:
            transport.close()

    def _check_host_key(self, shown: str) -> None:
        if not hmac.compare_digest(shown.encode(), self.host_key.encode()):
            raise UnknownHostKey("copy.other_host_key" if self.host_key else "copy.new_host_key", shown)
