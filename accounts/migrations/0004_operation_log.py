from django.db import migrations, models
import django.utils.timezone

from accounts import append_only, chain

MODULES = {
    "apply": "Apply History",
    "engine": "Engine Check",
    "extension": "Extension",
    "preferences": "Preferences",
    "setup": "Set-up",
}
BATCH = 1000


def copy(apps, schema_editor):
    """The rows that there are, in their order, chained."""
    Former, Record, Head, Person = (
        apps.get_model("accounts", name) for name in ("FormerRecord", "AuditRecord", "AuditHead", "AuditPerson")
    )
    head = Head(pk=1, count=0, last_hash=chain.START)
    people, gone, batch = {}, {}, []  # gone: who was deleted, told apart by name alone
    names = {pk: f"{first} {last}".strip() for pk, first, last in
             apps.get_model("accounts", "User").objects.values_list("pk", "first_name", "last_name")}
    for former in Former.objects.order_by("id").iterator(BATCH):
        record = Record(
            id=head.count + 1,
            at=former.at,
            set_back=head.last_at is not None and former.at < head.last_at,
            by=former.by_id or (0 if former.by_name == "system" else gone.setdefault(former.by_name, -1000 - len(gone))),
            by_name=former.by_name,
            origin="",
            module=MODULES.get(former.deed.partition(".")[0], "Extension"),
            deed=former.deed,
            on=former.on,
            number=former.on if former.deed.startswith("extension.") and len(former.on) <= 8 else "",
            result="refused" if former.deed.endswith(".refused") else "done",
            detail=chain.clean(former.detail),
        )
        record.hash = chain.digest(head.last_hash, [getattr(record, name) for name in chain.HASHED])
        head.count, head.last_hash, head.last_at = record.id, record.hash, record.at
        people[record.by, f"{names.get(record.by, '')} {record.by_name}".strip().casefold()[:400]] = True
        batch.append(record)
        if len(batch) == BATCH:
            Record.objects.bulk_create(batch)
            batch = []
    Record.objects.bulk_create(batch)
    Person.objects.bulk_create([Person(by=by, search=search) for by, search in people], BATCH)
    head.save()


def protect(apps, schema_editor):
    append_only.protect(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_role_rules'),
    ]

    operations = [
        migrations.RenameModel('AuditRecord', 'FormerRecord'),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.BigIntegerField(default=0)),
                ('last_hash', models.CharField(max_length=64)),
                ('last_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_head_of_the_log')],
            },
        ),
        migrations.CreateModel(
            name='AuditPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.BigIntegerField()),
                ('search', models.CharField(max_length=400)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('by', 'search'), name='one_row_for_each_name')],
            },
        ),
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_back', models.BooleanField(default=False)),
                ('by', models.BigIntegerField(default=0)),
                ('by_name', models.CharField(max_length=254)),
                ('origin', models.CharField(max_length=45)),
                ('module', models.CharField(max_length=32)),
                ('deed', models.CharField(max_length=40)),
                ('on', models.CharField(max_length=254)),
                ('number', models.CharField(blank=True, max_length=8)),
                ('result', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed')], default='done', max_length=8)),
                ('detail', models.JSONField(default=dict)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['by', 'id'], name='log_by'),
                    models.Index(fields=['module', 'id'], name='log_module'),
                    models.Index(fields=['result', 'id'], name='log_result'),
                    models.Index(fields=['number', 'id'], name='log_number'),
                    models.Index(fields=['by', 'module', 'id'], name='log_by_module'),
                    models.Index(fields=['by', 'result', 'id'], name='log_by_result'),
                    models.Index(fields=['module', 'result', 'id'], name='log_module_result'),
                    models.Index(fields=['number', 'module', 'id'], name='log_number_module'),
                    models.Index(fields=['number', 'result', 'id'], name='log_number_result'),
                    models.Index(fields=['number', 'by', 'id'], name='log_number_by'),
                    models.Index(condition=models.Q(('set_back', True)), fields=['id'], name='log_set_back'),
                ],
            },
        ),
        migrations.RunPython(copy, migrations.RunPython.noop),
        migrations.DeleteModel('FormerRecord'),
        migrations.RunPython(protect, migrations.RunPython.noop),
    ]
