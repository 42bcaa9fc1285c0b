"""An SSH server on this machine whose SFTP is OpenSSH's own program."""

import io
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paramiko import Channel, Ed25519Key, PKey, ServerInterface, Transport
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.sftp import CMD_DATA

from backup.copies.sftp import fingerprint

PROGRAM = "/usr/lib/openssh/sftp-server"
USER, PASSWORD = "portal", "a password of the server"


def make_private_key() -> str:
    """As OpenSSH keeps one."""
    openssh = serialization.PrivateFormat.OpenSSH
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, openssh, serialization.NoEncryption()).decode()


def make_key() -> Ed25519Key:
    return Ed25519Key.from_private_key(io.StringIO(make_private_key()))


class SftpServer:
    """Files are in `folder`. It lets in `authorized`, the public keys as of an authorized_keys file, and PASSWORD.

    `spoils`: the last byte of whatever is read is another.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host_key = make_key()
        self.authorized: set[str] = set()
        self.command = [PROGRAM, "-d", str(folder)]
        self.offers_sftp, self.spoils = True, False
        self.transports: list[Transport] = []

    def __enter__(self) -> Self:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listening.getsockname()[1])
        self.thread = Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()
        for each in self.transports:
            each.close()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.host_key)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                transport = Transport(connection)
                self.transports.append(transport)
                transport.add_server_key(self.host_key)
                with suppress(Exception):  # of somebody who has hung up
                    transport.start_server(server=Session(self))


class Session(ServerInterface):
    def __init__(self, server: SftpServer) -> None:
        self.server = server

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: PKey) -> int:
        shown = f"{key.get_name()} {key.get_base64()}"
        known = {" ".join(each.split()[:2]) for each in self.server.authorized}
        return AUTH_SUCCESSFUL if username == USER and shown in known else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: Channel, name: str) -> bool:
        if name != "sftp" or not self.server.offers_sftp:
            return False
        pipe = subprocess.PIPE
        program = subprocess.Popen(self.server.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        Thread(target=hand_in, args=(channel, program), daemon=True).start()
        Thread(target=hand_out, args=(channel, program, self.server), daemon=True).start()
        return True


def hand_in(channel: Channel, program: "subprocess.Popen[bytes]") -> None:
    assert program.stdin
    with suppress(OSError):
        while data := channel.recv(65536):
            program.stdin.write(data)
            program.stdin.flush()
    with suppress(OSError):
        program.stdin.close()


def hand_out(channel: Channel, program: "subprocess.Popen[bytes]", server: SftpServer) -> None:
    assert program.stdout
    with suppress(OSError):
        while length := program.stdout.read(4):
            packet = bytearray(program.stdout.read(int.from_bytes(length, "big")))
            if server.spoils and packet[0] == CMD_DATA:
                packet[-1] ^= 1
            channel.sendall(length + packet)
    program.stdout.close()
    program.wait()
    channel.close()
