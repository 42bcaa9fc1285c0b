"""Who may import whom. There are no other arrows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BELOW = {"core.preferences.models", "core.localization", "core.stored_words"}
MAY_IMPORT = {
    "accounts": BELOW,
    "extensions": {"accounts", *BELOW},
    "asterisk": {"extensions", "accounts", *BELOW},
}
APPS = {"accounts", "extensions", "asterisk", "pbxportal"}
# Below the apps: pure code, which sees no Django, no clock and no settings.
PURE = ["asterisk/engine/render.py", "asterisk/ami/protocol.py"]
ORDER = ["validators", "models", "forms", "views"]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def sources(app: str) -> Iterator[Path]:
    return (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_apps_import_only_downwards(app: str) -> None:
    allowed = MAY_IMPORT[app] | {app}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(app)
        for name in imported(path)
        if name.split(".")[0] in APPS and not any(name == top or name.startswith(f"{top}.") for top in allowed)
    ]
    assert not wrong


@pytest.mark.parametrize("app", ["accounts", "extensions"])
def test_inside_an_app_views_see_forms_see_models_see_validators(app: str) -> None:
    wrong = [
        f"{app}/{lower}.py imports {app}.{higher}"
        for i, lower in enumerate(ORDER)
        for higher in ORDER[i + 1 :]
        if any(name.startswith(f"{app}.{higher}") for name in imported(ROOT / app / f"{lower}.py"))
    ]
    assert not wrong


@pytest.mark.parametrize("file", PURE)
def test_pure_modules_see_no_django(file: str) -> None:
    forbidden = {"django", "time", "datetime", "os", "socket"} | APPS
    wrong = [name for name in imported(ROOT / file) if name.split(".")[0] in forbidden]
    assert not wrong


def test_no_drawers() -> None:
    drawers = {"utils.py", "helpers.py", "common.py", "managers.py", "constants.py"}
    assert not [path for app in APPS for path in sources(app) if path.name in drawers]


def test_the_settings_name_each_variable_in_the_readme() -> None:
    settings = (ROOT / "pbxportal/settings.py").read_text()
    named = {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(settings))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name) and node.func.value.id == "env"
        and node.args and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    readme = (ROOT / "README.md").read_text()
    assert not {name for name in named if f"`{name}`" not in readme}
