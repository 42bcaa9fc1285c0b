import re
from pathlib import Path

from pbxportal.service import settings_file

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()


def test_every_setting_of_readme_is_a_comment_to_fill_in() -> None:
    text = settings_file.text(README, "/var/lib/pbxportal")
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    named = {
        name for row in re.findall(r"^\| (`[A-Z].*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert len(named) > 30
    assert {*re.findall(r"^#([A-Z_]+)=$", text, re.MULTILINE)} == named - settings_file.OWN


def test_only_where_the_data_is_is_set() -> None:
    text = settings_file.text(README, "/srv/data")
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == ["PBXPORTAL_VAR=/srv/data"]


def test_what_a_setting_is_reads_without_marks_and_fits_the_screen() -> None:
    lines = settings_file.text("| `NAME` | `one` | does `this`, and more |", "/d").splitlines()
    assert "# Does this, and more. Default: one" in lines
    assert all(len(line) <= 120 for line in settings_file.text(README, "/d").splitlines())
