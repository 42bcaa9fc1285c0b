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
  media_encryption  TEXT NOT NULL DEFAULT 'offered',  -- off, offered, required
  outbound          INTEGER NOT NULL DEFAULT 2,      -- what it may dial: 0 nothing outside, to 3 everything
  outbound_number   TEXT NOT NULL DEFAULT '',        -- digits with country code, shown to who is called outside
  emergency_number  TEXT NOT NULL DEFAULT '',        -- the same, shown to emergency services
  location          TEXT NOT NULL DEFAULT '',        -- where it is, for emergency services
  countries         TEXT NOT NULL DEFAULT '',        -- that it may call, ISO 3166, with colons between; '': all
  calls_at_once     INTEGER NOT NULL DEFAULT 0,      -- outside; 0: no limit, of the next two too
  call_seconds      INTEGER NOT NULL DEFAULT 0,      -- of one call outside
  day_seconds       INTEGER NOT NULL DEFAULT 0,      -- of all within 24 hours
  in_hours          INTEGER NOT NULL DEFAULT 0       -- calls outside in business hours alone
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

-- One row for each extension that is disabled: its phones register nowhere, and call emergency numbers alone.
CREATE TABLE IF NOT EXISTS emergency_login (
  number            TEXT PRIMARY KEY,
  registration_name TEXT NOT NULL,
  password_digest   TEXT NOT NULL,
  caller_name       TEXT NOT NULL,
  outbound_number   TEXT NOT NULL DEFAULT '',
  emergency_number  TEXT NOT NULL DEFAULT '',
  location          TEXT NOT NULL DEFAULT ''
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

-- Lines to the world, rewritten as a whole by an apply that concerns them (asterisk/engine/lines.py).
-- One row for each trunk in use. The password in clear, as Asterisk answers with it; the file is its owner's alone.
CREATE TABLE IF NOT EXISTS trunk (
  id               TEXT PRIMARY KEY,  -- what Asterisk calls endpoint, aor, auth and registration
  name             TEXT NOT NULL,     -- what an administrator calls it
  uri              TEXT NOT NULL,     -- of the provider's server
  domain           TEXT NOT NULL,
  registers        INTEGER NOT NULL,
  username         TEXT NOT NULL,
  auth_name        TEXT NOT NULL,
  password         TEXT NOT NULL,
  codecs           TEXT NOT NULL,
  media_encryption TEXT NOT NULL,     -- off, offered, required
  number           TEXT NOT NULL,     -- its own, digits with country code
  shows            TEXT NOT NULL,     -- whose number: extension, trunk
  number_format    TEXT NOT NULL,     -- plus, digits, dialed
  max_calls        INTEGER NOT NULL,  -- 0: no limit
  keep_alive       INTEGER NOT NULL   -- seconds between two OPTIONS; 0: none
) STRICT, WITHOUT ROWID;

-- What may be dialled outside, as patterns of Asterisk's: whether such a number exists at all.
CREATE TABLE IF NOT EXISTS outbound_exten (
  exten TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- One row for each pattern of a route. `id`: in the order in which they are tried.
CREATE TABLE IF NOT EXISTS outbound_pattern (
  id      INTEGER PRIMARY KEY,
  route   TEXT NOT NULL,     -- its name
  regex   TEXT NOT NULL,     -- POSIX, extended, of the whole number
  strip   INTEGER NOT NULL,  -- digits taken off in front
  prepend TEXT NOT NULL,
  hours   TEXT NOT NULL,     -- in which it is used: open, closed (holidays too); '': always
  trunks  TEXT NOT NULL,     -- ids with colons between, in the order in which they are tried
  picks   TEXT NOT NULL,     -- which first: order, least (the one with the fewest calls)
  pin     TEXT NOT NULL,     -- that is asked for; '': none. In clear, as that of a mailbox
  members TEXT NOT NULL      -- who may use it: see outbound_member; '': everyone
) STRICT;

-- Who may use a route that not everyone may: "members-number" of the extension. It follows roles and departments as they
-- change (asterisk/apply/route_members.py), and waits for no apply.
CREATE TABLE IF NOT EXISTS outbound_member (
  id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Which of them a number can match: those of the last row that is not after it in the order of texts.
CREATE TABLE IF NOT EXISTS outbound_first (
  first    TEXT PRIMARY KEY,
  patterns TEXT NOT NULL     -- ids with colons between; '': none
) STRICT, WITHOUT ROWID;

-- Where calls to our numbers go, found the same way.
CREATE TABLE IF NOT EXISTS inbound_first (
  first   TEXT PRIMARY KEY,
  route   TEXT NOT NULL,    -- its name; '': nothing, the number is not ours
  goes_to TEXT NOT NULL,    -- a kind of trunks/call_destinations.py
  target  TEXT NOT NULL,    -- its key
  prefix  INTEGER NOT NULL, -- length of what stands before the digits that are an extension
  closed_to      TEXT NOT NULL,  -- the same outside of business hours, and on holidays
  closed_target  TEXT NOT NULL,
  holiday_to     TEXT NOT NULL,
  holiday_target TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- When the office is open, found the same way by the time: seconds since 1970, ten digits. For this year and the next
-- two, made anew when a year has turned.
CREATE TABLE IF NOT EXISTS hours_first (
  first   TEXT PRIMARY KEY,
  state   TEXT NOT NULL,     -- open, closed, holiday
  holiday TEXT NOT NULL      -- what it is called
) STRICT, WITHOUT ROWID;

-- Numbers by which several extensions are called.
CREATE TABLE IF NOT EXISTS ring_group (
  number   TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  members  TEXT NOT NULL,     -- numbers with colons between, in the order in which they ring; '': it is disabled
  strategy TEXT NOT NULL,     -- all, order
  seconds  INTEGER NOT NULL,  -- all of them ring, or each
  goes_to  TEXT NOT NULL,     -- where a call goes that nobody answers, as inbound_first says it
  target   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What callers hear before their call goes on.
CREATE TABLE IF NOT EXISTS announcement (
  id      TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  sound   TEXT NOT NULL,  -- its file, without .wav, in spool/announcements; '': it is disabled
  goes_to TEXT NOT NULL,  -- as inbound_first says it
  target  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Dialled from every phone, whatever else is forbidden.
CREATE TABLE IF NOT EXISTS emergency_number (
  number TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Calls to them, until the portal has told of them.
CREATE TABLE IF NOT EXISTS emergency_call (
  id     INTEGER PRIMARY KEY,
  dialed TEXT NOT NULL,
  caller TEXT NOT NULL,
  at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT;

-- Extensions that called outside too often within a minute, and may not until somebody lets them again. Not a part of
-- what is applied. The first row of each is also news, until the portal has told of it.
CREATE TABLE IF NOT EXISTS outbound_lock (
  id     INTEGER PRIMARY KEY,
  number TEXT NOT NULL,
  dialed TEXT NOT NULL,
  at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT;
CREATE INDEX IF NOT EXISTS outbound_lock_by_number ON outbound_lock (number);
CREATE TABLE IF NOT EXISTS outbound_lock_news (
  id     INTEGER PRIMARY KEY,
  number TEXT NOT NULL,
  dialed TEXT NOT NULL
) STRICT;

-- How numbers are written in the country of the PBX: one row. `international`: with colons between. `bare`: so many
-- digits without a prefix are a whole number; 0: none are.
CREATE TABLE IF NOT EXISTS country (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  code          TEXT NOT NULL,
  international TEXT NOT NULL,
  national      TEXT NOT NULL,
  bare          INTEGER NOT NULL
) STRICT;

-- Whose country a number with country code is of, found as outbound_first is; and which numbers of it cost more.
CREATE TABLE IF NOT EXISTS destination (
  first  TEXT PRIMARY KEY,
  region TEXT NOT NULL,      -- '': nobody's
  code   TEXT NOT NULL,
  costs  INTEGER NOT NULL    -- more, all of them
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS costly (
  region TEXT PRIMARY KEY,
  regex  TEXT NOT NULL       -- POSIX, extended, of the number without country code; '': none
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

-- Asterisk has each lookup compiled anew, which takes longer than the lookup itself, and then goes through the columns: so
-- this has nothing but extensions, and no column that would say what Asterisk takes for granted. All other endpoints are in
-- a view of their own, which is asked after it (extconfig.conf).
-- A phone that hides its number (From: anonymous) is known by the name in its digest: a second endpoint, which nothing
-- registers or calls. Its account code is the number. No name takes the place of a number, or of a trunk;
-- none is of two, as may be until both their changes are applied. Where the name is the number, one endpoint is both, and its
-- account code ends in =, so that the dial plan looks at its From.
-- The account code also says which transport alone may be used: in front of the number, or by itself.
DROP VIEW IF EXISTS ps_endpoints;
CREATE VIEW ps_endpoints AS SELECT
  name AS id, iif(hidden, '', id) AS aors, id AS auth,
  iif(transport = 'any', '', transport || iif(hidden, '-', ''))
  || iif(hidden, number, iif(registration_name = id, '=', '')) AS accountcode,
  'from-extension' AS context, 'hints' AS subscribe_context,
  'all' AS disallow, 'ulaw,alaw,g722,opus' AS allow,
  iif(hidden, 'auth_username', iif(registration_name = id, 'username,auth_username', 'username')) AS identify_by,
  'no' AS allow_overlap, 'no' AS direct_media,
  'yes' AS rewrite_contact, 'yes' AS rtp_symmetric, 'yes' AS send_pai,
  -- Encrypted sound with who offers or takes it, plain sound with who does not; an answer in the profile of the offer.
  iif(media_encryption = 'off', 'no', 'sdes') AS media_encryption,
  iif(media_encryption = 'offered', 'yes', 'no') AS media_encryption_optimistic, 'yes' AS media_use_received_transport,
  'no-messages' AS message_context,  -- it does not exist: a text for a number is refused, and not lost
  -- Silence is no death: what has vanished is found by the session timer, and sound is a last resort.
  'always' AS timers, 'ef' AS tos_audio, '7200' AS rtp_timeout,
  coalesce((SELECT value FROM common WHERE name = 'media_address'), '') AS media_address,
  iif(EXISTS (SELECT 1 FROM common WHERE name = 'media_address'), 'yes', 'no') AS bind_rtp_to_media_address,
  -- In this order: the last that fits counts, and "!" is the other of the two. Nobody is at 0.0.0.0: so that there is
  -- always a list, as Asterisk is asked for.
  nullif(permit, '') AS permit,
  iif(permit = '', '0.0.0.0', '0.0.0.0/0,::/0,!' || replace(permit, ',', ',!'))
  || coalesce((SELECT ',' || group_concat(network) FROM kept_out WHERE kept_out.number = sip_login.number), '') AS deny,
  -- Behind NAT a phone gives its private address, which is replaced: those that are not are found by asterisk/live.
  'contacts' AS contact_acl, iif(permit = '', NULL, '0.0.0.0/0,::/0') AS contact_deny,
  nullif(permit, '') || ',10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7,fe80::/10' AS contact_permit,
  caller_id AS callerid,
  iif(EXISTS (SELECT 1 FROM mailbox WHERE mailbox.number = id), id || '@default', NULL) AS mailboxes,
  'yes' AS mwi_subscribe_replaces_unsolicited,  -- a phone that asks for them is told what it asked for
  'CALLERID(name)=' || replace(caller_name, '\', '\\') AS set_var,  -- Asterisk decodes backslashes here
  -- What the dial plan has to know of who calls outside, in the order that [outside] has (extensions.conf). No module here does
  -- what this setting is for, and it is read at once, where every other lookup has the call wait.
  number || ',' || outbound || ',' || outbound_number || ',' || countries || ',' || calls_at_once || ',' || call_seconds || ','
  || day_seconds || ',' || in_hours || ','
  || coalesce((SELECT code || ',' || international || ',' || national || ',' || bare FROM country), ',,,0')
  || ',' || coalesce((SELECT value FROM common WHERE name = 'outbound_a_minute'), '')
  || ',' || EXISTS (SELECT 1 FROM outbound_lock WHERE outbound_lock.number = sip_login.number) AS stir_shaken_profile
FROM (
  -- Where the affinity of a column differs, SQLite compiles what is around the two once, and not for each.
  SELECT id AS name, id AS login, 0 AS hidden FROM sip_login
  UNION ALL SELECT registration_name, id, CAST(1 AS INTEGER) FROM sip_login AS login
  WHERE NOT EXISTS (SELECT 1 FROM sip_login WHERE id = login.registration_name)
    AND (SELECT count(*) FROM sip_login WHERE registration_name = login.registration_name) = 1
    AND NOT EXISTS (SELECT 1 FROM trunk WHERE id = login.registration_name)
    AND NOT EXISTS (SELECT 1 FROM emergency_login WHERE number = login.registration_name)
) JOIN sip_login ON id = login;

-- What is no extension, where Asterisk looks next. Looking here for an extension that there is not takes about as long as
-- what is done for one that there is: the time of a refusal does not tell which numbers exist. Whoever makes Asterisk read
-- more of the one or the other runs tests/pbx/test_guessing.py with -s again.
DROP VIEW IF EXISTS ps_endpoints_nobody;
DROP VIEW IF EXISTS ps_endpoints_other;
CREATE VIEW ps_endpoints_other (
  id, aors, auth, accountcode, context, subscribe_context, disallow, allow, identify_by, allow_overlap, direct_media,
  rewrite_contact, rtp_symmetric, send_pai, media_encryption, media_encryption_optimistic, media_use_received_transport,
  message_context, timers, tos_audio, rtp_timeout, media_address, bind_rtp_to_media_address, permit, deny, contact_acl,
  contact_deny, contact_permit, callerid, mailboxes, mwi_subscribe_replaces_unsolicited, set_var, stir_shaken_profile,
  outbound_auth, from_user, from_domain, trust_id_inbound, trust_id_outbound
) AS
-- What asks as an attacker's program does (scanners.conf): it is nowhere let in, and Asterisk says from where it asked.
SELECT
  '~scanner', '', '', '', 'from-extension', 'hints', 'all', 'ulaw,alaw,g722,opus', 'header,request_uri', 'no', 'no', 'yes', 'yes',
  'yes', 'sdes', 'yes', 'yes', 'no-messages', 'always', 'ef', '7200', '', 'no',
  '255.255.255.255', '0.0.0.0/0,::/0,!255.255.255.255', 'contacts', '0.0.0.0/0,::/0', '255.255.255.255', '', NULL, 'yes', '', '',
  '', '', '', 'no', 'no'
UNION ALL
-- A trunk is known by its address, or by the line that it registered for; nobody signs in as one.
SELECT
  id, id, '', '', 'from-trunk', 'hints', 'all', codecs, 'ip', 'no', 'no', 'yes', 'yes', 'yes',
  iif(media_encryption = 'off', 'no', 'sdes'), iif(media_encryption = 'offered', 'yes', 'no'), 'yes', 'no-messages',
  'always', 'ef', '7200', coalesce((SELECT value FROM common WHERE name = 'media_address'), ''),
  iif(EXISTS (SELECT 1 FROM common WHERE name = 'media_address'), 'yes', 'no'),
  NULL, NULL, '', NULL, NULL, '', NULL, 'yes', '', '',
  iif(auth_name = '', '', id), iif(registers, username, ''), iif(registers, domain, ''), 'yes', 'yes'
FROM trunk
UNION ALL
SELECT
  number, '', number, '', 'emergency-only', '', 'all', 'ulaw,alaw,g722,opus',
  iif(registration_name = number, 'username,auth_username', 'username'), 'no', 'no', 'yes', 'yes', 'yes',
  'sdes', 'yes', 'yes', 'no-messages', 'always', 'ef', '7200',
  coalesce((SELECT value FROM common WHERE name = 'media_address'), ''),
  iif(EXISTS (SELECT 1 FROM common WHERE name = 'media_address'), 'yes', 'no'),
  NULL, NULL, '', NULL, NULL, '', NULL, 'yes', 'CALLERID(name)=' || replace(caller_name, '\', '\\'), '', '', '', '', 'no', 'no'
FROM emergency_login;

-- What extensions sign in with and register at, and the same of the others, in two views each for the same reason.
DROP VIEW IF EXISTS ps_auths;
CREATE VIEW ps_auths AS SELECT
  id, 'digest' AS auth_type, registration_name AS username, 'pbx' AS realm, password_digest,
  -- Seconds that an answer which was overheard can be used by another, where nothing is encrypted.
  '8' AS nonce_lifetime
FROM sip_login;

DROP VIEW IF EXISTS ps_auths_other;
CREATE VIEW ps_auths_other AS SELECT
  number AS id, 'digest' AS auth_type, registration_name AS username, 'pbx' AS realm, password_digest, '8' AS nonce_lifetime,
  NULL AS password
FROM emergency_login
UNION ALL SELECT id, 'digest', auth_name, NULL, NULL, NULL, password FROM trunk WHERE auth_name <> '';

DROP VIEW IF EXISTS ps_aors;
CREATE VIEW ps_aors AS SELECT
  id, max_contacts, 'no' AS remove_existing, 'yes' AS remove_unavailable,
  iif(EXISTS (SELECT 1 FROM awake WHERE number = id), '30', '0') AS qualify_frequency, '3.0' AS qualify_timeout,
  '60' AS minimum_expiration, '300' AS default_expiration, '3600' AS maximum_expiration,
  iif(EXISTS (SELECT 1 FROM mailbox WHERE mailbox.number = id), id || '@default', NULL) AS mailboxes,
  '*2' AS voicemail_extension
FROM sip_login;

DROP VIEW IF EXISTS ps_aors_other;
CREATE VIEW ps_aors_other AS SELECT
  id, CAST(keep_alive AS TEXT) AS qualify_frequency, '3.0' AS qualify_timeout, uri AS contact
FROM trunk;

-- The provider is asked again soon, for as long as it takes; a wrong password less often, which some punish.
DROP VIEW IF EXISTS ps_registrations;
CREATE VIEW ps_registrations AS SELECT
  id, uri AS server_uri, 'sip:' || username || '@' || domain AS client_uri, iif(auth_name = '', '', id) AS outbound_auth,
  username AS contact_user, '300' AS expiration, '20' AS retry_interval, '300' AS forbidden_retry_interval,
  '60' AS fatal_retry_interval, '1000000' AS max_retries, 'no' AS auth_rejection_permanent, '1' AS max_random_initial_delay,
  'yes' AS line, id AS endpoint
FROM trunk WHERE registers;

-- Whether a dialled number exists, and where its call goes on. Text alone: Asterisk asks for the priority in quotes.
DROP VIEW IF EXISTS dialled_number;
CREATE VIEW dialled_number AS SELECT
  number AS exten, 'from-extension' AS context, '1' AS priority, 'Goto' AS app,
  'emergency,' || number || ',1' AS appdata
FROM emergency_number
UNION ALL
SELECT number, 'emergency-only', '1', 'Goto', 'emergency,' || number || ',1' FROM emergency_number
UNION ALL
SELECT number, 'from-extension', '1', 'Goto', 'number,' || number || ',1' FROM pbx_number
UNION ALL
SELECT number, 'from-extension', '1', 'Goto', 'ring-group,' || number || ',1' FROM ring_group;

DROP VIEW IF EXISTS called_announcement;
DROP VIEW IF EXISTS called_group;

-- How numbers are written here, for calls of every direction: one row, of a country or of none.
DROP VIEW IF EXISTS here;
CREATE VIEW here AS SELECT
  coalesce(max(code), '') AS code, coalesce(max(international), '') AS international,
  coalesce(max(national), '') AS national, coalesce(max(bare), 0) AS bare
FROM country;

-- What the dial plan has to know of who calls outside, with what is the same for all: each lookup takes a call's time.
DROP VIEW IF EXISTS outside_caller;
CREATE VIEW outside_caller AS SELECT
  each.*, here.*,
  coalesce((SELECT value FROM common WHERE name = 'outbound_a_minute'), '') AS a_minute,
  EXISTS (SELECT 1 FROM outbound_lock WHERE outbound_lock.number = each.id) AS locked
FROM (
  SELECT id, outbound, outbound_number, emergency_number, location, countries, calls_at_once, call_seconds, day_seconds,
    in_hours
  FROM sip_login
  UNION ALL SELECT number, 0, outbound_number, emergency_number, location, '', 0, 0, 0, 0 FROM emergency_login
) AS each, here;

DROP VIEW IF EXISTS trunk_line;
CREATE VIEW trunk_line AS SELECT id, username, number, shows, number_format, max_calls, here.* FROM trunk, here;

-- All that an apply writes of a number that can be called, as one text: so are many numbers compared with what Asterisk
-- reads (readback/bulk.py).
DROP VIEW IF EXISTS written;
CREATE VIEW written AS SELECT
  dial.number,
  dial.number || char(31) || dial.ring_seconds || char(31) || dial.rings
  || char(30) || coalesce(login.id || char(31) || login.number || char(31) || login.registration_name
    || char(31) || login.password_digest || char(31) || login.caller_name || char(31) || login.caller_id
    || char(31) || login.max_contacts || char(31) || login.permit || char(31) || login.transport
    || char(31) || login.media_encryption || char(31) || login.outbound || char(31) || login.outbound_number
    || char(31) || login.emergency_number || char(31) || login.location || char(31) || login.countries
    || char(31) || login.calls_at_once || char(31) || login.call_seconds || char(31) || login.day_seconds
    || char(31) || login.in_hours, '')
  || char(30) || coalesce(box.number || char(31) || box.pin || char(31) || box.asks_pin || char(31) || box.says_date
    || char(31) || box.says_caller || char(31) || box.says_length, '')
  || char(30) || coalesce(alone.number || char(31) || alone.registration_name || char(31) || alone.password_digest
    || char(31) || alone.caller_name || char(31) || alone.outbound_number || char(31) || alone.emergency_number
    || char(31) || alone.location, '') AS text
FROM pbx_number AS dial
LEFT JOIN sip_login AS login ON login.number = dial.number
LEFT JOIN mailbox AS box ON box.number = dial.number
LEFT JOIN emergency_login AS alone ON alone.number = dial.number;

DROP VIEW IF EXISTS outside_number;
CREATE VIEW outside_number AS SELECT
  '_' || exten AS exten, 'outside' AS context, '1' AS priority, 'Goto' AS app,
  'outside,${FILTER(0-9*#+,${EXTEN})},1' AS appdata
FROM outbound_exten;

-- Found by "first <=": the last that is not after what is looked for.
-- With the first of the patterns, which mostly is the one, and what there is to know of its first trunk.
DROP VIEW IF EXISTS outbound_at;
CREATE VIEW outbound_at AS
SELECT
  at.first, pattern.*, line.id AS line, line.number, line.shows, line.number_format, line.max_calls,
  at.patterns  -- last, as it may be long
FROM outbound_first AS at
LEFT JOIN outbound_pattern AS pattern ON pattern.id = CAST(at.patterns AS INTEGER)
LEFT JOIN trunk AS line ON line.id = substr(pattern.trunks, 1, instr(pattern.trunks || ':', ':') - 1)
ORDER BY first DESC;
DROP VIEW IF EXISTS inbound_at;
CREATE VIEW inbound_at AS SELECT * FROM inbound_first ORDER BY first DESC;
DROP VIEW IF EXISTS hours_at;
CREATE VIEW hours_at AS SELECT * FROM hours_first ORDER BY first DESC;
DROP VIEW IF EXISTS destination_at;
CREATE VIEW destination_at AS
SELECT first, region, code, costs, coalesce((SELECT regex FROM costly WHERE costly.region = destination.region), '') AS costly
FROM destination ORDER BY first DESC;

-- Where a dialled number leads, and the route outside where it is no number of ours: in one lookup, found by "first <=". Where
-- no interval of routes begins between a number and what was dialled, that of the number is that of what was dialled, too.
-- `route`: what outbound_at has, in the order that [dialled] has (extensions.conf). Without a join: that would lose the order.
-- Here and below no free text, which a hash of the dial plan does not keep.
DROP VIEW IF EXISTS call_at;
CREATE VIEW call_at AS
SELECT found.*, (
  SELECT
    pattern.id || ',' || regex || ',' || strip || ',' || prepend || ',' || hours || ','
    || trunks || ',' || picks || ',' || pin || ',' || members || ',' || coalesce(line.id, '') || ',' || coalesce(number, '')
    || ',' || coalesce(shows, '') || ',' || coalesce(number_format, '') || ',' || coalesce(max_calls, '') || ',' || patterns
  FROM outbound_first AS at
  LEFT JOIN outbound_pattern AS pattern ON pattern.id = CAST(patterns AS INTEGER)
  LEFT JOIN trunk AS line ON line.id = substr(trunks, 1, instr(trunks || ':', ':') - 1)
  WHERE at.first <= found.first ORDER BY at.first DESC LIMIT 1
) AS route
FROM (
  SELECT number AS first, 1 AS rank, 'emergency' AS goes, '' AS ring_seconds, '' AS rings FROM emergency_number
  UNION ALL SELECT number, 2, 'number', ring_seconds, rings FROM pbx_number
  UNION ALL SELECT number, 3, 'ring-group', '', '' FROM ring_group
  UNION ALL SELECT first, 4, '', '', '' FROM outbound_first
  ORDER BY first DESC, rank
) AS found;
DROP VIEW IF EXISTS call_group;
CREATE VIEW call_group AS
SELECT number, members, strategy, seconds, goes_to, target FROM ring_group;
DROP VIEW IF EXISTS call_announcement;
CREATE VIEW call_announcement AS SELECT id, sound, goes_to, target FROM announcement;

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
SELECT * FROM (
  SELECT number || char(0) AS id, '30' AS qualify_frequency, '3.0' AS qualify_timeout, NULL AS contact FROM awake WHERE listed
  UNION ALL SELECT id || char(0), CAST(keep_alive AS TEXT), '3.0', uri FROM trunk
) ORDER BY id DESC;

DROP TRIGGER IF EXISTS outbound_locked;
CREATE TRIGGER outbound_locked AFTER INSERT ON outbound_lock
WHEN (SELECT count(*) FROM outbound_lock WHERE number = NEW.number) = 1 BEGIN
  INSERT INTO outbound_lock_news (number, dialed) VALUES (NEW.number, NEW.dialed);
END;

-- A PIN that is changed by phone is good at once, and is a change of the wish. As the dial plan takes what is typed:
-- no asterisk, and fifteen digits at most.
DROP TRIGGER IF EXISTS pin_changed_by_phone;
CREATE TRIGGER pin_changed_by_phone INSTEAD OF UPDATE OF password ON voicemail
WHEN length(replace(NEW.password, '*', '')) >= 3 AND replace(NEW.password, '*', '') NOT GLOB '*[^0-9]*' BEGIN
  UPDATE mailbox SET pin = substr(replace(NEW.password, '*', ''), 1, 15) WHERE number = OLD.mailbox;
  INSERT OR REPLACE INTO pin_by_phone (number, pin) SELECT number, pin FROM mailbox WHERE number = OLD.mailbox;
END;

COMMIT;
