"""What is asked of the node of the settings, as a test has set them at that moment."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from accounts.models import User
from asterisk import nodes
from asterisk.ami import client
from asterisk.apply import run
from asterisk.engine.store import Step
from asterisk.models import ApplyRun


def connected(timeout: float = client.TIMEOUT_SECONDS, events: str = "off") -> AbstractContextManager[client.Ami]:
    return client.connected(nodes.from_settings(), timeout, events)


def plan(numbers: Iterable[str]) -> list[Step]:
    return run.plan(nodes.from_settings().engine_file, numbers)


def all_numbers() -> list[str]:
    return run.all_numbers(nodes.from_settings().engine_file)


def apply(numbers: Iterable[str], by: User | None) -> ApplyRun:
    return run.apply(nodes.from_settings(), numbers, by)


def apply_preferences(by: User | None) -> ApplyRun:
    return run.apply_preferences(nodes.from_settings(), by)


def make_whole() -> None:
    run.make_whole(nodes.from_settings())


def catch_up() -> None:
    run.catch_up(nodes.from_settings())
