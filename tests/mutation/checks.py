"""The checks of the views, taken out one at a time: which of them does no test miss?

The matrix test and its neighbours run in a copy of the project, without Asterisk.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.urls import resolve  # noqa: E402

from tests.addresses import OPEN  # noqa: E402
from tests.mutation.changes import ROOT  # noqa: E402
from tests.test_urls import ROUTES, address  # noqa: E402

APPS = ("core", "accounts", "extensions", "trunks", "asterisk", "backup", "pbxportal")
TESTS = ["tests/test_matrix.py", "tests/extensions/test_access.py", "tests/accounts/roles/test_roles.py"]
MORE_TESTS = ["tests/extensions/review/test_review.py", "tests/extensions/test_actions.py"]
OWN_TESTS = {
    "accounts/organizations/views.py": ["tests/accounts/organizations/test_organizations.py"],
    "backup/views.py": ["tests/backup/test_page.py"],
    "core/audit/views.py": ["tests/core/audit/test_log.py"],
    "extensions/my_account/views.py": ["tests/extensions/my_account/test_account.py"],
    "extensions/listing/filters.py": ["tests/extensions/listing/test_filters.py"],
    "extensions/my_account/email_views.py": ["tests/extensions/my_account/test_email_change.py"],
    "extensions/changes/history.py": ["tests/core/audit/test_log.py"],
    "extensions/leaving/views.py": ["tests/extensions/leaving"],
    "extensions/access.py": ["tests/extensions/welcome/test_welcome.py"],
    "extensions/detail/page.py": [
        "tests/extensions/phones/test_own_phone.py",
        "tests/extensions/leaving",
    ],
    "extensions/detail/views.py": [
        "tests/extensions/phones/test_own_phone.py",
        "tests/accounts/sessions/test_reauthentication.py",
    ],
    "extensions/sign_in_admin.py": [
        "tests/extensions/leaving",
        "tests/accounts/second_factor/test_compulsory.py",
        "tests/accounts/security/test_security.py",
    ],
    "extensions/views.py": [
        "tests/accounts/sessions/test_reauthentication.py",
        "tests/extensions/leaving",
        "tests/extensions/phones/test_own_phone.py",
    ],
    "extensions/welcome/views.py": ["tests/extensions/welcome/test_welcome.py"],
    "pbxportal/pbx_settings/page.py": ["tests/pbxportal/test_preferences.py"],
}
IN_ITS_PLACE = {
    "get_managed": "get_extension",
    "get_used": "get_extension",
    "get_changeable": "get_any",
    "get_extension": "get_any",
}
YES = {"may_manage", "may_use", "may_change", "can_change", "reaches_up_to"}
NARROWED = {"visible_to", "reached_by"}
ASKED = {"require", "require_reauthentication", "ask_again_about", "_refuse_mightier"}
AGAIN = "reauthentication_required"
REFUSALS = {"PermissionDenied", "Http404"}
FAILED = 1  # pytest's own word for it; each other one is no test's verdict
LET_IN = ("test_an_address_answers_each_as_the_table_says_and_leads_nowhere_that_is_closed",)
ASKS = ("reauthentication", "ask_again")
OF_ASKING = ["tests/extensions/test_asked_again.py"]
ASKED_AGAIN = ("test_what_is_sensitive_asks_again_who_it_is",)
ANY = "lambda request, key: {}.objects.get(**{{'{}': key}})"

ANSWERED_BY = {route: (view.__module__, view.__name__) for route in ROUTES for view in [resolve(address(route)).func]}


@dataclass(frozen=True)
class Check:
    """`nth`: of the places that hold a check in the file, in the order of the walk."""

    path: str
    nth: int
    line: int
    function: str
    words: str


class Taker(ast.NodeTransformer):
    """Counts the checks of a file; takes the `nth` out."""

    def __init__(self, path: str, nth: int = -1) -> None:
        self.path, self.nth = path, nth
        self.found: list[Check] = []
        self.function = ""

    def _is_it(self, node: ast.AST, words: str) -> bool:
        self.found.append(Check(self.path, len(self.found), getattr(node, "lineno", 0), self.function, words))
        return len(self.found) - 1 == self.nth

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        outer, self.function = self.function, node.name
        kept = []
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Name) and decorator.id == AGAIN and self._is_it(decorator, f"@{AGAIN}"):
                continue
            if not (isinstance(decorator, ast.Call) and _name(decorator) == "needs"):
                kept.append(decorator)
                continue
            args = [arg for arg in decorator.args if not self._is_it(decorator, f"@needs({ast.unparse(arg)})")]
            if args:
                kept.append(ast.copy_location(ast.Call(decorator.func, args, []), decorator))
        node.decorator_list = kept
        self.generic_visit(node)
        self.function = outer
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        asked = isinstance(node.value, ast.Call) and _name(node.value) in ASKED
        if asked and self._is_it(node, ast.unparse(node)):
            return ast.copy_location(ast.Pass(), node)
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> ast.stmt:
        raised = node.body[0].exc if len(node.body) == 1 and isinstance(node.body[0], ast.Raise) else None
        named = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(named, ast.Name) and named.id in REFUSALS and self._is_it(node, f"if {ast.unparse(node.test)}"):
            node.test = ast.Constant(value=False)
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = _name(node)
        if name in IN_ITS_PLACE and isinstance(node.func, ast.Name) and self._is_it(node, ast.unparse(node)):
            other = IN_ITS_PLACE[name]
            if other == "get_any":
                model = ("Role", "pk") if name == "get_changeable" else ("SipExtension", "number")
                return ast.copy_location(ast.Call(ast.parse(ANY.format(*model), mode="eval").body, node.args, []), node)
            return ast.copy_location(ast.Call(ast.Name("get_extension", ast.Load()), node.args, []), node)
        if name in YES and self._is_it(node, ast.unparse(node)):
            return ast.copy_location(ast.Constant(value=True), node)
        if name in NARROWED and isinstance(node.func, ast.Attribute) and self._is_it(node, ast.unparse(node)):
            return node.func.value
        if name == "visible" and isinstance(node.func, ast.Name) and self._is_it(node, ast.unparse(node)):
            return ast.copy_location(ast.parse("SipExtension.objects.all()", mode="eval").body, node)
        return node


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def files() -> list[str]:
    """Those of the views, and the lookups that they share."""
    every = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [path for path in every.split() if path.split("/")[0] in APPS and "migrations" not in path]
    return [path for path in found if path != "core/access/decorators.py" and _is_about_requests(ROOT / path)]


def _is_about_requests(path: Path) -> bool:
    text = path.read_text()
    return "SignedInRequest" in text or path.name in ("context_processors.py", "review.py", "state.py")


def checks() -> Iterator[Check]:
    for path in files():
        taker = Taker(path)
        taker.visit(ast.parse((ROOT / path).read_text()))
        yield from taker.found


def without(check: Check) -> str:
    tree = ast.parse((ROOT / check.path).read_text())
    taken = Taker(check.path, check.nth).visit(deepcopy(tree))
    lines = [] if "import SipExtension" in ast.unparse(tree) else ["from extensions.models import SipExtension"]
    if not check.path.startswith("extensions") and not check.path.startswith("asterisk"):
        lines = []
    lines += ["from extensions.access import get_extension"] if "get_managed(" in check.words else []
    return _with_imports(ast.unparse(ast.fix_missing_locations(taken)), lines)


def _with_imports(text: str, lines: list[str]) -> str:
    """Last of all: a module that is being imported may import this one."""
    return "\n".join([text, *lines, ""])


def asks(check: Check) -> bool:
    return any(each in check.words for each in ASKS)


def addresses(check: Check) -> list[str]:
    """The tests of the addresses that this view answers at: they come first, and are few."""
    module = check.path.removesuffix(".py").replace("/", ".")
    return [
        f"{TESTS[0]}::{test}[{route}]"
        for route in ROUTES
        for test in (ASKED_AGAIN if asks(check) else LET_IN)
        if route not in OPEN and ANSWERED_BY[route] == (module, check.function)
    ]


def is_missed(check: Check, place: Path) -> bool:
    """Whether a test fails without it."""
    mutant = place / check.path
    mutant.write_text(without(check))
    rounds = [
        addresses(check),
        OF_ASKING if asks(check) else [],
        OWN_TESTS.get(check.path, []),
        TESTS[1:],
        MORE_TESTS,
        TESTS[:1],
    ]
    try:
        return not all(_passes(place, tests) for tests in rounds if tests)
    finally:
        mutant.write_text((ROOT / check.path).read_text())


def _passes(place: Path, tests: list[str]) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    ended = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, FAILED):
        raise RuntimeError(f"The tests did not run: {ended.stdout[-2000:]}")
    return ended.returncode == 0


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def try_each(found: list[Check], places: Queue[Path]) -> list[Check]:
    """The survivors."""

    def one(check: Check) -> bool:
        begun, place = time.monotonic(), places.get()
        missed = is_missed(check, place)
        places.put(place)
        say(
            f"{'missed  ' if missed else 'SURVIVES'} {time.monotonic() - begun:4.0f} s  {check.path}:{check.line}"
            f" {check.function}: {check.words}"
        )
        return missed

    with ThreadPoolExecutor(places.qsize()) as pool:
        return [check for check, missed in zip(found, pool.map(one, found), strict=True) if not missed]


@contextmanager
def copies(count: int = 2) -> Iterator[Queue[Path]]:
    """Of the project, with the programs that this one has."""
    places: Queue[Path] = Queue()
    with tempfile.TemporaryDirectory(prefix="pbxportal-mutation-") as directory:
        left = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache")
        for number in range(count):
            place = shutil.copytree(ROOT, Path(directory) / str(number), ignore=left)
            (place / "var").mkdir()
            for program in (ROOT / "var").glob("*-program"):
                (place / "var" / program.name).symlink_to(program.resolve())
            places.put(place)
        yield places


def run(wanted: list[str], *, asking: bool, only_list: bool) -> int:
    found = [each for each in checks() if not wanted or any(part in f"{each.path}:{each.line}" for part in wanted)]
    found = [each for each in found if asks(each) or not asking]
    if only_list:
        for check in found:
            say(f"{check.path}:{check.line} {check.function}: {check.words}")
        return 0
    with copies() as places:
        if not _passes(
            places.queue[0],
            [*OF_ASKING, *(f"{TESTS[0]}::{each}" for each in ASKED_AGAIN)] if asking else [*TESTS, *MORE_TESTS],
        ):
            say("The tests fail as it is.")
            return 2
        survivors = try_each(found, places)
    say(f"{len(found)} checks taken out one at a time, {len(survivors)} survivors")
    return 1 if survivors else 0
