"""The order of people's names, in the columns that the list sorts and searches by."""

from django.db import connections, transaction

from core.preferences.models import NameFormat
from extensions.listing import search_index
from extensions.models import SipExtension, search_text, sort_name

FOUND_BY = ("number", "user__email", "user__mobile", "caller_id", "user__job_title")


def rewrite(names: NameFormat) -> None:
    """Of everybody, in one statement."""
    rows = []
    people = SipExtension.objects.order_by().values_list("position", "user__first_name", "user__last_name", *FOUND_BY)
    for position, first, last, number, *rest in people:
        name = names.of(first, last)
        rows.append((position, sort_name(name), search_text(number, name, *rest)))
    connection = connections[SipExtension.objects.db]
    with transaction.atomic(), connection.cursor() as cursor, search_index.made_anew(connection, len(rows)):
        cursor.execute("CREATE TEMPORARY TABLE renamed (position bigint PRIMARY KEY, name text, text text)")
        cursor.executemany("INSERT INTO renamed VALUES (%s, %s, %s)", rows)
        cursor.execute(
            "UPDATE extensions_sipextension SET sort_name = renamed.name, search_text = renamed.text"
            " FROM renamed WHERE renamed.position = extensions_sipextension.position"
        )
        cursor.execute("DROP TABLE renamed")
