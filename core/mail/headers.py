"""What people have typed in the header of a mail: it stays text, whichever Python writes it."""

from email.header import Header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from typing import Any

ENCODED_WORD = "=?"


class HeaderError(ValueError):
    """The header of the written mail is not the one that was composed."""


def plain(text: str) -> str:
    """Without the beginning of an encoded word: some versions of Python decode those, and write line breaks from it."""
    while ENCODED_WORD in text:
        text = text.replace(ENCODED_WORD, "= ?")
    return text


class EncodedNames(EmailPolicy):
    """Writes the name before an address always as encoded words, so that nobody reads anything else in it."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        addresses = getattr(value, "addresses", None)
        if not addresses:
            return super().fold_binary(name, value)
        text = ", ".join(_mailbox(name, each.display_name, each.addr_spec) for each in addresses)
        return f"{name}: {text}\r\n".encode()


def _mailbox(header: str, name: str, address: str) -> str:
    if not name:
        return address
    words = Header(name, "utf-8", header_name=header).encode(linesep="\r\n")
    return f"{words}\r\n <{address}>"


def verify(mail: EmailMessage, content: bytes) -> None:
    """Raises HeaderError where who reads the written mail finds other headers than those that it was given."""
    read = BytesHeaderParser().parsebytes(content)
    if [each.lower() for each in read] != [each.lower() for each in mail]:
        raise HeaderError("The mail would have other headers than it was given.")
