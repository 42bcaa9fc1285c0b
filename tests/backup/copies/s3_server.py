"""A store that speaks S3 on this machine, and checks each request's signature as AWS describes version 4."""

import hashlib
import hmac
import re
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

KEY_ID, SECRET, REGION, BUCKET = "AKIDOFTHETEST", "a secret of the store", "eu-central-1", "backups"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request),"
    r" ?SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
Refusal = str | tuple[int, str]


class S3Server:
    """`objects`: of the one bucket. `refusals`: method -> the code that it is refused with, or status and code.

    `keeps`: no more of an object than its first bytes, so many.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.refusals: dict[str, Refusal] = {}
        self.keeps: int | None = None
        self.ids = count(1)

    def __enter__(self) -> Self:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (Request,), {"store": self}))
        self.endpoint = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


class Request(BaseHTTPRequestHandler):
    store: S3Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as it is called there)
        """Nothing."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        _, bucket, *rest = unquote(url.path).split("/")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if refusal := self.refused(url.path, url.query, body) or self.store.refusals.get(self.command):
            status, code = refusal if isinstance(refusal, tuple) else (403, refusal)
            self.give(status, xml("Error", Code=code, Message="as the test has it"))
        elif bucket != BUCKET:
            self.give(404, xml("Error", Code="NoSuchBucket"))
        else:
            getattr(self, f"on_{self.command.lower()}")("/".join(rest), query, body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def refused(self, path: str, query: str, body: bytes) -> Refusal:
        """What is wrong with the signature; "" where nothing is."""
        said = AUTHORIZATION.fullmatch(self.headers.get("Authorization", ""))
        if not said:
            return "AccessDenied"
        if said["key"] != KEY_ID:
            return "InvalidAccessKeyId"
        if said["region"] != REGION:
            return (400, "AuthorizationHeaderMalformed")
        digest = self.headers["x-amz-content-sha256"]
        if digest not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
            return (400, "XAmzContentSHA256Mismatch")
        names = said["headers"].split(";")
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        canonical = "\n".join([
            self.command,
            path,
            "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs),
            *(f"{name}:{' '.join(self.headers[name].split())}" for name in names),
            "",
            said["headers"],
            digest,
        ])  # fmt: skip
        moment = self.headers["x-amz-date"]
        text = f"AWS4-HMAC-SHA256\n{moment}\n{said['scope']}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{SECRET}".encode()
        for part in (*said["scope"].split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        return "" if hmac.compare_digest(key.hex(), said["signature"]) else "SignatureDoesNotMatch"

    def give(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", headers.pop("length", str(len(body))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def on_put(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploadId" in query:
            self.store.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.store.objects[key] = body[: self.store.keeps]
        self.give(200, ETag=f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')

    def on_post(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploads" in query:
            upload = f"upload-{next(self.store.ids)}"
            self.store.parts[upload] = {}
            self.give(200, xml("InitiateMultipartUploadResult", Bucket=BUCKET, Key=key, UploadId=upload))
            return
        parts = self.store.parts.pop(query["uploadId"])
        named = [int(each) for each in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        self.store.objects[key] = b"".join(parts[each] for each in named)[: self.store.keeps]
        self.give(200, xml("CompleteMultipartUploadResult", Bucket=BUCKET, Key=key, ETag="&quot;whole&quot;"))

    def on_get(self, key: str, query: dict[str, str], body: bytes) -> None:
        if key not in self.store.objects:
            self.give(404, xml("Error", Code="NoSuchKey"))
            return
        found = self.store.objects[key]
        now = formatdate(usegmt=True)
        self.give(200, found, length=str(len(found)), Last_Modified=now, ETag='"whole"', Accept_Ranges="bytes")

    on_head = on_get

    def on_delete(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploadId" in query:
            self.store.parts.pop(query["uploadId"], None)
        self.store.objects.pop(key, None)
        self.give(204)


def xml(name: str, **values: str) -> bytes:
    inside = "".join(f"<{key}>{value}</{key}>" for key, value in values.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inside}</{name}>'.encode()
