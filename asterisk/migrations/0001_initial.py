

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('extensions', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('total', models.PositiveIntegerField(default=0)),
                ('compared', models.PositiveIntegerField(default=0)),
                ('asterisk_asked', models.BooleanField(default=False)),
                ('differing', models.PositiveIntegerField(default=0)),
                ('drifts', models.JSONField(default=list)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ApplyRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('numbers', models.JSONField(default=list)),
                ('rows_written', models.PositiveIntegerField(default=0)),
                ('values_compared', models.PositiveIntegerField(default=0)),
                ('outcome', models.CharField(choices=[('running', 'Running'), ('proved', 'Proved'), ('waiting', 'waiting for the PBX'), ('refused', 'Refused')], default='running', max_length=8)),
                ('words', models.TextField(blank=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changes', models.ManyToManyField(related_name='runs', to='extensions.change')),
                ('system_changes', models.ManyToManyField(related_name='runs', to='core.systemchange')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
