import type { DatabaseSync } from 'node:sqlite'
import { linkKinds } from './link-traits.ts'

/** Marks a file as ours: "coRC" [https://www.sqlite.org/pragma.html#pragma_application_id]. */
export const applicationId: number = 0x63_6f_52_43

/** Grows with every change of the schema; a store with a greater one was written by a newer version. */
export const schemaVersion: number = 1

/**
 * The tables hold each URL once and refer to it by number; the views show them with the URLs in place and are what
 * people and programs read: `pages`, `links`, `errors`, `frontier`.
 *
 *     origin --< url --- page     the answer of a URL that had one
 *                 |  `-- failure  why a URL has none
 *                 `--< link >-- url
 *
 * The state of a URL is 0 queued, 1 done, 2 failed, 3 skipped. `url_frontier` holds the queued ones alone, in the
 * order in which they are claimed. The traits of a link are its kind and, as the lowest bit, whether it is nofollow.
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
  db.exec(`BEGIN IMMEDIATE; ${tables}
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
}
