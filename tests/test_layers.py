"""Who may import whom. There are no other arrows, and no circles."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each app may import those after it. pbxportal is wiring: nobody imports it.
APPS = ["pbxportal", "backup", "asterisk", "trunks", "extensions", "accounts", "core"]
# The rooms (folders and modules) of each app, from top to bottom: each may import those of the lines below its own.
ROOMS = {
    "backup": """
        apps urls management
        views
        copies
        forms
        trial move
        making restoring soundness
        contents retention
        database archive
        texts
        stream places models
        errors
    """,
    "asterisk": """
        apps urls management
        texts
        views blocked_views
        check backend reachability
        apply dialplan outside
        process
        live
        readback ari
        ami engine
        nodes models sip_uri
    """,
    "trunks": """
        apps
        urls
        texts
        trunks outbound inbound_views group_views announcement_views emergency_views hours
        views
        destination_links receivers
        inbound_forms group_forms announcement_forms emergency_forms
        forms
        changes
        usage
        record
        pbx fields call_destination_fields
        models
        probe
        call_destinations numbers
    """,
    "extensions": """
        apps urls management
        texts receivers
        spreadsheets
        views leaving bulk sign_in_admin status_views people_views
        forms
        review detail people
        actions
        my_account welcome phones handover
        calls
        changes listing
        access
        models
        pbx validators fields
    """,
    "accounts": """
        apps urls management
        texts
        security people sign_in first_run
        second_factor passwords
        roles throttling
        organizations sessions profile
        requests
        models
        organization_tree one_time_links allauth_internals
    """,
    "core": """
        apps management models
        events
        mail
        audit
        preferences
        access
        forms
    """,
}
# Below the rooms of core, and seen by all of them: small modules, of which none knows a room.
SMALL = {"core"}
# Pure code, which sees no Django, no clock and no settings.
PURE = ["asterisk/engine/columns.py", "asterisk/engine/render.py", "asterisk/ami/protocol.py", "asterisk/sip_uri.py"]
PURE += ["trunks/hours/week.py", "trunks/call_destinations.py", "trunks/probe/sip_message.py"]
PURE += [f"trunks/numbers/{each}.py" for each in ("destinations", "tables", "emergency", "numbering")]


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of all of the product."""
    found = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


@cache
def arrows() -> list[tuple[str, str]]:
    """Importing and imported module, both of the product."""
    every = ((module, name) for module, path in modules().items() for name in imported(path))
    return [
        (module, name if name in modules() else name.rpartition(".")[0])
        for module, name in every
        if name.partition(".")[0] in APPS
    ]


def rooms(app: str) -> dict[str, int]:
    """Room -> its line, from the top."""
    lines = ROOMS[app].strip().splitlines()
    return {room: number for number, line in enumerate(lines) for room in line.split()}


def room_of(module: str) -> str:
    return f"{module}..".split(".")[1]


def test_apps_import_only_downwards() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in arrows()
        if APPS.index(module.partition(".")[0]) > APPS.index(name.partition(".")[0])
    ]
    assert not wrong


@pytest.mark.parametrize("app", ROOMS)
def test_every_room_has_its_place(app: str) -> None:
    there = {room_of(module) for module in modules() if module.startswith(f"{app}.")}
    assert set(rooms(app)) <= there, "a room that is gone"
    if app not in SMALL:
        assert there <= set(rooms(app)), "a room that is nowhere"


@pytest.mark.parametrize("app", ROOMS)
def test_rooms_import_only_downwards(app: str) -> None:
    place, lowest = rooms(app), len(ROOMS[app])
    wrong = []
    for module, name in arrows():
        upper, lower = room_of(module), room_of(name)
        if {module.partition(".")[0], name.partition(".")[0]} != {app} or upper == lower or not lower:
            continue
        if lower in place and place[lower] <= place.get(upper, lowest):
            wrong.append(f"{module} imports {name}")
    assert not wrong


def test_no_module_imports_itself_by_others() -> None:
    graph: dict[str, set[str]] = {}
    for module, name in arrows():
        graph.setdefault(module, set()).add(name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_no_test_is_imported() -> None:
    wrong = [
        f"{module}: {name}" for module, path in modules().items() for name in imported(path) if name[:6] == "tests."
    ]
    assert not wrong


@pytest.mark.parametrize("file", PURE)
def test_pure_modules_see_no_django(file: str) -> None:
    forbidden = {"django", "time", "datetime", "os", "socket"}
    forbidden |= {*APPS} - {file.partition("/")[0]}
    wrong = [name for name in imported(ROOT / file) if name.split(".")[0] in forbidden]
    assert not wrong


def test_no_drawers() -> None:
    drawers = {"utils.py", "helpers.py", "common.py", "managers.py", "constants.py"}
    assert not [path for path in modules().values() if path.name in drawers]


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
    assert "SECRET_KEY" in named
    assert not {name for name in named if f"`{name}`" not in readme}
