"""From a snapshot to the rows that Asterisk reads. Pure: the same snapshot gives the same rows."""

from dataclasses import dataclass, replace

from asterisk.engine.columns import (
    RING_SECONDS,
    Dial,
    Disabled,
    EmergencyLogin,
    Extension,
    HandOver,
    Login,
    Mailbox,
    Row,
    columns,
    sources,
)

CHECKS = {
    kind: [(name, each.field_name, each.fits) for name, each in sources(kind).items()]
    for kind in (Extension, Disabled, HandOver)
}
LOGIN = [column.made_from for column in columns(Login).values()]
DIAL = [column.made_from for column in columns(Dial).values()]
EMERGENCY = [column.made_from for column in columns(EmergencyLogin).values()]
MAILBOX = [column.made_from for column in columns(Mailbox).values()]


@dataclass(frozen=True)
class Snapshot:
    """`extensions`: those of `numbers` that are to work. What is of none of the others is to be gone."""

    numbers: tuple[str, ...]
    extensions: tuple[Extension, ...]
    handed_over: tuple[HandOver, ...] = ()
    disabled: tuple[Disabled, ...] = ()

    def with_instead(self, other: "Snapshot") -> "Snapshot":
        """With what the other says of its numbers."""
        its = set(other.numbers)
        return Snapshot(
            self.numbers,
            (*(each for each in self.extensions if each.number not in its), *other.extensions),
            (*(each for each in self.handed_over if each.number not in its), *other.handed_over),
            (*(each for each in self.disabled if each.number not in its), *other.disabled),
        )


class RenderError(ValueError):
    """A value that the PBX must not see. `field` is its name; the value itself is not repeated."""

    def __init__(self, number: str, field: str) -> None:
        self.number, self.field = number, field
        super().__init__("This value is not valid for the PBX, so it was not sent.")


@dataclass(frozen=True)
class Rows:
    """All rows of one number; None for what it has not."""

    login: Login | None = None
    dial: Dial | None = None
    mailbox: Mailbox | None = None
    emergency_login: EmergencyLogin | None = None

    @property
    def of_tables(self) -> tuple[Row | None, ...]:
        """In the order of TABLES."""
        return self.login, self.dial, self.mailbox, self.emergency_login


def _check(each: Extension | Disabled | HandOver) -> None:
    for name, field_name, fits in CHECKS[type(each)]:
        if not fits(getattr(each, name)):
            raise RenderError(each.number, field_name)


def rows(extension: Extension) -> Rows:
    _check(extension)
    return Rows(
        Login(*[make(extension) for make in LOGIN]),
        Dial(*[make(extension) for make in DIAL]),
        Mailbox(*[make(extension) for make in MAILBOX]) if extension.voicemail else None,
    )


def disabled(each: Disabled) -> EmergencyLogin:
    _check(each)
    return EmergencyLogin(*[make(each) for make in EMERGENCY])


def handed_over(each: HandOver) -> Rows:
    _check(each)
    if each.number == each.to:
        raise RenderError(each.number, "handed_to")
    return Rows(dial=Dial(each.number, RING_SECONDS, each.to))


def render(snapshot: Snapshot) -> dict[str, Rows]:
    """number -> its rows, for every number of the snapshot, sorted."""
    wanted = {each.number: handed_over(each) for each in snapshot.handed_over}
    for each in snapshot.disabled:
        wanted[each.number] = replace(wanted.get(each.number, Rows()), emergency_login=disabled(each))
    wanted |= {extension.number: rows(extension) for extension in snapshot.extensions}
    return {number: wanted.get(number, Rows()) for number in sorted(snapshot.numbers)}
