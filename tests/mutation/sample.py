"""Changes drawn over all of the code: which of them does no test miss?

What runs a changed line is known where it was recorded: then the quick tests come first. Else the nearest tests are
tried, then all of the app. What survives them is shown to mypy and to the migrations.
"""

import os
import random
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutation import forked
from tests.mutation.changes import ROOT, Change, of_python, of_script
from tests.mutation.checks import APPS, OWN_TESTS, copies, say
from tests.mutation.covering import SECONDS, Covering

SCRIPTS_IN = 10  # one of so many is in a script of the pages
LONGEST = 500  # seconds that the tests of one change may take: a loop without an end is noticed
DEAR = re.compile(r"\b(asterisk: Embedded|office: Office|live_server|Page\b|Command\(|running:)")
AT_ONCE = 4  # they wait for phones most of the time
NEAREST, MOST_CHEAP, MOST_DEAR = 3, 30, 12  # nearest tests: of what everything stands on, nearly all are near
FAILED, NOT_FOUND, NONE = 1, 4, 5  # pytest's own words
BESIDE = {
    "accounts/sessions/": ["accounts/passwords/test_forgotten.py", "accounts/throttling/test_throttling.py"],
    "accounts/people/": ["extensions/test_form.py"],
    "asterisk/apply/": [
        "pbx/test_apply.py",
        "pbx/test_history.py",
        "pbx/test_changes.py",
        "faults/test_table.py",
        "pbx/voicemail/test_pin_by_phone.py",
    ],
    "asterisk/outside.py": ["pbx/test_outside.py", "pbx/test_toll_fraud.py"],
    "asterisk/engine/lines.py": ["pbx/test_outside.py", "pbx/test_incoming.py", "pbx/test_emergency.py"],
    "asterisk/live/trunks.py": ["trunks/test_provider.py"],
    "asterisk/live/": ["pbx/test_lamps.py", "pbx/test_why.py", "pbx/test_new_network.py", "pbx/test_contacts.py"],
    "asterisk/engine/": ["pbx/test_limits.py", "pbx/test_any_text.py", "pbx/test_preferences.py", "pbx/test_apply.py"],
    "asterisk/readback/": ["pbx/test_check.py", "pbx/test_apply.py"],
    "asterisk/process/": ["pbx/test_restart.py", "pbx/test_logs.py", "pbx/test_hold.py"],
    "asterisk/ami/": ["faults/test_wire.py"],
    "asterisk/check.py": ["pbx/test_check.py", "pbx/test_check_page.py"],
    "asterisk/": ["pbx/test_apply.py", "pbx/test_history.py", "pbx/test_lamps.py", "pbx/test_dialplan.py"],
    "extensions/review/": ["pbx/test_changes.py", "browser/test_review.py"],
    "extensions/leaving/": ["pbx/test_leaving.py", "browser/test_leaving.py"],
    "extensions/phones/": [
        "pbx/test_why.py",
        "pbx/test_networks.py",
        "pbx/voicemail/test_pin_by_phone.py",
        "browser/test_own_page.py",
    ],
    "extensions/": ["pbx/test_changes.py", "browser/test_list.py"],
    "trunks/": ["pbx/test_outside.py", "pbx/test_incoming.py", "pbx/test_emergency.py", "trunks/test_provider.py"],
    "pbxportal/": ["pbx/test_preferences.py"],
    "static/js/passkey.js": ["browser/test_passkey_script.py", "browser/test_second_factor.py"],
    "static/js/secrets.js": ["browser/test_scripts.py", "browser/test_pages.py", "browser/test_own_page.py"],
    "static/js/selection.js": ["browser/test_form_script.py", "browser/test_list.py"],
    "static/js/polling.js": ["browser/test_scripts.py", "browser/test_own_page.py", "browser/test_review.py"],
    "static/js/lists.js": ["browser/test_form_script.py", "browser/test_list.py"],
    "static/js/forms.js": ["browser/test_form_script.py", "browser/test_scripts.py", "browser/test_busy.py"],
    "static/js/organizations.js": ["browser/test_tree.py"],
    "static/js/roles.js": ["browser/test_form_script.py"],
    "static/js/session.js": ["browser/test_polling.py", "browser/test_drafts.py"],
    "static/js/copy.js": ["browser/test_secrets.py", "browser/test_pages.py"],
    "static/js/review.js": ["browser/test_review.py"],
    "static/js/search.js": ["browser/test_header.py"],
    "static/js/picker.js": ["browser/test_form_script.py", "browser/test_leaving.py"],
    "static/js/providers.js": ["browser/test_trunk.py"],
    "static/js/theme.js": ["browser/test_list.py", "browser/test_scripts.py"],
    "static/js/menus.js": ["browser/test_list.py", "browser/test_scripts.py"],
    "static/js/zone.js": ["browser/test_preferences.py"],
    "static/js/": ["browser/test_scripts.py", "browser/test_pages.py"],
}
ALL = {
    "core": ["core", "accounts"],
    "accounts": ["accounts", "browser"],
    "extensions": ["extensions", "pbx", "browser"],
    "trunks": ["trunks", "pbx"],
    "backup": ["backup"],
    "asterisk": ["asterisk", "pbx", "faults"],
    "pbxportal": ["pbxportal", "pbx/test_preferences.py", "faults/test_run.py", "browser/test_main_job.py"],
    "static": ["browser"],
}


