"""A PBX that says of trunks what a test wants, and takes every apply."""

from collections.abc import Collection, Iterator
from typing import ClassVar

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.backend import Asterisk
from core.preferences.models import SystemChange
from extensions.pbx import Applied, PbxError
from trunks.pbx import TrunkState


class KnownPbx(Asterisk):
    known: ClassVar[dict[int, TrunkState]] = {}
    trouble: ClassVar[PbxError | None] = None
    applied: ClassVar[list[list[str]]] = []

    def states(self) -> dict[int, TrunkState]:
        if self.trouble:
            raise self.trouble
        return self.known

    def apply_preferences(self, by: User | None, fields: Collection[str] | None = None) -> Applied:  # noqa: ARG002
        if self.trouble:
            raise self.trouble
        self.applied.append(sorted(map(str, fields or ())))
        SystemChange.objects.waiting().filter(field__in=fields or ()).update(applied_at=timezone.now())
        return Applied(True, "Verified.")


@pytest.fixture
def known_pbx(settings: Settings) -> Iterator[type[KnownPbx]]:
    settings.PBX = "tests.trunks.known_pbx.KnownPbx"
    yield KnownPbx
    KnownPbx.known, KnownPbx.trouble, KnownPbx.applied = {}, None, []
