"""A restored database is looked at before it is used."""

import pytest

from backup import soundness
from backup.models import Backup

pytestmark = pytest.mark.django_db


def test_the_backup_that_it_comes_of_is_not_under_way_there() -> None:
    """It would be for ever, and no other would be made."""
    Backup.objects.create(state=Backup.State.RUNNING)
    soundness.look()
    assert not Backup.objects.exists()
