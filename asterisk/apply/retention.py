"""How many applies are kept. The oldest beyond that go, some after each apply, with all that only they needed."""

import logging

from django.db import transaction

from asterisk.apply import mailboxes
from asterisk.engine import store as engine
from asterisk.models import UNPROVED, ApplyRun
from asterisk.nodes import Node
from core.preferences.models import Preferences
from extensions.models import Change

RUNS_AT_ONCE = 10
CHANGES_AT_ONCE = 1_000
logger = logging.getLogger(__name__)


def prune(node: Node) -> None:
    """They are counted: a PostgreSQL that was killed leaves numbers out."""
    most = Preferences.now("restore_points")
    over = ApplyRun.objects.values_list("pk", flat=True)[most : most + 1]
    if not over:
        return
    bound = over[0]
    ended = ApplyRun.objects.filter(pk__lte=bound).exclude(outcome__in=UNPROVED).order_by("pk")
    gone = list(ended.values_list("pk", flat=True)[:RUNS_AT_ONCE])
    try:
        if gone:
            with engine.opened(node.engine_file) as db:
                engine.forget(db, gone)
    except engine.EngineError as error:
        logger.warning("Could not delete old apply history: %s", error)
        return
    oldest = ApplyRun.objects.filter(pk__gt=bound).order_by("pk").first()
    try:
        mailboxes.forget(node.directory, oldest.started_at.timestamp() if oldest else 0)
    except OSError as error:
        logger.warning("Could not delete the mailboxes of deleted extensions: %s", error)
    with transaction.atomic():
        ApplyRun.objects.filter(pk__in=gone).delete()
        _prune_changes(bound)


def _prune_changes(bound: int) -> None:
    """Those older than the kept runs that no run names any more. What waits stays."""
    links = ApplyRun.changes.through.objects.filter(applyrun__gt=bound).order_by("applyrun_id", "change_id")
    first_kept = links.values_list("change_id", flat=True).first()
    if first_kept is not None:
        over = Change.objects.settled().filter(pk__lt=first_kept, runs=None).order_by("pk")
        Change.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:CHANGES_AT_ONCE])).delete()
