from django.db import migrations

INDEX = "members_of_departments"


class Migration(migrations.Migration):
    """The people of a department are found without their rows."""

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX {INDEX} ON accounts_user_organizations (organization_id, user_id)",
            f"DROP INDEX {INDEX}",
        ),
    ]