def draw(count: int, seed: int) -> list[Change]:
    """The same for the same code, count and seed."""
    python = [change for path in _files("*.py") for change in of_python(path, (ROOT / path).read_bytes())]
    scripts = [change for path in _files("static/js/*.js") for change in of_script(path, (ROOT / path).read_bytes())]
    chance = random.Random(seed)
    drawn = chance.sample(python, count - count // SCRIPTS_IN) + chance.sample(scripts, count // SCRIPTS_IN)
    chance.shuffle(drawn)
    return drawn


def _files(pattern: str) -> list[str]:
    every = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in every.split() if path.split("/")[0] in (*APPS, "static") and "migrations" not in path]


def near(path: str) -> list[list[str]]:
    """Its own tests and those that name it, then those with Asterisk and browser."""
    module = Path(path).with_suffix("")
    mirrored, beside = Path("tests") / module.parent, _beside(path)
    named = re.compile(rf"{'.'.join(module.parts)}\b|from {'.'.join(module.parts[:-1])} import .*\b{module.name}\b")
    every = {str(each.relative_to(ROOT)): each.read_text() for each in sorted((ROOT / "tests").rglob("test_*.py"))}
    own = [each for each in every if Path(each) == mirrored / f"test_{module.name}.py"]
    own += [each for each, text in every.items() if path.endswith(".py") and named.search(text)]
    own += [each for each in every if path.endswith(".js") and each == f"tests/browser/test_{module.name}.py"]
    own += [each for each in every if Path(each).parent in (mirrored, *mirrored.parents[:-2])]
    own += OWN_TESTS.get(path, [])
    cheap = list(dict.fromkeys(each for each in own if not DEAR.search(every.get(each, ""))))
    dear = list(dict.fromkeys([*beside, *(each for each in own if each not in cheap)]))
    return [cheap[:MOST_CHEAP], dear[:MOST_DEAR]]


def _beside(path: str) -> list[str]:
    return [f"tests/{each}" for start, tests in BESIDE.items() if path.startswith(start) for each in tests][:4]


def far(path: str) -> list[list[str]]:
    return [[f"tests/{each}"] for each in ALL[path.split("/")[0]]] + [["tests/test_matrix.py", "tests/test_urls.py"]]


def verdict(change: Change, place: Path, rounds: list[list[str]], alone: dict[str, bool]) -> str:
    """How a test missed it; "" if none did. `alone`: whether a test passes without any change, as far as is known."""
    file = place / change.path
    text = file.read_bytes()
    for tests in filter(None, rounds):
        while True:
            file.write_bytes(change.made_in(text))
            code, said = _pytest(
                place, [*tests, *(f"--deselect={each}" for each, passes in alone.items() if not passes)]
            )
            file.write_bytes(text)
            if code in (0, NONE):
                break
            if code == NOT_FOUND and _pytest(place, tests)[0] == NOT_FOUND:
                raise SystemExit(f"These tests are not there any more; record again: {said[-500:]}")
            failed = next(iter(re.findall(r"^(?:FAILED|ERROR) (tests/.*?)(?: - .*)?$", said, re.MULTILINE)), "")
            if code != FAILED or not failed:
                return "hangs" if code is None else f"breaks {failed or code}"
            if failed not in alone:
                alone[failed] = _pytest(place, [failed])[0] == 0
            if alone[failed]:
                return f"fails {failed}"
            say(f"fails without it too: {failed}")
    return ""


