import trunks.models
from django.db import migrations


def carry_over(apps, schema_editor):
    routes = apps.get_model("trunks", "InboundRoute").objects.using(schema_editor.connection.alias)
    for route in routes.select_related("extension"):
        key = route.extension.number if route.extension and route.to != "digits" else ""
        route.goes_to = f"{route.to}:{key}" if key else route.to
        route.save(update_fields=["goes_to"])


class Migration(migrations.Migration):
    dependencies = [("trunks", "0002_who_may_use_a_route")]

    operations = [
        migrations.AddField(
            "inboundroute",
            "goes_to",
            trunks.models.CallDestinationField(default="hangup", max_length=32, verbose_name="Goes to"),
            preserve_default=False,
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField("inboundroute", "to"),
        migrations.RemoveField("inboundroute", "extension"),
    ]
