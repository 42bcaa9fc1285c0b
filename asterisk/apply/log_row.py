from asterisk.models import ApplyRun
from core.audit import log
from core.coded_text import CodedText
from core.preferences.models import SystemChange


def record(run: ApplyRun, action: str, about: str = "") -> None:
    numbers: list[str] = run.numbers
    one = numbers[0] if len(numbers) == 1 else ""
    refused = run.outcome == ApplyRun.Outcome.REFUSED
    on = CodedText("extension.many", number=len(numbers)) if numbers else _on_of_settings(run)
    if about or one:
        on = CodedText("extension.one", number=about or one)
    log.record(
        run.by,
        action,
        on,
        number=about or one,
        result=log.Result.REFUSED if refused else log.Result.DONE,
        run=run.pk,
        outcome=run.outcome,
        error=run.explanation if refused else "",
        numbers=numbers[:100],
    )


def _on_of_settings(run: ApplyRun) -> CodedText:
    fields = set(run.system_changes.values_list("field", flat=True))
    return CodedText("module.lines" if fields == {SystemChange.Field.LINES} else "module.preferences")
