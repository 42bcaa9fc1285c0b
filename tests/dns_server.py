"""A name server for tests: it knows the records that it was given, and says of every other name that there is none."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Records = dict[tuple[str, str], list[str]]  # name and type -> texts of the records


@contextmanager
def serving(records: Records, host: str = "127.0.0.1") -> Iterator[int]:
    """Gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((host, 0))
        thread = Thread(target=_serve, args=(door, records), daemon=True)
        thread.start()
        port: int = door.getsockname()[1]
        yield port
        door.sendto(b"", (host, port))  # so that it looks up
        thread.join()


def _serve(door: socket.socket, records: Records) -> None:
    while True:
        asked, sender = door.recvfrom(4096)
        if not asked:
            return
        door.sendto(_answer(dns.message.from_wire(asked), records).to_wire(), sender)


def _answer(query: dns.message.Message, records: Records) -> dns.message.Message:
    answer = dns.message.make_response(query, recursion_available=True)
    for question in query.question:
        name = question.name.to_text().rstrip(".").lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        if texts := records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
            continue
        soa = "ns.example.com. admin.example.com. 1 3600 600 86400 60"
        answer.authority.append(dns.rrset.from_text("example.com.", 60, "IN", "SOA", soa))
        if not any(f".{known}".endswith(f".{name}") for known, _ in records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
