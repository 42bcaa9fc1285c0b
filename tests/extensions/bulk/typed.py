"""What an administrator types into the forms of bulk actions, as the browser would post it."""

from typing import Any

from accounts.models import Organization


def bulk_add(**more: Any) -> dict[str, Any]:
    return {
        "first": "2000",
        "count": "3",
        "taken": "refuse",
        "first_name": "Desk {n}",
        "last_name": "",
        "email": "",
        "passwords": "",
        "role": "",
        "organizations": [str(Organization.company().pk)],
        "job_title": "",
        "max_phones": "1",
        "voicemail": "on",
        "voicemail_asks_pin": "on",
        "voicemail_email": "recording",
        "voicemail_after_email": "keep",
        "voicemail_says_date": "on",
        **more,
    }
