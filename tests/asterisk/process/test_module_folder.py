import os
from pathlib import Path

import pytest

from asterisk.process import module_folder

NAMES = ["app_dial.so", "res_pjsip_registrar.so"]


def test_it_holds_links_to_the_listed_modules_alone(tmp_path: Path) -> None:
    for name in (*NAMES, "app_system.so"):
        (tmp_path / name).touch()
    for _again in range(2):
        said = module_folder.make(tmp_path / "place", tmp_path, NAMES)
        assert sorted(each.name for each in Path(said).iterdir()) == sorted(NAMES)
        assert all(Path(said, name).exists() for name in NAMES)


def test_no_name_leads_out_of_it(tmp_path: Path) -> None:
    said = module_folder.make(tmp_path / "place", tmp_path, NAMES)
    room = module_folder.LONGEST_PATH - len(said) - 1
    assert room == max(map(len, NAMES))
    assert Path(os.path.realpath(f"{said}/{'../' * (room // 3)}")).is_relative_to(tmp_path / "place")


def test_a_folder_that_lies_too_deep_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is nested too deeply"):
        module_folder.padded(str(tmp_path), 3)


def test_what_is_listed() -> None:
    assert module_folder.listed("[modules]\n; load=no.so\nautoload=no\nload=app_dial.so\nload=b.so\n") == [
        "app_dial.so",
        "b.so",
    ]
