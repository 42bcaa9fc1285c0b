"""Prompts and music, where Asterisk looks for them."""

from pathlib import Path

import pytest

from asterisk.process import data_folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """As packages leave it."""
    data = tmp_path / "data"
    for path in ("sounds/en_US_f_Allison/beep.gsm", "sounds/en_GB_m_x/beep.gsm", "sounds/es/beep.gsm",
                 "sounds/es_MX_f_Allison/beep.gsm", "rest-api/sounds.json", "moh/tune.g722"):  # fmt: skip
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_text(path)
    (data / "sounds/README").write_text("no folder")
    return data


def test_each_language_has_a_voice(data: Path, tmp_path: Path) -> None:
    made = data_folder.make(tmp_path / "made", data)
    assert (made / "sounds/en/beep.gsm").read_text() == "sounds/en_GB_m_x/beep.gsm"
    assert (made / "sounds/es/beep.gsm").read_text() == "sounds/es/beep.gsm"
    assert (made / "sounds/en_US_f_Allison/beep.gsm").read_text() == "sounds/en_US_f_Allison/beep.gsm"
    assert (made / "moh/tune.g722").read_text() == "moh/tune.g722"
    assert (made / "rest-api/sounds.json").exists()


def test_it_is_made_anew_and_leaves_the_packages_alone(data: Path, tmp_path: Path) -> None:
    data_folder.make(tmp_path / "made", data)
    (tmp_path / "made/old").write_text("of an earlier start")
    data_folder.make(tmp_path / "made", data)
    assert not (tmp_path / "made/old").exists()
    assert (data / "moh/tune.g722").exists()


def test_without_sounds_there_are_folders_all_the_same(tmp_path: Path) -> None:
    made = data_folder.make(tmp_path / "made", tmp_path / "nothing")
    assert [each.name for each in sorted(made.iterdir())] == ["moh", "sounds"]
