from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from extensions import pbx
from extensions.actions import delete_due
from extensions.models import SipExtension


class Command(BaseCommand):
    help = "Deletes offboarded extensions on their deletion date and applies the change. `run` does this every day."

    def handle(self, *_args: Any, **_options: Any) -> None:
        today = localdate()
        numbers = delete_due(today)
        if numbers:
            try:
                said = pbx.get().apply(numbers, None).words
            except pbx.PbxError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{', '.join(numbers)}: {said}")
        self.stdout.write(self._next(today))

    def _next(self, today: date) -> str:
        waiting = SipExtension.objects.filter(delete_on__gt=today)
        first = waiting.order_by("delete_on").values_list("delete_on", flat=True).first()
        return (
            f"{waiting.count()} scheduled for deletion later, the first on {first}."
            if first
            else "No later deletions are scheduled."
        )
