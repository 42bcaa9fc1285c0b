"""What the database, the operation log and Asterisk have of it, against what was told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO

from django.core.management import call_command

from accounts.models import User
from asterisk import check, nodes
from asterisk.models import ApplyRun
from core.audit.models import AuditRecord
from extensions.changes import record as changes
from extensions.fields import SECRET
from extensions.models import Change, SipExtension
from extensions.spreadsheets.models import Import
from tests.faults.crowd.journal import Deed, Journal
from tests.node import all_numbers, apply, catch_up, plan

ADDED, CHANGED, DELETED = "extension.added", "extension.changed", "extension.deleted"
BY_VALUE = ("first_name", "job_title")


@dataclass
class Life:
    """Of a number, by the log: its values and its version after each row."""

    is_there: bool = False
    version: int = 1
    values: dict[str, str] = field(default_factory=dict)


class Verdict:
    """`journal.failures` has what is not as it should be."""

    def __init__(self, journal: Journal, crowd: Iterable[User], since: int) -> None:
        """`since`: the last row of the log before the crowd came."""
        self.journal, self.crowd = journal, [user.pk for user in crowd]
        records = AuditRecord.objects.filter(id__gt=since, action__in=(ADDED, CHANGED, DELETED))
        self.records = list(records.order_by("id"))

    def look(self, before: dict[str, Life]) -> None:
        """`before`: number -> as it was when the crowd came."""
        self.look_at_the_log()
        self.look_at_lives(before)
        self.look_at_imports()
        self.look_at_applies()

    # --- each save has its rows of the log, and each row its save ---

    def look_at_the_log(self) -> None:
        saves: dict[tuple[int, str], list[AuditRecord]] = defaultdict(list)
        deletes: Counter[tuple[int, str]] = Counter()
        for each in self.records:
            if each.action == DELETED:
                deletes[each.by, each.number] += 1
            else:
                saves[each.by, value_of(each)].append(each)
        for deed in self.journal.deeds:
            if deed.kind == "export":
                continue
            if deed.column:
                self._compare(deed, [each.number for each in saves.pop((deed.by, deed.value), [])])
            elif deed.told:
                deletes.subtract((deed.by, number) for number in deed.numbers)
        for (by, value), rows in saves.items():
            self.journal.fail(f"{len(rows)} rows of the log by {by} of {value!r}, which nobody was told of: {rows[:3]}")
        for (by, number), times in deletes.items():
            if times:
                self.journal.fail(f"{number} was deleted by {by} {times} times more than told")
        exported = AuditRecord.objects.filter(action="extensions.exported", by__in=self.crowd).count()
        told = sum(deed.kind == "export" and bool(deed.told) for deed in self.journal.deeds)
        if exported != told:
            self.journal.fail(f"{exported} rows of the log of {told} exports")

    def _compare(self, deed: Deed, numbers: list[str]) -> None:
        wanted = sorted(deed.numbers) if deed.told else []
        if sorted(numbers) != wanted:
            self.journal.fail(f"{deed}, told {deed.told}: the log has {Counter(numbers)}")

    # --- nobody overwrote what they had not seen ---

    def look_at_lives(self, lives: dict[str, Life]) -> None:
        deeds = {(deed.by, deed.value): deed for deed in self.journal.deeds if deed.column}
        deletes: dict[tuple[int, str], list[Deed]] = defaultdict(list)
        for deed in self.journal.deeds:
            if deed.told and not deed.column:
                for number in deed.numbers:
                    deletes[deed.by, number].append(deed)
        for each in self.records:
            life = lives.setdefault(each.number, Life())
            if each.action == ADDED and life.is_there:
                self.journal.fail(f"{each.number} was given twice: {each}, row {each.id}")
            if each.action != ADDED and not life.is_there:
                self.journal.fail(f"{each.number} was not there: {each}, row {each.id}")
            known = deeds.get((each.by, value_of(each)))
            if each.action == DELETED:
                known = next(iter(deletes[each.by, each.number][:1]), None)
                del deletes[each.by, each.number][:1]
            if each.action != ADDED and known and known.seen.get(each.number) != life.version:
                self.journal.fail(f"{known} wrote over version {life.version} of {each.number}, row {each.id}")
            self._live_on(life, each)
        self._compare_in_the_end(lives)

    def _live_on(self, life: Life, record: AuditRecord) -> None:
        for name, (old, new) in record.detail.get("fields", {}).items():
            if name in SECRET:
                continue
            if life.values.get(name, "") != old:
                self.journal.fail(f"{record}, row {record.id}: {name} was {life.values.get(name)!r} and not {old!r}")
            life.values[name] = new
        life.version = life.version + 1 if record.action == CHANGED else 1
        life.is_there = record.action != DELETED

    def _compare_in_the_end(self, lives: dict[str, Life]) -> None:
        there = {each.number: each for each in SipExtension.objects.select_related("user__role", "handed_to")}
        for number, life in lives.items():
            if life.is_there != (number in there):
                self.journal.fail(f"{number} is there: {number in there}; by the log: {life.is_there}")
            elif life.is_there:
                now = changes.values(there[number])
                differing = [(name, value, now[name]) for name, value in life.values.items() if now[name] != value]
                if differing or there[number].version != life.version:
                    self.journal.fail(
                        f"{number}, version {there[number].version}, by the log {life.version}: {differing}"
                    )
        if unknown := there.keys() - lives.keys():
            self.journal.fail(f"The log does not know {unknown}")

    def look_at_imports(self) -> None:
        for each in Import.objects.exclude(state__in=(Import.State.READY, *Import.IN_PLACE)):
            self.journal.fail(f"An import of {each.total} rows is {each.state}: {each.why}")
        for each in Import.objects.filter(why__code="import.cut_short"):
            self.journal.fail(f"An import of {each.total} rows was cut short")

    # --- the chain, and the PBX ---

    def look_at_applies(self) -> None:
        said = StringIO()
        try:
            call_command("verify_audit", stdout=said)
        except SystemExit:
            self.journal.fail(said.getvalue())
        self.journal.counts["applies"] = ApplyRun.objects.count()
        self.journal.failures += [
            f"{run}: {run.explanation_text}" for run in ApplyRun.objects.exclude(outcome="proved")
        ]
        untouched = set(Change.objects.waiting().numbers())
        if steps := plan([number for number in all_numbers() if number not in untouched]):
            self.journal.fail(f"Told as applied, and not on the PBX: {steps[:5]}")
        apply(untouched, None)
        catch_up()
        if steps := plan(all_numbers()):
            self.journal.fail(f"Not on the PBX in the end: {steps[:5]}")
        self.journal.failures += [f"Asterisk: {drift}" for drift in check.check(nodes.from_settings()).drifts]


def value_of(record: AuditRecord) -> str:
    fields = record.detail.get("fields", {})
    return next((fields[name][1] for name in BY_VALUE if name in fields), "")


def lives_now() -> dict[str, Life]:
    there = SipExtension.objects.select_related("user__role", "handed_to")
    return {each.number: Life(is_there=True, version=each.version, values=changes.values(each)) for each in there}