def _pytest(place: Path, tests: list[str]) -> tuple[int | None, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", *tests]
    started = subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        said, _ = started.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
        return None, ""
    return started.returncode, said


def all_rounds(left: dict[Change, set[str]], there: set[str], *, only_near: bool) -> list[list[list[str]]]:
    """For each change, without the tests that were tried."""
    covering = Covering(there) if SECONDS.exists() else None
    found = []
    for change, tried in left.items():
        nearest = near(change.path)
        is_known = covering and bool(covering.tests(change))
        known = covering.rounds(change, nearest[0] + nearest[1], tried) if covering and is_known else []
        own = [nearest[0][:NEAREST]]  # once more: what runs while a module is loaded was not changed in a loaded one
        found.append([*own, *known] if is_known else nearest + ([] if only_near else far(change.path)))
    return found


def run(count: int, seed: int, wanted: list[str], *, near: bool, only_list: bool) -> int:
    drawn = draw(count, seed)
    drawn = [each for each in drawn if not wanted or any(part in f"{each.path}:{each.line}" for part in wanted)]
    say(f"Seed {seed}, {len(drawn)} changes")
    if only_list:
        say("\n".join(str(each) for each in drawn))
        return 0
    alone: dict[str, bool] = {}
    quickly, left, there = _quickly(drawn)
    with copies(AT_ONCE) as places, ThreadPoolExecutor(AT_ONCE) as pool:
        rounds = all_rounds(left, there, only_near=near)
        slowly = list(pool.map(lambda change, tests: _try(change, places, tests, alone), left, rounds))
        survivors = [change for change, how in zip(left, slowly, strict=True) if not how]
        by_tools = _by_tools(survivors, places.queue[0])
    caught = quickly | dict(zip(left, slowly, strict=True))
    missed = [caught[each] for each in drawn]
    for each, its in ("Python", ".py"), ("scripts", ".js"):
        of_kind = [how for change, how in zip(drawn, missed, strict=True) if change.path.endswith(its)]
        say(f"{each}: {len(of_kind)} changed, {sum(map(bool, of_kind))} missed by tests")
    say(f"{by_tools} of the {len(survivors)} others are refused by the types or the migrations, as `make check` does")
    return 0 if by_tools == len(survivors) else 1


def _quickly(drawn: list[Change]) -> tuple[dict[Change, str], dict[Change, set[str]], set[str]]:
    """What quick tests miss, where it was recorded what they run; the rest, with those tried; and all tests."""
    python = [each for each in drawn if each.path.endswith(".py")] if SECONDS.exists() else []
    verdicts, there = forked.run(python) if python else ([], set())
    became = dict(zip(python, verdicts, strict=True))
    found = {each: how for each, (how, _) in became.items() if forked.is_caught(how)}
    for change, how in found.items():
        say(f"caught   {change}  {how}")
    left = {each: became[each][1] if each in became else set() for each in drawn if each not in found}
    return found, left, there


def _by_tools(survivors: list[Change], place: Path) -> int:
    """How many of them mypy refuses, or would need a migration."""
    beside = Path(sys.executable).parent
    tools = [[str(beside / "mypy"), "."], [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]]
    if any(_fails(each, place) for each in tools):  # later mypy looks at what was changed alone
        raise SystemExit("make check fails without any change.")
    found = 0
    for change in survivors:
        file = place / change.path
        text = file.read_bytes()
        file.write_bytes(change.made_in(text))
        refused = change.path.endswith(".py") and any(_fails(each, place) for each in tools)
        file.write_bytes(text)
        found += refused
        say(f"{'refused ' if refused else 'NOBODY  '} {change}")
    return found


def _fails(command: list[str], place: Path) -> bool:
    return subprocess.run(command, cwd=place, capture_output=True, check=False).returncode != 0


def _try(change: Change, places: Queue[Path], rounds: list[list[str]], alone: dict[str, bool]) -> str:
    place = places.get()
    try:
        how = verdict(change, place, rounds, alone)
    finally:
        places.put(place)
    say(f"{'caught  ' if how else 'SURVIVES'} {change}  {how}")
    return how
