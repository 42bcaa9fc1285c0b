"""A program on 127.0.0.1 that says over AMI and ARI what Asterisk would, by the rows of the engine.

So all that is asked of Asterisk is tried without it: each word that it says may be another (`says`), each answer may be
a refusal (`refuses`). What the real one makes of the rows: tests/pbx.
"""

import json
import re
import sqlite3
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from asterisk.ami.protocol import Message, parse
from asterisk.engine import store as engine
from asterisk.engine.columns import EMERGENCY_VALUES, LOGIN_VALUES, MAILBOX_VALUES

FIELD = re.compile(r"REALTIME_FIELD\((\w+),(\w+),([^,]*),(\w+)\)")
ROW = re.compile(r"REALTIME\((\w+),(\w+),([^,]*),\x1e,\x1f\)")
EVENTS = ("EndpointDetail", "AuthDetail", "AorDetail")


class Manager:
    """`says`: a variable, or an event and its field -> the word in place of the engine's. `asked`: in its order."""

    def __init__(self, engine_file: Path) -> None:
        self.engine_file = engine_file
        self.says: dict[str | tuple[str, str], str] = {}
        self.refuses: dict[str, str] = {}  # action -> why
        self.contacts: dict[str, list[Message]] = {}  # number -> of those that are registered
        self.channels: list[Message] = []
        self.registrations: dict[str, Message] = {}  # trunk -> more of its registration
        self.asked: list[tuple[str, Message]] = []
        self.rest: list[tuple[str, str]] = []  # what was asked over HTTP: method and path
        self.rest_says: dict[str, tuple[int, Any]] = {}  # a part of a path -> status and body

    def named(self, *actions: str) -> list[tuple[str, Message]]:
        """What was asked of these, without the id of the question."""
        kept = [(action, {**headers}) for action, headers in self.asked if action in actions]
        for _, headers in kept:
            for name in ("Action", "ActionID"):
                headers.pop(name, None)
        return kept

    def answer(self, action: str, headers: Message) -> list[Message]:
        self.asked.append((action, headers))
        if action in self.refuses:
            return [{"Response": "Error", "Message": self.refuses[action]}]
        match action:
            case "Getvar":
                return [{"Response": "Success", "Value": self._value(headers["Variable"])}]
            case "PJSIPShowEndpoint":
                events = self._endpoint(headers["Endpoint"])
                return self._list(events) if events else [{"Response": "Error", "Message": "Unable to retrieve it"}]
            case "PJSIPShowRegistrationsOutbound":
                return self._list([{"Event": "OutboundRegistrationDetail", **each} for each in self._registrations()])
            case "PJSIPShowRegistrationInboundContactStatuses":
                return self._list([each for its in self.contacts.values() for each in its])
            case "CoreShowChannels":
                return self._list(self.channels)
            case "ShowDialPlan":
                lamp = {"Event": "ListDialplan", "Priority": "hint", "Extension": "_X.", "Application": self._lamp()}
                return self._list([lamp])
        return [{"Response": "Success", "Message": self.says.get(action, "")}]

    @staticmethod
    def _list(events: list[Message]) -> list[Message]:
        return [
            {"Response": "Success", "EventList": "start"},
            *events,
            {"Event": "ListComplete", "EventList": "Complete"},
        ]

    def _lamp(self) -> str:
        return self.says.get("hint", "PJSIP/${EXTEN}&Custom:${EXTEN}")

    def _value(self, variable: str) -> str:
        if variable in self.says:
            return self.says[variable]
        if found := FIELD.fullmatch(variable):
            family, key, value, name = found.groups()
            return self._row(family, key, value).get(name, "")
        if found := ROW.fullmatch(variable):
            return "\x1e".join(f"{name}\x1f{value}" for name, value in self._row(*found.groups()).items())
        return ""

    def _row(self, family: str, key: str, value: str) -> dict[str, str]:
        with closing(sqlite3.connect(self.engine_file)) as db:
            db.row_factory = sqlite3.Row
            table = "common" if family == "pbx_table" else family
            views = filter(None, (table, engine.NEXT.get(table)))
            asked = (db.execute(f'SELECT * FROM {view} WHERE "{key}" = ?', (value,)).fetchone() for view in views)
            found = next(filter(None, asked), None)
        row = {name: str(value) for name, value in dict(found or {}).items() if value is not None}
        return {name: self.says.get((family, name), text) for name, text in row.items()}

    def _endpoint(self, name: str) -> list[Message]:
        if name.startswith("trunk-"):
            return self._trunk(self._row("trunk", "id", name))
        with engine.opened(self.engine_file) as db:
            rows = engine.read(db, [name])[name]
        alone = rows.emergency_login
        if not (rows.login or alone):
            return []
        events: dict[str, Message] = {event: {"Event": event} for event in EVENTS}
        if alone:
            events["EndpointDetail"]["Context"] = "emergency-only"
        its: Any = (EMERGENCY_VALUES, alone) if alone else (LOGIN_VALUES, rows.login)
        values = [(value, its[1]) for value in its[0]]
        values += [(value, rows.mailbox) for value in MAILBOX_VALUES if rows.mailbox]
        for value, row in values:
            if value.thing in events:
                events[value.thing][value.name] = self.says.get((value.thing, value.name), value.wanted(row))
        return [*events.values(), *self.contacts.get(name, [])]

    def _trunk(self, row: dict[str, str]) -> list[Message]:
        endpoint = {
            "Context": "from-trunk",
            "IdentifyBy": "ip",
            "FromUser": row["username"] if row["registers"] == "1" else "",
        }
        aor, auth = {"Contacts": f"{row['id']}/{row['uri']}"}, {"Username": row["auth_name"]}
        events = {"EndpointDetail": endpoint, "AorDetail": aor, **({"AuthDetail": auth} if row["auth_name"] else {})}
        said = {
            event: {"Event": event, **{name: self.says.get((event, name), text) for name, text in fields.items()}}
            for event, fields in events.items()
        }
        return [*said.values(), *self.contacts.get(row["id"], [])]

    def _registrations(self) -> list[Message]:
        with closing(sqlite3.connect(self.engine_file)) as db:
            rows = db.execute("SELECT id, uri FROM trunk WHERE registers ORDER BY id").fetchall()
        return [{"ObjectName": name, "ServerUri": uri, **self.registrations.get(name, {})} for name, uri in rows]

    def answer_rest(self, method: str, path: str) -> tuple[int, Any]:
        self.rest.append((method, path))
        for part, answer in self.rest_says.items():
            if part in path:
                return answer
        if method == "DELETE":
            return 204, None
        return 200, [{"attribute": "uri", "value": "sip:1000@192.0.2.1"}]


class Ami(StreamRequestHandler):
    server: "AmiServer"

    def handle(self) -> None:
        self.wfile.write(b"Asterisk Call Manager/11.0.0\r\n")
        with suppress(OSError):
            while message := self._heard():
                for each in self.server.manager.answer(message["Action"], message):
                    lines = {"ActionID": message["ActionID"], **each}
                    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
                    self.wfile.write(f"{text}\r\n".encode())

    def _heard(self) -> Message:
        block = b""
        for line in self.rfile:
            if line == b"\r\n":
                return parse(block)
            block += line
        return {}


class AmiServer(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, manager: Manager) -> None:
        self.manager = manager
        super().__init__(("127.0.0.1", 0), Ami)


class Rest(BaseHTTPRequestHandler):
    server: "RestServer"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, said = self.server.manager.answer_rest(self.command, self.path)
        body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class RestServer(ThreadingHTTPServer):
    def __init__(self, manager: Manager) -> None:
        self.manager = manager
        super().__init__(("127.0.0.1", 0), Rest)


def serve(server: AmiServer | RestServer) -> int:
    """The port."""
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return int(server.server_address[1])
