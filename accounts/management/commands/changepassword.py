from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import attempts, limits, sessions
from accounts.models import User
from core.audit import context, log


class Command(changepassword.Command):
    help = "Sets a user password, and records that it was set."

    @context.override_origin(context.COMMAND)
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"])
        sessions.end(user)
        limits.forgive(attempts.of_account(user.email or ""))
        log.record(
            None, "sign_in.password_changed", user.email or user.full_name, fields={"User Password": ["", "changed"]}
        )
        return said
