"""What of the portal's files is in a backup."""

from pathlib import Path

from backup import contents
from backup.archive import SEALING_KEY, SECRET_KEY


def test_the_secrets_of_a_backup_are_those_in_force_without_the_locks_beside_them(tmp_path: Path) -> None:
    (tmp_path / "ami_secret").write_bytes(b"one")
    (tmp_path / "ami_secret.lock").write_bytes(b"")
    found = contents.secrets(tmp_path)
    assert found["secrets/ami_secret"] == b"one"
    assert not [name for name in found if name.endswith(".lock")]
    assert found[SECRET_KEY]
    assert found[SEALING_KEY]
