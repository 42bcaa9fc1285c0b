from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts.models import User
from accounts.sessions import active as active_sessions
from accounts.throttling import failure_counts
from accounts.throttling import sign_in as sign_in_throttling
from core.audit import context, log
from core.audit.fields import MASK


class Command(changepassword.Command):
    help = "Sets a user password and records the change in the operation log."

    @context.override_origin(context.COMMAND)
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"])
        active_sessions.end(user)
        failure_counts.forgive(sign_in_throttling.of_account(user.email or ""))
        log.record(None, "sign_in.password_changed", user.email or user.full_name, fields={"password": ["", MASK]})
        return said
