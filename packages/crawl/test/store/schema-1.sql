-- What the first version of the store was.
CREATE TABLE origin (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE url (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL UNIQUE,
  origin_id INTEGER NOT NULL REFERENCES origin,
  depth INTEGER NOT NULL,
  hops INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason TEXT
) STRICT;
CREATE INDEX url_frontier ON url (origin_id, depth, id) WHERE state = 0;

CREATE TABLE page (
  url_id INTEGER PRIMARY KEY REFERENCES url,
  status INTEGER NOT NULL,
  content_type TEXT,
  charset TEXT,
  title TEXT,
  bytes INTEGER NOT NULL,
  redirect_id INTEGER REFERENCES url,
  canonical TEXT,
  noindex INTEGER NOT NULL,
  note TEXT,
  attempts INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE failure (
  url_id INTEGER PRIMARY KEY REFERENCES url,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  failed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE link (
  from_id INTEGER NOT NULL REFERENCES url,
  to_id INTEGER NOT NULL REFERENCES url,
  traits INTEGER NOT NULL,
  PRIMARY KEY (from_id, to_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW pages AS
  SELECT u.url, p.status, p.content_type, p.charset, p.title, p.bytes, u.depth, r.url AS redirect_url,
    p.canonical, p.noindex, p.note, p.attempts, p.fetched_at, p.duration_ms
  FROM page p JOIN url u ON u.id = p.url_id LEFT JOIN url r ON r.id = p.redirect_id;

CREATE VIEW links AS
  SELECT f.url AS from_url, t.url AS to_url,
    CASE l.traits >> 1 WHEN 0 THEN 'anchor' WHEN 1 THEN 'area' WHEN 2 THEN 'frame' WHEN 3 THEN 'refresh' WHEN 4 THEN 'canonical' END AS kind,
    l.traits & 1 AS nofollow
  FROM link l JOIN url f ON f.id = l.from_id JOIN url t ON t.id = l.to_id;

CREATE VIEW errors AS
  SELECT u.url, e.kind, e.code, e.message, e.attempts, e.failed_at, u.depth
  FROM failure e JOIN url u ON u.id = e.url_id;

CREATE VIEW frontier AS
  SELECT u.url, u.depth, u.hops, u.reason,
    CASE u.state WHEN 0 THEN 'queued' WHEN 1 THEN 'done' WHEN 2 THEN 'failed' ELSE 'skipped' END AS state
  FROM url u;
PRAGMA application_id = 1668239939;
PRAGMA user_version = 1;
