"""A bucket, by the interface of Amazon S3."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from backup.copies.far_end import CopyError
from core.coded_text import CodedText
from core.outgoing import OutgoingError, reachable

CONNECT = timedelta(seconds=10)
REQUEST = timedelta(minutes=5)  # for one part of a file, over a slow line too
TRIAL_REQUEST = timedelta(seconds=15)
PART = 8_000_000  # bytes
MOST_PARTS = 9_000  # S3 takes 10,000
AT_ONCE = 2
TRIAL = "pbxportal-test"
CODE = re.compile(r"<Code>(?P<code>[A-Za-z]{1,60})</Code>")


@dataclass(frozen=True)
class S3:
    """`endpoint`: https://, or http:// on a private network. `folder`: before each name; may be empty."""

    endpoint: str
    region: str
    bucket: str
    folder: str
    key_id: str
    secret: str = field(repr=False)

    def send(self, path: Path) -> None:
        size = path.stat().st_size
        with self._words():
            store = self._store(REQUEST, retries=3)
            part = max(PART, size // MOST_PARTS + 1)
            obstore.put(store, self._key(path.name), path, chunk_size=part, max_concurrency=AT_ONCE)
            if obstore.head(store, self._key(path.name))["size"] != size:
                raise CopyError(CodedText("copy.other_content"))

    def remove(self, name: str) -> None:
        with self._words(), suppress(FileNotFoundError):
            obstore.delete(self._store(REQUEST, retries=3), self._key(name))

    def try_out(self) -> None:
        written = token_bytes(1000)
        with self._words():
            store = self._store(TRIAL_REQUEST, retries=0)
            obstore.put(store, self._key(TRIAL), written, use_multipart=False)
            found = obstore.get(store, self._key(TRIAL)).bytes().to_bytes()
            obstore.delete(store, self._key(TRIAL))
        if found != written:
            raise CopyError(CodedText("copy.other_content"))

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def _store(self, request: timedelta, *, retries: int) -> S3Store:
        """Raises OSError, and OutgoingError."""
        url = urlsplit(self.endpoint)
        encrypted = url.scheme == "https"
        reachable(url.hostname or "", url.port or (443 if encrypted else 80), encrypted=encrypted)
        return S3Store(
            self.bucket,
            endpoint=self.endpoint,
            region=self.region,
            access_key_id=self.key_id,
            secret_access_key=self.secret,
            virtual_hosted_style_request=False,
            disable_bulk_delete=True,
            client_options={"allow_http": not encrypted, "connect_timeout": CONNECT, "timeout": request},
            retry_config={"max_retries": retries, "retry_timeout": timedelta(minutes=2)},
        )

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except OutgoingError as error:
            raise CopyError(*error.args) from error
        except socket.gaierror as error:
            host = urlsplit(self.endpoint).hostname
            raise CopyError(CodedText("outgoing.no_address", host=host)) from error
        except (BaseError, OSError) as error:
            raise CopyError(self._why(error)) from error

    def _why(self, error: Exception) -> CodedText:
        """In our words where its answer has a code of S3's; nothing else of the answer is shown."""
        found = CODE.search(str(error))
        code = found["code"] if found else ""
        if code == "NoSuchBucket":
            return CodedText("copy.no_bucket", bucket=self.bucket)
        if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch") or isinstance(error, UnauthenticatedError):
            return CodedText("copy.wrong_key")
        if isinstance(error, PermissionDeniedError):
            return CodedText("copy.not_allowed", bucket=self.bucket)
        if code in ("AuthorizationHeaderMalformed", "PermanentRedirect"):
            return CodedText("copy.wrong_region", region=self.region)
        if code:
            return CodedText("copy.failed", why=code)
        host = urlsplit(self.endpoint).hostname
        if "status code" in str(error):
            return CodedText("copy.no_s3", host=host)
        if "InvalidCertificate" in str(error):
            return CodedText("copy.certificate", host=host)
        return CodedText("copy.no_answer", host=host)
