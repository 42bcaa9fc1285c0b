"""What to type where, in the words of common phones' own pages. `GUIDES` is the one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class What(Enum):
    """A value, by its name in what the portal tells of a phone's settings."""

    SERVER = "server"
    SERVER_AND_PORT = "server_and_port"
    PORT = "port"
    NUMBER = "user_name"
    SIGN_IN_NAME = "authentication_name"
    PASSWORD = "password"  # noqa: S105 (the name of a field)
    NAME = "name"
    TRANSPORT = "transport"
    OUTBOUND = "outbound"  # the server with the transport, as a URI


@dataclass(frozen=True)
class Guide:
    """`where`: the page of the phone; `fields`: what it calls each value, in its order; `switches`: what to turn on."""

    key: str
    name: str
    where: str
    fields: tuple[tuple[str, What], ...]
    switches: tuple[tuple[str, str], ...] = ()
    takes_code: bool = False


@dataclass(frozen=True)
class Line:
    """One thing to type. `is_password`: what is shown only to who reveals it."""

    label: str
    value: str
    id: str
    is_password: bool = False


GUIDES = (
    Guide(
        "yealink",
        "Yealink",
        "Account > Register",
        (
            ("Display Name", What.NAME),
            ("Register Name", What.SIGN_IN_NAME),
            ("User Name", What.NUMBER),
            ("Password", What.PASSWORD),
            ("SIP Server 1: Server Host", What.SERVER),
            ("SIP Server 1: Port", What.PORT),
            ("SIP Server 1: Transport", What.TRANSPORT),
        ),
        (("Line Active", "Enabled"),),
    ),
    Guide(
        "grandstream",
        "Grandstream",
        "Accounts > Account 1 > General Settings",
        (
            ("SIP Server", What.SERVER_AND_PORT),
            ("SIP User ID", What.NUMBER),
            ("SIP Authentication ID", What.SIGN_IN_NAME),
            ("SIP Authentication Password", What.PASSWORD),
            ("Name", What.NAME),
            ("SIP Settings > Basic Settings: SIP Transport", What.TRANSPORT),
        ),
        (("Account Active", "Yes"),),
    ),
    Guide(
        "snom",
        "Snom",
        "Setup > Identity 1 > Login",
        (
            ("Displayname", What.NAME),
            ("Account", What.NUMBER),
            ("Password", What.PASSWORD),
            ("Registrar", What.SERVER_AND_PORT),
            ("Authentication Username", What.SIGN_IN_NAME),
            ("Outbound Proxy", What.OUTBOUND),
        ),
        (("Identity active", "on"),),
    ),
    Guide(
        "fanvil",
        "Fanvil",
        "Line > SIP",
        (
            ("Username", What.NUMBER),
            ("Display name", What.NAME),
            ("Authentication User", What.SIGN_IN_NAME),
            ("Authentication Password", What.PASSWORD),
            ("SIP Server 1: Server Address", What.SERVER),
            ("SIP Server 1: Server Port", What.PORT),
            ("SIP Server 1: Transport Protocol", What.TRANSPORT),
        ),
        (("Activate", "on"),),
    ),
    Guide(
        "cisco-spa",
        "Cisco SPA",
        "Admin Login > advanced > Voice > Ext 1",
        (
            ("Proxy", What.SERVER_AND_PORT),
            ("Display Name", What.NAME),
            ("User ID", What.NUMBER),
            ("Password", What.PASSWORD),
            ("Auth ID", What.SIGN_IN_NAME),
            ("SIP Transport", What.TRANSPORT),
        ),
        (("Line Enable", "yes"), ("Register", "yes"), ("Use Auth ID", "yes")),
    ),
    Guide(
        "cisco-mpp",
        "Cisco MPP",
        "Admin Login > advanced > Voice > Ext 1",
        (
            ("Proxy", What.SERVER_AND_PORT),
            ("Display Name", What.NAME),
            ("User ID", What.NUMBER),
            ("Password", What.PASSWORD),
            ("Auth ID", What.SIGN_IN_NAME),
            ("SIP Transport", What.TRANSPORT),
        ),
        (("Line Enable", "Yes"), ("Register", "Yes")),
    ),
    Guide(
        "poly",
        "Poly",
        "Simple Setup",
        (
            ("SIP Server: Address", What.SERVER),
            ("SIP Server: Port", What.PORT),
            ("SIP Line Identification: Display Name", What.NAME),
            ("SIP Line Identification: Address", What.NUMBER),
            ("SIP Line Identification: Authentication User ID", What.SIGN_IN_NAME),
            ("SIP Line Identification: Authentication Password", What.PASSWORD),
            ("Settings > Lines > Line 1 > Server 1: Transport", What.TRANSPORT),
        ),
    ),
    Guide(
        "wave",
        "Grandstream Wave",
        "Settings > Account Settings > + > SIP Account",
        (
            ("Account Name", What.NUMBER),
            ("SIP Server", What.SERVER_AND_PORT),
            ("SIP User ID", What.NUMBER),
            ("SIP Authentication ID", What.SIGN_IN_NAME),
            ("Password", What.PASSWORD),
            ("Display Name", What.NAME),
            ("SIP Transport", What.TRANSPORT),
        ),
        takes_code=True,
    ),
    Guide(
        "groundwire",
        "Groundwire",
        "Settings > Accounts > + > Generic SIP Account",
        (
            ("Username", What.NUMBER),
            ("Password", What.PASSWORD),
            ("Domain", What.SERVER_AND_PORT),
            ("Display Name", What.NAME),
            ("Advanced Settings: Auth Username", What.SIGN_IN_NAME),
            ("Advanced Settings: Transport Protocol", What.TRANSPORT),
        ),
    ),
    Guide(
        "linphone",
        "Linphone",
        "Third-party SIP account",
        (
            ("Username", What.NUMBER),
            ("Password", What.PASSWORD),
            ("Domain", What.SERVER_AND_PORT),
            ("Display name", What.NAME),
            ("Advanced settings: Authentication ID", What.SIGN_IN_NAME),
            ("Transport", What.TRANSPORT),
        ),
    ),
    Guide(
        "microsip",
        "MicroSIP",
        "Menu > Add Account",
        (
            ("SIP Server", What.SERVER_AND_PORT),
            ("Username", What.NUMBER),
            ("Domain", What.SERVER_AND_PORT),
            ("Login", What.SIGN_IN_NAME),
            ("Password", What.PASSWORD),
            ("Display Name", What.NAME),
            ("Transport", What.TRANSPORT),
        ),
    ),
    Guide(
        "zoiper",
        "Zoiper",
        "Settings > Accounts > Add account",
        (
            ("Username", What.NUMBER),
            ("Password", What.PASSWORD),
            ("Hostname or provider", What.SERVER_AND_PORT),
            ("Authentication username", What.SIGN_IN_NAME),
            ("Transport", What.TRANSPORT),
        ),
    ),
)
USUAL_PORT = "5060"
PARAMETERS = {"TLS": "tls", "TCP": "tcp"}  # of a URI; UDP otherwise


def find(key: str) -> Guide | None:
    return next((guide for guide in GUIDES if guide.key == key), None)


def server_and_port(server: str, port: str) -> str:
    """As one field takes them; the usual port needs no word."""
    return server if port == USUAL_PORT else f"{_in_brackets(server)}:{port}"


def _in_brackets(server: str) -> str:
    """Where more follows an IPv6 address, or it stands in a URI."""
    return f"[{server}]" if ":" in server and not server.startswith("[") else server


def lines(guide: Guide, values: Mapping[str, object]) -> list[Line]:
    texts = {name: str(value) for name, value in values.items()}
    texts["server_and_port"] = server_and_port(texts["server"], texts["port"])
    at = server_and_port(_in_brackets(texts["server"]), texts["port"])
    texts["outbound"] = f"sip:{at};transport={PARAMETERS.get(texts['transport'], 'udp')}"
    return [
        Line(label, texts.get(what.value, ""), f"guide-{at}", what is What.PASSWORD)
        for at, (label, what) in enumerate(guide.fields)
    ]
