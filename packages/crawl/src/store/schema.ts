import type { DatabaseSync } from 'node:sqlite'
import { linkKinds } from './link-traits.ts'

/** Marks a file as ours: "coRC" [https://www.sqlite.org/pragma.html#pragma_application_id]. */
export const applicationId: number = 0x63_6f_52_43

/** Grows with every change of the schema; a store with a greater one was written by a newer version. */
export const schemaVersion: number = 5

/**
 * The tables hold each URL once and refer to it by number; the views show them with the URLs in place and are what
 * people and programs read: `pages`, `links`, `errors`, `frontier`.
 *
 *     origin --< url --- page     the answer of a URL that had one
 *                 |  |-- failure  why a URL has none
 *                 |  |-- record   what was extracted from it
 *                 |  |-< item     what its handler gave
 *                 |  |-- body     its body, packed with zstd, where bodies are kept
 *                 `--< link >-- url
 *
 * The state of a URL is 0 queued, 1 done, 2 failed, 3 skipped; one that is queued and has a page is to be asked for
 * again. Its role is 0 page, 1 sitemap. `url_frontier` holds the queued ones alone, in the order in which they are claimed. The traits of a link are its kind and, as the lowest bit, whether it is nofollow.
 */
const tables = `
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
  reason TEXT,
  role INTEGER NOT NULL DEFAULT 0,
  priority INTEGER NOT NULL DEFAULT 0
) STRICT;

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
  duration_ms INTEGER NOT NULL,
  etag TEXT,
  last_modified TEXT,
  hash TEXT,
  same_id INTEGER REFERENCES url
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

`

/** Tables and indexes that came with version 2. */
const since2 = `
CREATE TABLE record (
  url_id INTEGER PRIMARY KEY REFERENCES url,
  data TEXT NOT NULL
) STRICT;

CREATE INDEX url_frontier ON url (origin_id, priority DESC, depth, id) WHERE state = 0;
CREATE INDEX page_hash ON page (hash) WHERE hash IS NOT NULL;
`

/** What came with version 3. The names in a jar are those of its domain; a jar is what tough-cookie makes of it. */
const since3 = `
CREATE TABLE cookie (
  domain TEXT PRIMARY KEY,
  jar TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`

/** What came with version 4: requests that are more than their URL, and any number of items of a page. */
const since4 = `
ALTER TABLE url ADD COLUMN request TEXT;

CREATE TABLE item (
  id INTEGER PRIMARY KEY,
  url_id INTEGER NOT NULL REFERENCES url,
  data TEXT NOT NULL
) STRICT;

CREATE INDEX item_url ON item (url_id);
`

/** What came with version 5. */
const since5 = `
CREATE TABLE body (
  url_id INTEGER PRIMARY KEY REFERENCES url,
  packed BLOB NOT NULL
) STRICT;
`

const views = `
CREATE VIEW pages AS
  SELECT u.url, p.status, p.content_type, p.charset, p.title, p.bytes, u.depth, r.url AS redirect_url,
    p.canonical, p.noindex, p.note, p.attempts, p.fetched_at, p.duration_ms, s.url AS same_as
  FROM page p JOIN url u ON u.id = p.url_id LEFT JOIN url r ON r.id = p.redirect_id LEFT JOIN url s ON s.id = p.same_id;

CREATE VIEW records AS
  SELECT u.url, d.data FROM record d JOIN url u ON u.id = d.url_id;

CREATE VIEW items AS
  SELECT u.url, i.data FROM item i JOIN url u ON u.id = i.url_id;

CREATE VIEW links AS
  SELECT f.url AS from_url, t.url AS to_url,
    CASE l.traits >> 1 ${linkKinds.map((kind, code) => `WHEN ${code} THEN '${kind}'`).join(' ')} END AS kind,
    l.traits & 1 AS nofollow
  FROM link l JOIN url f ON f.id = l.from_id JOIN url t ON t.id = l.to_id;

CREATE VIEW errors AS
  SELECT u.url, e.kind, e.code, e.message, e.attempts, e.failed_at, u.depth
  FROM failure e JOIN url u ON u.id = e.url_id;

CREATE VIEW frontier AS
  SELECT u.url, u.depth, u.hops, u.reason,
    CASE u.state WHEN 0 THEN 'queued' WHEN 1 THEN 'done' WHEN 2 THEN 'failed' ELSE 'skipped' END AS state
  FROM url u;
`

/** Creates everything in an empty database, or nothing. */
export function createSchema(db: DatabaseSync): void {
  db.exec(`BEGIN IMMEDIATE; ${tables} ${since2} ${since3} ${since4} ${since5} ${views}
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
}

/** Brings a store of an older version up to this one, or changes nothing. For who alone may write it. */
export function upgradeSchema(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as {
    user_version: number
  }
  if (version === schemaVersion) return
  // Views hold nothing: they are those of this version, whatever they were.
  const dropViews = ['pages', 'links', 'errors', 'frontier', 'records', 'items']
    .map((name) => `DROP VIEW IF EXISTS ${name};`)
    .join('')
  try {
    db.exec(`BEGIN IMMEDIATE; ${dropViews} ${version < 2 ? from1 + since2 : ''} ${version < 3 ? since3 : ''}
      ${version < 4 ? since4 : ''} ${since5} ${views}
      PRAGMA user_version = ${schemaVersion}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** What version 2 changed of the tables of version 1. */
const from1 = `
ALTER TABLE url ADD COLUMN role INTEGER NOT NULL DEFAULT 0;
ALTER TABLE url ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE page ADD COLUMN etag TEXT;
ALTER TABLE page ADD COLUMN last_modified TEXT;
ALTER TABLE page ADD COLUMN hash TEXT;
ALTER TABLE page ADD COLUMN same_id INTEGER REFERENCES url;
DROP INDEX url_frontier;
`
