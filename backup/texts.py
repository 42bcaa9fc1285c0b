"""What is said of backups, and stored with them."""

from django.utils.translation import gettext_lazy as _

from backup.models import CopySettings
from core.audit.fields import RecordedField, one_of, show_mask

TEXTS = {
    "backup.foreign": _("This is not a backup of this portal."),
    "backup.newer": _("This backup was made by a newer version of the portal. Update the portal first."),
    "backup.truncated": _("The backup is incomplete: its end is missing."),
    "backup.altered": _("The backup is damaged or was altered."),
    "backup.wrong_passphrase": _("The passphrase is wrong."),
    "backup.bad_name": _("The backup contains a file that does not belong in a backup. Nothing was restored."),
    "backup.bad_file": _("This file does not belong in a backup. Remove or rename it: %(file)s"),
    "backup.link": _("This folder is a link, which a backup does not follow: %(file)s"),
    "backup.no_room": _("Not enough disk space: the backup holds more than %(bytes)s MB, and %(free)s MB are free."),
    "backup.database": _("The database could not be copied: %(why)s"),
    "backup.not_written": _("The backup could not be written: %(why)s."),
    "backup.no_program": _("%(program)s is not installed. Install the postgresql-client package."),
    "backup.no_passphrase": _("No passphrase is set. Set one on Maintenance > Backup."),
    "backup.unreadable_passphrase": _(
        "The saved passphrase cannot be decrypted. Set it again on Maintenance > Backup."
    ),
    "backup.other_passphrase": _(
        "This backup was made with another passphrase. Try it from a terminal, with that one."
    ),
    "backup.running": _("A backup is already running."),
    "backup.exists": _("A file with this name already exists: %(file)s"),
    "backup.interrupted": _("The backup was interrupted."),
    "backup.unreadable": _("The backup cannot be read: %(why)s."),
    "copy.interrupted": _("The copy was interrupted."),
    "copy.sealed": _("The saved secret cannot be decrypted. Enter it again."),
    "copy.other_content": _("The other end does not have what was sent."),
    "copy.broke": _("The connection broke off."),
    "copy.no_sftp": _("The server does not offer SFTP."),
    "copy.not_let_in": _("The server refused %(user)s. Check the user name, and the password or key."),
    "copy.not_writable": _("The server does not let this user write to the folder %(folder)s."),
    "copy.no_folder": _("There is no folder %(folder)s on the server. Create it, or enter another one."),
    "copy.no_answer": _("%(host)s did not answer, or not in time."),
    "copy.failed": _("The other end refused it: %(why)s."),
    "copy.new_host_key": _("The server has the host key %(shown)s."),
    "copy.other_host_key": _(
        "The server has another host key: %(shown)s. Unless it was replaced on purpose, this may not be the server."
    ),
    "copy.no_s3": _("%(host)s does not answer as S3-compatible storage does. Check the endpoint."),
    "copy.certificate": _("The certificate of %(host)s is not valid, or its authority is not trusted on this machine."),
    "copy.wrong_region": _("The bucket is not in the region %(region)s."),
    "copy.no_bucket": _("There is no bucket %(bucket)s."),
    "copy.wrong_key": _("The access key ID or the secret access key is wrong."),
    "copy.not_allowed": _("This key may not write, read, and delete in the bucket %(bucket)s."),
    "restore.not_empty": _("Not restored: %(place)s already holds an installation. Move it away first."),
    "restore.is_running": _("Not restored: the portal is running. Stop it first."),
    "restore.other_database": _(
        "Not restored: this backup is of a %(made)s database, and the portal is set to use %(used)s."
        " Change DATABASE_URL."
    ),
    "restore.other_keys": _(
        "Not restored: SEALING_KEYS is set, and does not have the key of this backup. Remove it from the environment."
    ),
    "restore.other_counts": _("Not restored: table %(table)s does not have as many rows as when it was backed up."),
    "restore.not_sound": _("Not restored: %(why)s"),
    "restore.tried": _(
        "Restored to a temporary folder: %(extensions)s extensions, %(people)s people, %(log)s log entries, "
        "%(messages)s voicemail messages, %(secrets)s secrets decrypted. Nothing was changed."
    ),
    "restore.dump_read": _(
        "Read completely: %(extensions)s extensions, %(people)s people, %(log)s log entries, %(messages)s voicemail "
        "messages. Nothing was changed."
    ),
    "move.running": _("Not moved: the portal is running. Stop it first."),
    "move.not_empty": _("Not moved: the other database is not empty."),
    "move.no_address": _(
        "Not moved: %(url)s is no address of a database, such as postgres://portal:secret@host/portal."
    ),
    "move.unreachable": _("Not moved: the other database cannot be used: %(why)s"),
    "move.broken_log": _("Not moved: the operation log is damaged. %(why)s"),
    "move.differs": _("Not moved: table %(table)s differs after the copy."),
}
FIELDS = {
    "backup_folder": RecordedField(_("Folder")),
    "backup_passphrase": RecordedField(_("Passphrase"), show_mask, is_secret=True),
    "backup_days": RecordedField(_("Daily backups")),
    "backup_weeks": RecordedField(_("Weekly backups")),
    "backup_months": RecordedField(_("Monthly backups")),
    "copy_kind": RecordedField(_("Copy each backup"), one_of(dict(CopySettings.Kind.choices))),
    "copy_sftp_host": RecordedField(_("Host")),
    "copy_sftp_port": RecordedField(_("Port")),
    "copy_sftp_user": RecordedField(_("User Name")),
    "copy_sftp_sign_in": RecordedField(_("Sign in with"), one_of(dict(CopySettings.SignIn.choices))),
    "copy_sftp_password": RecordedField(_("Password"), show_mask, is_secret=True),
    "copy_sftp_host_key": RecordedField(_("Host key")),
    "copy_sftp_folder": RecordedField(_("Folder")),
    "copy_s3_endpoint": RecordedField(_("Endpoint")),
    "copy_s3_region": RecordedField(_("Region")),
    "copy_s3_bucket": RecordedField(_("Bucket")),
    "copy_s3_folder": RecordedField(_("Folder")),
    "copy_s3_key_id": RecordedField(_("Access key ID")),
    "copy_s3_secret": RecordedField(_("Secret access key"), show_mask, is_secret=True),
    "copied_to": RecordedField(_("Copied to")),
    "backup_voicemail": RecordedField(_("Include voicemail messages"), one_of({True: _("on"), False: _("off")})),
}
