from asterisk.models import ApplyRun
from core.audit import log
from core.coded_text import CodedText


def record(run: ApplyRun, action: str, about: str = "") -> None:
    numbers: list[str] = run.numbers
    one = numbers[0] if len(numbers) == 1 else ""
    refused = run.outcome == ApplyRun.Outcome.REFUSED
    on = CodedText("extension.many", number=len(numbers)) if numbers else CodedText("module.preferences")
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
