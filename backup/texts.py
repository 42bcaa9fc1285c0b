"""What is said of backups, and stored with them."""

from django.utils.translation import gettext_lazy as _

from core.audit.fields import RecordedField, one_of, show_mask

TEXTS = {
    "backup.foreign": _("This is not a backup of this portal."),
    "backup.newer": _("This backup was made by a newer version of the portal. Update the portal first."),
    "backup.truncated": _("The backup is incomplete: its end is missing."),
    "backup.altered": _("The backup is damaged or was altered."),
    "backup.wrong_passphrase": _("The passphrase is wrong."),
    "backup.bad_name": _("The backup contains a file that does not belong in a backup. Nothing was restored."),
    "backup.no_room": _("Not enough disk space: the backup holds more than %(bytes)s MB, and %(free)s MB are free."),
    "backup.database": _("The database could not be copied: %(why)s"),
    "backup.not_written": _("The backup could not be written: %(why)s."),
    "backup.no_program": _("%(program)s is not installed. Install the postgresql-client package."),
    "backup.no_passphrase": _("No passphrase is set. Set one on Maintenance > Backup."),
    "backup.unreadable_passphrase": _(
        "The saved passphrase cannot be decrypted. Set it again on Maintenance > Backup."
    ),
    "backup.running": _("A backup is already running."),
    "backup.exists": _("A file with this name already exists: %(file)s"),
    "backup.interrupted": _("The backup was interrupted."),
    "backup.unreadable": _("The backup cannot be read: %(why)s."),
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
    "backup_voicemail": RecordedField(_("Include voicemail messages"), one_of({True: _("on"), False: _("off")})),
}
