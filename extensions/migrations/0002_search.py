from django.db import migrations, models
from django.db.models.functions import Coalesce


def fill_emails(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects.filter(pk=models.OuterRef("user_id"))
    emails = models.Subquery(users.values("email")[:1])
    apps.get_model("extensions", "SipExtension").objects.update(sort_email=Coalesce(emails, models.Value("")))


class Migration(migrations.Migration):

    dependencies = [
        ('extensions', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='sipextension',
            name='sort_email',
            field=models.CharField(default='', editable=False, max_length=254),
            preserve_default=False,
        ),
        migrations.RunPython(fill_emails, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='sipextension',
            index=models.Index(fields=['sort_email', 'id'], name='by_email'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('applied_at', None), ('discarded_at', None)), fields=['by'], name='waiting_authors'),
        ),
    ]
