

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SipExtension',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(error_messages={'unique': 'Another extension has this number.'}, max_length=8, unique=True, validators=[django.core.validators.RegexValidator('\\A[1-9][0-9]{1,7}\\Z', 'Enter 2 to 8 digits, the first not 0.', code='number')], verbose_name='Extension Number')),
                ('position', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Cast('number', models.BigIntegerField()), output_field=models.BigIntegerField())),
                ('caller_id', models.CharField(max_length=31, validators=[django.core.validators.RegexValidator('\\A[0-9*#+]{1,31}\\Z', 'Enter 1 to 31 of the characters 0-9 * # +.', code='caller_id')], verbose_name='Caller ID')),
                ('registration_name', models.CharField(error_messages={'unique': 'Another extension registers with this name.'}, max_length=63, unique=True, validators=[django.core.validators.RegexValidator('\\A[A-Za-z0-9._-]{1,63}\\Z', 'Enter 1 to 63 of the characters A-Z a-z 0-9 . _ -.', code='registration_name')], verbose_name='Registration Name')),
                ('sealed_password', models.TextField(editable=False)),
                ('max_phones', models.PositiveSmallIntegerField(choices=[(1, '1'), (2, '2'), (3, '3')], default=1, verbose_name='IP Phone Concurrent Registrations')),
                ('allowed_networks', models.CharField(blank=True, max_length=511, verbose_name='Allowed Networks')),
                ('enabled', models.BooleanField(default=True)),
                ('left_on', models.DateField(editable=False, null=True)),
                ('delete_on', models.DateField(editable=False, null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('sort_name', models.CharField(editable=False, max_length=127)),
                ('sort_email', models.CharField(editable=False, max_length=254)),
                ('search_text', models.TextField(editable=False)),
                ('handed_to', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='handed_over_to_it', to='extensions.sipextension')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='sip_extension', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='KnownNetwork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', models.CharField(max_length=43)),
                ('first_seen', models.DateTimeField(default=django.utils.timezone.now)),
                ('extension', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='known_networks', to='extensions.sipextension')),
            ],
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(db_index=True, max_length=8)),
                ('kind', models.CharField(choices=[('added', 'Added'), ('changed', 'Changed'), ('deleted', 'Deleted')], max_length=8)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('fields', models.JSONField(default=dict)),
                ('former', models.JSONField(null=True)),
                ('applied_at', models.DateTimeField(editable=False, null=True)),
                ('discarded_at', models.DateTimeField(editable=False, null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('applied_at', None), ('discarded_at', None)), fields=['number'], name='waiting_changes'), models.Index(condition=models.Q(('applied_at', None), ('discarded_at', None)), fields=['by'], name='waiting_authors')],
            },
        ),
        migrations.AddIndex(
            model_name='sipextension',
            index=models.Index(condition=models.Q(('delete_on__isnull', False)), fields=['delete_on'], name='to_be_deleted'),
        ),
        migrations.AddIndex(
            model_name='sipextension',
            index=models.Index(models.F('position'), models.F('id'), name='by_position'),
        ),
        migrations.AddIndex(
            model_name='sipextension',
            index=models.Index(fields=['sort_name', 'id'], name='by_name'),
        ),
        migrations.AddIndex(
            model_name='sipextension',
            index=models.Index(fields=['sort_email', 'id'], name='by_email'),
        ),
        migrations.AddConstraint(
            model_name='sipextension',
            constraint=models.CheckConstraint(condition=models.Q(('max_phones__in', (1, 2, 3))), name='one_to_three_phones'),
        ),
        migrations.AddConstraint(
            model_name='sipextension',
            constraint=models.CheckConstraint(condition=models.Q(('left_on__isnull', False), models.Q(('delete_on', None), ('handed_to', None)), _connector='OR'), name='only_who_has_left_goes_or_hands_over'),
        ),
        migrations.AddConstraint(
            model_name='sipextension',
            constraint=models.CheckConstraint(condition=models.Q(('left_on', None), ('enabled', False), _connector='OR'), name='who_has_left_is_disabled'),
        ),
        migrations.AddConstraint(
            model_name='sipextension',
            constraint=models.CheckConstraint(condition=models.Q(('handed_to', models.F('id')), _negated=True), name='handed_to_somebody_else'),
        ),
        migrations.AddConstraint(
            model_name='knownnetwork',
            constraint=models.UniqueConstraint(fields=('extension', 'network'), name='one_row_of_a_network'),
        ),
    ]
