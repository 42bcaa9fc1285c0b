"""Registrations of phones that an apply makes void."""

from operator import attrgetter

from asterisk.ami.client import Ami
from asterisk.ami.protocol import Message
from asterisk.engine.columns import Login, columns
from asterisk.engine.store import Step
from asterisk.models import ApplyRun
from asterisk.readback import proof
from extensions.validators import allows

credentials = attrgetter(*(name for name, column in columns(Login).items() if column.is_credential))


def of_gone(ami: Ami, steps: list[Step]) -> list[str]:
    """Of numbers that are not to have a login any more: asked before, as Asterisk shows them only while they have."""
    gone = [step.number for step in steps if not step.after.login]
    return [contact["ID"] for number in gone for contact in proof.contacts(proof.endpoint(ami, number))]


def let_in_now(steps: list[Step]) -> list[str]:
    """The numbers that a phone may sign in as now, which it could not with the same password before."""
    return [step.number for step in steps if step.after.login and not _has_same_credentials(step)]


def of_changed(steps: list[Step], now: dict[str, list[Message]], run: ApplyRun) -> list[str]:
    """`now`: number -> its contacts, of those that were asked for."""
    return [each["ID"] for step in steps for each in now.get(step.number, ()) if _is_void(step, each, run)]


def _is_void(step: Step, contact: Message, run: ApplyRun) -> bool:
    login = step.after.login
    networks, over = (login.permit, login.transport) if login else ("", "any")
    is_over_another = over not in ("any", proof.transport(contact))
    return is_over_another or _is_another(step, run) or not allows(networks, proof.address(contact).host)


def _is_another(step: Step, run: ApplyRun) -> bool:
    """Whether registrations that were made with the login before are void for the one after."""
    old, new = step.before.login, step.after.login
    if new is None:
        return False
    if old is None:  # no row: nobody had the number, unless the engine was lost and nothing was changed
        return step.number in run.changed_numbers
    return not _has_same_credentials(step)


def _has_same_credentials(step: Step) -> bool:
    old, new = step.before.login, step.after.login
    return old is not None and new is not None and credentials(old) == credentials(new)
