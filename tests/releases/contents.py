"""What a portal has of everything, and how it is read again: scripts for the shell of a release, and of later ones."""

SEALED = {
    "mail": "the password of the mail server",
    "webhook": "the secret of the webhook",
    "passphrase": "correct horse battery staple",
    "sftp": "the password of the SFTP server",
    "s3": "the secret of the store",
    "factor": "JBSWY3DPEHPK3PXP",
}

# At least a row of each table.
FILL = f"""
from datetime import timedelta
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils import timezone
from accounts.models import Organization, Role, User
from accounts.profile.models import Avatar, EmailChange
from accounts.sessions.models import Device, SessionStore
from accounts.throttling.failure_counts import Tally
from asterisk.models import ApplyRun, BlockedAddress, CheckRun
from backup.models import Backup, BackupSettings, Copy, CopySettings
from core import encryption
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText, to_json
from core.events import look, webhook
from core.events.models import Delivery
from core.mail import outbox
from core.mail.smtp import client
from core.preferences.models import HoldMusic, Preferences, SystemChange
from extensions import actions
from extensions.models import Change, KnownNetwork, SipExtension, VoicemailMessage
from tests.people import make_extension, make_user

sealed = {SEALED!r}
now = timezone.now()
ada = make_user('Ada', role='super_administrator')
clerks = Role.objects.create(name='Clerks', granted=[Permission.VIEW_EXTENSIONS])
clerks.organizations.add(Organization.company())
eve = make_user('Eve', custom=clerks)
sales = Organization.objects.create(name='Sales', parent=Organization.company())
Avatar.objects.create(user=ada, image=bytes(range(256)), version='0123456789abcdef')
EmailChange.objects.create(user=eve, new='other@example.com', old_confirmed=False)
Tally.objects.create(key='b' * 64, times=[1.5])
Device.objects.create(user=ada, key_hash='a' * 64, agent='Firefox')
Authenticator.objects.create(user=ada, type='totp', data={{'secret': encryption.seal('factor', '', sealed['factor'])}})
session = SessionStore()
session['_auth_user_id'] = str(ada.pk)
session.create()
cache.set('kept', 'a value', None)

for number in range(1000, 1010):
    extension = make_extension(
        str(number), first_name='Наталія “Zoë”', last_name='美咲', voicemail=True, voicemail_pin='739' + str(number)
    )
    extension.user.organizations.add(sales)
Change.objects.exclude(number__in=['1008', '1009']).update(applied_at=now)
actions.delete('1009', ada)
SipExtension.objects.filter(number='1001').update(
    enabled=False, left_on='2026-11-29', handed_to=SipExtension.objects.get(number='1000')
)
first = SipExtension.objects.get(number='1000')
KnownNetwork.objects.create(extension=first, network='192.0.2.0/24')
VoicemailMessage.objects.create(
    extension=first, message_id='1-00000001', folder='new', caller_number='1002', caller_name='美咲', left_at=now,
    seconds=7, size=112044,
)

HoldMusic.objects.create(version='0123456789abcdef', name='jingle.wav', wav=bytes(range(256)))
preferences = Preferences.load()
preferences.sealed_mail_password = encryption.seal(client.LABEL, client.ROW, sealed['mail'])
preferences.sealed_webhook_secret = encryption.seal(webhook.LABEL, webhook.ROW, sealed['webhook'])
preferences.mail_host, preferences.webhook_url = 'mail.example.com', 'https://monitor.example.com/'
preferences.save()
change = SystemChange.objects.create(field='country', old='US', new='DE', by=ada)
run = ApplyRun.objects.create(by=ada, numbers=['1000'], outcome='proved', finished_at=now)
run.changes.set(Change.objects.filter(number='1000'))
run.system_changes.add(change)
CheckRun.objects.create(finished_at=now, total=9, compared=9, asterisk_asked=True)
BlockedAddress.objects.create(network='203.0.113.7', reason='attempts', tries=20, until=now + timedelta(hours=1))

outbox.send('new_device', ada, agent='Firefox', address='192.0.2.1')
look.begin('disk', CodedText('event.disk', path='/var', share=91), '/var')
Delivery.objects.create(body='{{}}')

backup = BackupSettings.load()
backup.passphrase = sealed['passphrase']
backup.save()
copies = CopySettings.load()
copies.seal('sftp_password', sealed['sftp'])
copies.seal('s3_secret', sealed['s3'])
copies.save()
made = Backup.objects.create(
    nightly=True, state='verified', finished_at=now, file='/nowhere/pbxportal-20261129-020000.backup', size=1,
    contents={{'extensions': 9, 'people': 12, 'log': 1, 'messages': 1}},
)
Copy.objects.create(backup=made, place='sftp://nas', name=made.name, made_at=now)
log.record(ada, 'backup.downloaded', made.name)
"""

# By the code of today; what it prints must be what the release that made the data printed.
READ = """
import json
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from accounts.models import Organization, User
from accounts.profile.models import Avatar
from backup.models import BackupSettings, CopySettings
from core import encryption
from core.events import webhook
from core.mail.smtp import client
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.people import PASSWORD

def extensions():
    rows = SipExtension.objects.order_by('number')
    return [[e.number, e.registration_name, e.registration_password, e.voicemail_pin, e.user.last_name] for e in rows]

there = extensions()
preferences, copies = Preferences.load(), CopySettings.load()
review.discard('1009', User.objects.get(first_name='Ada'))
print(json.dumps({
    'extensions': there,
    'put_back': [each for each in extensions() if each not in there],
    'handed_to': SipExtension.objects.get(number='1001').handed_to.number,
    'found': SipExtension.objects.filter(search_text__contains='美咲').count(),
    'in_sales': Organization.objects.get(name='Sales').users.count(),
    'picture': bytes(Avatar.objects.get().image).hex(),
    'password': User.objects.get(first_name='Ada').check_password(PASSWORD),
    'sealed': {
        'mail': encryption.unseal(client.LABEL, client.ROW, preferences.sealed_mail_password),
        'webhook': encryption.unseal(webhook.LABEL, webhook.ROW, preferences.sealed_webhook_secret),
        'passphrase': BackupSettings.load().passphrase,
        'sftp': copies.unseal('sftp_password'),
        's3': copies.unseal('s3_secret'),
        'factor': encryption.unseal('factor', '', Authenticator.objects.get().data['secret']),
    },
}))
"""
