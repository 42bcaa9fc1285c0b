

import core.preferences.models
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                'indexes': [models.Index(fields=['by', 'id'], name='log_by'), models.Index(fields=['module', 'id'], name='log_module'), models.Index(fields=['result', 'id'], name='log_result'), models.Index(fields=['number', 'id'], name='log_number'), models.Index(fields=['by', 'module', 'id'], name='log_by_module'), models.Index(fields=['by', 'result', 'id'], name='log_by_result'), models.Index(fields=['module', 'result', 'id'], name='log_module_result'), models.Index(fields=['number', 'module', 'id'], name='log_number_module'), models.Index(fields=['number', 'result', 'id'], name='log_number_result'), models.Index(fields=['number', 'by', 'id'], name='log_number_by'), models.Index(condition=models.Q(('set_back', True)), fields=['id'], name='log_set_back')],
            },
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_format', models.CharField(choices=[('first_last', 'First Last'), ('last_first', 'Last First'), ('lastfirst', 'LastFirst')], default='first_last', max_length=10, verbose_name='Name Display Format')),
                ('time_zone', models.CharField(default=core.preferences.models.default_zone, max_length=63, validators=[core.preferences.models.known_zone], verbose_name='Time Zone')),
                ('organization_management', models.BooleanField(default=True, verbose_name='Organization Management')),
                ('country', models.CharField(default='US', max_length=2, validators=[core.preferences.models.known_country])),
                ('first_number', models.PositiveIntegerField(default=1000, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(99999999)], verbose_name='First extension number')),
                ('last_number', models.PositiveIntegerField(default=5999, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(99999999)], verbose_name='Last extension number')),
                ('sip_host', models.CharField(blank=True, max_length=253, validators=[django.core.validators.RegexValidator('\\A[A-Za-z0-9.:\\[\\]-]{1,253}\\Z', 'Enter a host name or an address, such as pbx.example.com or 192.0.2.10.')], verbose_name='SIP server')),
                ('sip_port', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(65535)], verbose_name='SIP port')),
                ('restore_points', models.PositiveIntegerField(default=1000, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(100000)], verbose_name='Applies kept')),
                ('password_length', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(63)], verbose_name='Shortest User Password')),
                ('password_signs', models.BooleanField(default=False, verbose_name='User passwords need a sign')),
                ('idle_minutes', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(120)], verbose_name='Idle limit, minutes')),
                ('session_hours', models.PositiveSmallIntegerField(default=24, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(720)], verbose_name='Longest session, hours')),
                ('language', models.CharField(default='en', max_length=10, validators=[core.preferences.models.known_language], verbose_name='Language')),
                ('second_factor', models.BooleanField(default=False, verbose_name='Second factor for who manages anything')),
                ('notifications', models.JSONField(default=core.preferences.models.every_notification, verbose_name='Notifications')),
                ('self_service', models.JSONField(default=core.preferences.models.usual_self_service, verbose_name='What people may change themselves')),
                ('mail_host', models.CharField(blank=True, max_length=253, validators=[django.core.validators.RegexValidator('\\A[A-Za-z0-9.:\\[\\]-]{1,253}\\Z', 'Enter a host name or an address, such as pbx.example.com or 192.0.2.10.')], verbose_name='Mail server')),
                ('mail_port', models.PositiveIntegerField(default=587, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(65535)], verbose_name='Port')),
                ('mail_security', models.CharField(choices=[('starttls', 'STARTTLS'), ('tls', 'TLS'), ('none', 'None')], default='starttls', max_length=8, verbose_name='Security')),
                ('mail_user', models.CharField(blank=True, max_length=254, verbose_name='User Name')),
                ('sealed_mail_password', models.TextField(blank=True, editable=False)),
                ('mail_from', models.CharField(blank=True, max_length=254, verbose_name='Sender Address')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_row_of_preferences'), models.CheckConstraint(condition=models.Q(('first_number__lte', models.F('last_number'))), name='range_of_numbers', violation_error_message='The last extension number must not be below the first.')],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32)),
                ('to', models.CharField(max_length=254)),
                ('facts', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('taken', 'Taken'), ('refused', 'Refused'), ('uncertain', 'Uncertain'), ('void', 'Void')], default='waiting', max_length=10)),
                ('batch', models.UUIDField(null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('delayed_since', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('settled_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, max_length=500)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at', 'id'], name='letters_that_wait'), models.Index(fields=['state', 'id'], name='letters_by_state'), models.Index(condition=models.Q(models.Q(('delayed_since__isnull', False), ('state', 'waiting')), models.Q(('settled_at', None), ('state', 'uncertain')), _connector='OR'), fields=['state'], name='letters_in_trouble'), models.Index(fields=['user', 'kind', 'id'], name='letters_of_a_person'), models.Index(condition=models.Q(('batch__isnull', False)), fields=['batch'], name='letters_of_a_batch')],
            },
        ),
        migrations.CreateModel(
            name='SystemChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(choices=[('name_format', 'Name Display Format'), ('country', 'Country')], max_length=16)),
                ('old', models.CharField(max_length=16)),
                ('new', models.CharField(max_length=16)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('taken', models.BooleanField(default=False)),
                ('applied_at', models.DateTimeField(editable=False, null=True)),
                ('discarded_at', models.DateTimeField(editable=False, null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('applied_at', None), ('discarded_at', None), ('taken', False)), fields=('field',), name='one_waiting_change_of_a_preference')],
            },
        ),
    ]
