"""Who writes messages down is killed at any moment: each message is one row and one e-mail, or neither yet."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core.mail.models import Email
from extensions.models import VoicemailMessage
from tests.faults.victim import ROOT, environment
from tests.people import make_extension, make_user

KILLS, AT_ONCE = 50, 10
SEED = 20261128


@pytest.mark.django_db(transaction=True)
def test_each_message_is_one_row_and_one_email() -> None:
    make_extension("1000", user=make_user("Ada"), voicemail=True)
    program = [sys.executable, "-m", f"{__package__}.note_process"]
    chance, count, killed = random.Random(SEED), 0, 0
    place = {**environment(), "PBXPORTAL_VAR": str(settings.VAR), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(program, cwd=Path(ROOT), env=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def lives(seconds: float | None) -> dict[str, Any]:
            assert process.stdin
            assert process.stdout
            order = {"number": "1000", "count": count, "seconds": seconds}
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        longest = lives(None)["seconds"]
        while killed < KILLS:
            count += AT_ONCE
            ended = lives(chance.uniform(0, 2 * longest))
            killed += ended["status"] == signal.SIGKILL
            told = [email.facts["message"] for email in Email.objects.filter(kind="voicemail")]
            assert sorted(told) == sorted(VoicemailMessage.objects.values_list("pk", flat=True))
        assert lives(None)["status"] == 0
        assert process.stdin
        process.stdin.close()
    assert VoicemailMessage.objects.count() == Email.objects.filter(kind="voicemail").count() == count
