-- The engine: all that Asterisk reads of extensions, and the only thing that an apply writes.
-- A projection: it can be deleted and made again from the portal's own database at any time.

BEGIN IMMEDIATE;

-- One row for each SIP login. The id is what Asterisk calls endpoint, aor and auth.
CREATE TABLE IF NOT EXISTS sip_login (
  id                TEXT PRIMARY KEY,
  number            TEXT NOT NULL,
  registration_name TEXT NOT NULL,
  password_digest   TEXT NOT NULL,      -- MD5:hex of name:realm:password
  caller_name       TEXT NOT NULL,
  caller_id         TEXT NOT NULL,      -- "name" <number>, the name cut to what Asterisk holds
  max_contacts      INTEGER NOT NULL,
  permit            TEXT NOT NULL DEFAULT '',        -- networks that it may register from, by commas; '': all
  transport         TEXT NOT NULL DEFAULT 'any',     -- udp, tcp, tls: the one that its phones may use
  media_encryption  TEXT NOT NULL DEFAULT 'offered'  -- off, offered, required
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sip_login_by_number ON sip_login (number);
CREATE INDEX IF NOT EXISTS sip_login_by_registration_name ON sip_login (registration_name);

-- One row for each number that can be called: its dial plan.
CREATE TABLE IF NOT EXISTS pbx_number (
  number       TEXT PRIMARY KEY,
  ring_seconds INTEGER NOT NULL,
  rings        TEXT NOT NULL DEFAULT ''  -- the number whose phones ring in place of its own; '': its own
) STRICT, WITHOUT ROWID;

-- One row for each mailbox. The PIN in clear: Asterisk compares its text; the file is its owner's alone.
CREATE TABLE IF NOT EXISTS mailbox (
  number      TEXT PRIMARY KEY,
  pin         TEXT NOT NULL,
  asks_pin    INTEGER NOT NULL,  -- also who calls it from its own phone
  says_date   INTEGER NOT NULL,
  says_caller INTEGER NOT NULL,
  says_length INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- PINs that were changed by phone, until the portal has taken them over.
CREATE TABLE IF NOT EXISTS pin_by_phone (
  number TEXT PRIMARY KEY,
  pin    TEXT NOT NULL,
  at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT, WITHOUT ROWID;

-- Mailboxes that were closed after ten wrong PINs, until the portal has said so. `caller`: who typed the tenth.
CREATE TABLE IF NOT EXISTS pin_locked (
  id     INTEGER PRIMARY KEY,
  number TEXT NOT NULL,
  caller TEXT NOT NULL,
  at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT;

-- Calls that had a mailbox open, until the portal has looked for greetings that were recorded. `since`: Unix time.
CREATE TABLE IF NOT EXISTS mailbox_visit (
  id     INTEGER PRIMARY KEY,
  number TEXT NOT NULL,
  since  INTEGER NOT NULL
) STRICT;

-- Addresses that a number's phones may not be at for now: guesses come from there, and others' phones are there too.
-- Written by the portal's guard (asterisk/live/guard.py), which knows how long; not a part of what is applied.
CREATE TABLE IF NOT EXISTS kept_out (
  number  TEXT NOT NULL,
  network TEXT NOT NULL,
  PRIMARY KEY (number, network)
) STRICT, WITHOUT ROWID;

-- What one apply changed: the rows of each number before it, as JSON.
CREATE TABLE IF NOT EXISTS restore_point (
  run    INTEGER NOT NULL,
  number TEXT NOT NULL,
  before TEXT NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- What holds for all endpoints alike. media_address: where the calls' sound is bound to; no row: everywhere.
CREATE TABLE IF NOT EXISTS common (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The numbers whose phones Asterisk itself watches (lamps, OPTIONS) since its start; `listed`: shown when it asks for all.
-- It learns an aor when it lists it, at its start, or when a contact of it asks to be qualified: see asterisk/waking.py.
CREATE TABLE IF NOT EXISTS awake (
  number TEXT PRIMARY KEY,
  listed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS awake_listed ON awake (number) WHERE listed;

DROP VIEW IF EXISTS ps_endpoints_listed;
DROP VIEW IF EXISTS ps_aors_listed;

-- A phone that hides its number (From: anonymous) is known by the name in its digest: a second endpoint, which nothing
-- registers or calls. Its account code is the number. No name takes the place of a number.
-- The account code also says which transport alone may be used: in front of the number, or by itself.
DROP VIEW IF EXISTS ps_endpoints;
CREATE VIEW ps_endpoints AS SELECT
  endpoint AS id, aors, id AS auth, accountcode,
  'from-extension' AS context, 'hints' AS subscribe_context,
  'all' AS disallow, 'ulaw,alaw,g722,opus' AS allow,
  identify_by, 'no' AS allow_overlap, 'no' AS direct_media, 'yes' AS rewrite_contact, 'yes' AS rtp_symmetric,
  'yes' AS force_rport, 'rfc4733' AS dtmf_mode, 'no' AS trust_id_inbound, 'yes' AS send_pai,
  -- Encrypted sound with who offers or takes it, plain sound with who does not; an answer in the profile of the offer.
  iif(media_encryption = 'off', 'no', 'sdes') AS media_encryption,
  iif(media_encryption = 'offered', 'yes', 'no') AS media_encryption_optimistic, 'yes' AS media_use_received_transport,
  'no-messages' AS message_context,  -- it does not exist: a text for a number is refused, and not lost
  -- Silence is no death: what has vanished is found by the session timer, and sound is a last resort.
  'always' AS timers, 'ef' AS tos_audio, '1800' AS timers_sess_expires, '7200' AS rtp_timeout,
  coalesce((SELECT value FROM common WHERE name = 'media_address'), '') AS media_address,
  iif(EXISTS (SELECT 1 FROM common WHERE name = 'media_address'), 'yes', 'no') AS bind_rtp_to_media_address,
  -- In this order: the last that fits counts, and "!" is the other of the two. Nobody is at 0.0.0.0: so that there is
  -- always a list, as Asterisk is asked for.
  nullif(permit, '') AS permit,
  iif(permit = '', '0.0.0.0', '0.0.0.0/0,::/0,!' || replace(permit, ',', ',!'))
  || coalesce((SELECT ',' || group_concat(network) FROM kept_out WHERE kept_out.number = each.number), '') AS deny,
  -- Behind NAT a phone gives its private address, which is replaced: those that are not are found by asterisk/live.
  'contacts' AS contact_acl, iif(permit = '', NULL, '0.0.0.0/0,::/0') AS contact_deny,
  nullif(permit, '') || ',10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7,fe80::/10' AS contact_permit,
  caller_id AS callerid,
  iif(EXISTS (SELECT 1 FROM mailbox WHERE mailbox.number = id), id || '@default', NULL) AS mailboxes,
  'yes' AS mwi_subscribe_replaces_unsolicited,  -- a phone that asks for them is told what it asked for
  'CALLERID(name)=' || replace(caller_name, '\', '\\') AS set_var  -- Asterisk decodes backslashes here
FROM (
  SELECT *, id AS endpoint, id AS aors, 'username' AS identify_by,
    iif(transport = 'any', '', transport) AS accountcode
  FROM sip_login
  UNION ALL
  SELECT *, registration_name, '', 'auth_username', iif(transport = 'any', '', transport || '-') || number
  FROM sip_login AS login
  WHERE NOT EXISTS (SELECT 1 FROM sip_login WHERE id = login.registration_name)
  UNION ALL
  -- What asks as an attacker's program does (scanners.conf): it is nowhere let in, and Asterisk says from where it asked.
  SELECT '', '', '', '', '', '', 0, '255.255.255.255', 'any', 'offered', '~scanner', '', 'header,request_uri', ''
) AS each;

-- Where Asterisk looks for an extension that there is not. It never is, but looking takes about as long as what is done
-- for one that there is: the time of a refusal does not tell which numbers exist. The 250 steps were measured: whoever
-- makes Asterisk read more of an extension runs tests/pbx/test_guessing.py with -s again.
DROP VIEW IF EXISTS ps_endpoints_nobody;
CREATE VIEW ps_endpoints_nobody AS SELECT '' AS id WHERE 0 = (
  WITH RECURSIVE step(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM step LIMIT 250) SELECT max(n) FROM step
);

DROP VIEW IF EXISTS ps_auths;
CREATE VIEW ps_auths AS SELECT
  id, 'digest' AS auth_type, registration_name AS username, 'pbx' AS realm, password_digest,
  '8' AS nonce_lifetime  -- seconds that an answer which was overheard can be used by another, where nothing is encrypted
FROM sip_login;

DROP VIEW IF EXISTS ps_aors;
CREATE VIEW ps_aors AS SELECT
  id, max_contacts, 'no' AS remove_existing, 'yes' AS remove_unavailable,
  iif(EXISTS (SELECT 1 FROM awake WHERE number = id), '30', '0') AS qualify_frequency, '3.0' AS qualify_timeout,
  '60' AS minimum_expiration, '300' AS default_expiration, '3600' AS maximum_expiration,
  iif(EXISTS (SELECT 1 FROM mailbox WHERE mailbox.number = id), id || '@default', NULL) AS mailboxes,
  '*2' AS voicemail_extension
FROM sip_login;

-- Whether a dialled number exists, and where its call goes on. Text alone: Asterisk asks for the priority in quotes.
DROP VIEW IF EXISTS dialled_number;
CREATE VIEW dialled_number AS SELECT
  number AS exten, 'from-extension' AS context, '1' AS priority, 'Goto' AS app, 'number,' || number || ',1' AS appdata
FROM pbx_number;

-- E-mail is the portal's: Asterisk, which knows no address, sends none.
DROP VIEW IF EXISTS voicemail;
CREATE VIEW voicemail AS SELECT
  number AS uniqueid, 'default' AS context, number AS mailbox, pin AS password, '' AS email, 'no' AS attach,
  iif(asks_pin, 'yes', 'no') AS asks_pin, iif(says_date, 'yes', 'no') AS envelope,
  iif(says_caller, 'yes', 'no') AS saycid, iif(says_length, 'yes', 'no') AS sayduration, '0' AS saydurationm,
  coalesce((SELECT value FROM common WHERE name = 'voicemail_seconds'), '600') AS maxsecs,
  coalesce((SELECT value FROM common WHERE name = 'voicemail_messages'), '100') AS maxmsg
FROM mailbox;

-- All that Asterisk sees when it asks for all, and only what watching needs. No single row is ever found here: the NUL
-- ends the id for Asterisk, not for SQLite. Descending: it collects them in a sorted list that it searches from the head.
CREATE VIEW ps_endpoints_listed AS
SELECT
  number || char(0) AS id, number AS aors,
  iif(EXISTS (SELECT 1 FROM mailbox WHERE mailbox.number = awake.number), number || '@default', NULL) AS mailboxes
FROM awake WHERE listed ORDER BY number DESC;

CREATE VIEW ps_aors_listed AS
SELECT number || char(0) AS id, '30' AS qualify_frequency, '3.0' AS qualify_timeout FROM awake WHERE listed ORDER BY number DESC;

-- A PIN that is changed by phone is good at once, and is a change of the wish. As the dial plan takes what is typed:
-- no asterisk, and fifteen digits at most.
DROP TRIGGER IF EXISTS pin_changed_by_phone;
CREATE TRIGGER pin_changed_by_phone INSTEAD OF UPDATE OF password ON voicemail
WHEN length(replace(NEW.password, '*', '')) >= 3 AND replace(NEW.password, '*', '') NOT GLOB '*[^0-9]*' BEGIN
  UPDATE mailbox SET pin = substr(replace(NEW.password, '*', ''), 1, 15) WHERE number = OLD.mailbox;
  INSERT OR REPLACE INTO pin_by_phone (number, pin) SELECT number, pin FROM mailbox WHERE number = OLD.mailbox;
END;

COMMIT;
