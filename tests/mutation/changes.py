"""Small changes of the code, each of which somebody would notice: operators, constants, guards, statements, answers."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
# Nobody is told by these, or they only take longer.
LOGS = re.compile(r"\b(logger|log|stdout|stderr|say|warn|print|print_\w+)\b[.(]|getLogger|simplefilter")
# What is tidied up sooner or later anyway.
TIDIES = re.compile(r"^(connections?\.close|gc\.)|(thread|ear|heart)\w*\.join\(")
# A thread ends with its process; a folder may be there or not; mypy refuses what would change a frozen dataclass.
FREE = {"frozen", "daemon", "strict", "exist_ok", "parents", "missing_ok", "ignore_errors", "verbosity", "interactive"}
FREE |= {"critical", "capture_output"}  # X.509 extensions that every client reads; what is not looked at
FREE |= {
    "compresslevel",
    "quality",
    "chunk_size",
    "batch_size",
    "level",
    "lasting",
}  # how it is done, not what comes out
# How much is read at a time; a query more or fewer, of the same rows.
IN_PIECES = re.compile(r"\.(read|read1|recv|recvfrom|readinto|iterator)$|^(iter|prefetch_related_objects|batched)$")
LONG = 10  # a text or a list that is cut there is not exactly so long
MODE = re.compile(rb"0o[0-7]{3}")
TEXTS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "ngettext_lazy"}
WAITS = re.compile(r"timeout|wait|sleep|seconds|pause|interval|delay|poll|max_length|every|retr", re.IGNORECASE)
MEASURES = re.compile(r"(timedelta|Limit)\([^()]*\)|[\d_.()<*+, -]+")
# What is measured is never exactly at its limit.
MEASURED = re.compile(r"\b(now|today|monotonic|time|until|since|st_mtime|mtime|age|taken|left)\b|_at\b|\de\d")
OTHER_SIDES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}


@dataclass(frozen=True)
class Change:
    """`start` and `end` are places in the bytes of the file."""

    path: str
    line: int
    start: int
    end: int
    was: str
    now: str

    def __str__(self) -> str:
        was, now = (" ".join(each.split()) for each in (self.was, self.now))
        return f"{self.path}:{self.line} {was[:90]}  ->  {now[:90] or 'nothing'}"

    def made_in(self, text: bytes) -> bytes:
        return text[: self.start] + self.now.encode() + text[self.end :]


class Finder(ast.NodeVisitor):
    def __init__(self, path: str, text: bytes) -> None:
        self.path, self.text, self.found = path, text, list[Change]()
        lengths = [len(line) for line in text.splitlines(keepends=True)]
        self.begins = [sum(lengths[:number]) for number in range(len(lengths))]

    def _add(self, node: ast.expr | ast.stmt, now: str) -> None:
        start = self.begins[node.lineno - 1] + node.col_offset
        end = self.begins[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        self.found.append(Change(self.path, node.lineno, start, end, self.text[start:end].decode(), now))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in ("__str__", "__repr__"):
            return
        body = node.body
        if node.name == "clean" and len(node.args.args) == 1 and isinstance(body[-1], ast.Return):
            body = body[:-1]  # a form takes None for what it has
        for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), *body):
            self.visit(part)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.name != "Meta":
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value and not WAITS.search(ast.unparse(node.target)):
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        name = ast.unparse(node.targets[0])
        if WAITS.search(name) or (name.isupper() and MEASURES.fullmatch(ast.unparse(node.value))):
            return  # how much, named once: to say it twice in a test proves nothing
        if isinstance(node.targets[0], ast.Attribute | ast.Subscript):
            self._add(node, "pass")
        self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in FREE and not WAITS.search(node.arg or ""):
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        if not (LOGS.match(ast.unparse(node)) or name in TEXTS or WAITS.search(name) or IN_PIECES.search(name)):
            self.generic_visit(node)

    def visit_Slice(self, node: ast.Slice) -> None:
        for part in filter(None, (node.lower, node.upper)):
            if not (isinstance(part, ast.Constant) and isinstance(part.value, int) and part.value >= LONG):
                self.visit(part)

    def visit_Expr(self, node: ast.Expr) -> None:
        if (
            isinstance(node.value, ast.Call)
            and not LOGS.search(ast.unparse(node))
            and not TIDIES.search(ast.unparse(node))
            and "sleep(" not in ast.unparse(node)
            and not ast.unparse(node).endswith(".is_valid()")  # its errors would ask it
        ):
            self._add(node, "pass")
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test) or "__main__" in ast.unparse(node.test):
            return
        if not node.orelse and isinstance(node.body[-1], ENDS):
            self._add(node.test, "False")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value and ast.unparse(node.value) not in ("None", "True", "False"):
            self._add(node, "return None")
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1 and type(node.ops[0]) in OPPOSITES:
            opposites = OTHER_SIDES if MEASURED.search(ast.unparse(node)) else {}
            other = ast.Compare(node.left, [(OPPOSITES | opposites)[type(node.ops[0])]()], node.comparators)
            self._add(node, f"({ast.unparse(other)})")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        if ast.unparse(node.values[0]) == "super().clean()":
            return  # which has what the form has, or nothing
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._add(node, f"({ast.unparse(ast.BoolOp(other, node.values))})")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(node, f"({ast.unparse(node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(node, str(not node.value))
        elif isinstance(node.value, int):
            start = self.begins[node.lineno - 1] + node.col_offset
            self._add(node, "0o777" if MODE.match(self.text, start) else str(node.value + 1))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Python 3.11 tells no places inside of it."""


def of_python(path: str, text: bytes) -> Iterator[Change]:
    finder = Finder(path, text)
    finder.visit(ast.parse(text))
    yield from finder.found


OF_SCRIPTS = [
    (re.compile(r"==="), "!=="),
    (re.compile(r"!=="), "==="),
    (re.compile(r"&&"), "||"),
    (re.compile(r"\|\|"), "&&"),
    (re.compile(r"(?<=[ (])!(?=[\w(])"), ""),
    (re.compile(r"\btrue\b"), "false"),
    (re.compile(r"\bfalse\b"), "true"),
    (re.compile(r"(?<=\bif )\(.*\)(?= return\b)"), "(false)"),
    (re.compile(r"^ *[\w.?$\[\]]+(\(.*\)| [?|&]*= [^{]*[^{(,]);(?= *(//.*)?$)"), ""),
    (re.compile(r"(?<=\breturn) [^;{]+(?=;)"), ""),
]


def of_script(path: str, text: bytes) -> Iterator[Change]:
    """By line: no statement that begins on one and ends on another."""
    begin = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        was = line.decode().rstrip("\n")
        for pattern, put in OF_SCRIPTS if not was.lstrip().startswith("//") else []:
            for hit in pattern.finditer(was):
                now = was[: hit.start()] + put + was[hit.end() :]
                yield Change(path, number, begin, begin + len(was.encode()), was, now)
        begin += len(line)
