import type { Migration } from '@corral/db'
import { linkKinds } from '../link-traits.ts'

/**
 * The tables are those of a file (see `schema.ts` there), and two things more, since several programs work on them: who of
 * them is there, and which hosts each has.
 *
 *     worker --< origin --< url --- page, failure, record, body
 *                            `--< link >-- url
 *
 * A URL is found by the first half of its SHA-256: an index of URLs would be many times as large, and has a longest key. An
 * origin is `ready` when something of it is queued. All that changes anything holds one lock, so that what it decides
 * stays true until it is committed.
 */
const tables = `
create table worker (
  id bigint generated always as identity primary key,
  name text not null,
  joined_at timestamptz not null default clock_timestamp(),
  alive_until timestamptz not null
);

create table origin (
  id bigint generated always as identity primary key,
  origin text not null unique,
  ready boolean not null default false,
  worker_id bigint references worker,
  delay double precision not null default 0,
  next_start timestamptz not null default '-infinity'
);
create index origin_free on origin (id) where ready and worker_id is null;
create index origin_ready on origin (id) where ready;
create index origin_worker on origin (worker_id) where worker_id is not null;

create table url (
  id bigint generated always as identity primary key,
  key uuid not null unique,
  url text not null,
  origin_id bigint not null,
  depth integer not null,
  hops integer not null,
  state smallint not null,
  reason text,
  role smallint not null default 0,
  priority bigint not null default 0
);
create index url_frontier on url (origin_id, priority desc, depth, id) where state = 0;
create index url_skipped on url (id) where state = 3;
create index url_variants on url (left(url, 1000) collate "C") where url like '%&%&%';

create table page (
  url_id bigint primary key references url,
  status integer not null,
  content_type text,
  charset text,
  title text,
  bytes bigint not null,
  redirect_id bigint,
  canonical text,
  noindex smallint not null,
  note text,
  attempts integer not null,
  fetched_at bigint not null,
  duration_ms integer not null,
  etag text,
  last_modified text,
  hash text,
  same_id bigint
);
create index page_hash on page (hash) where hash is not null;

create table failure (
  url_id bigint primary key references url,
  kind text not null,
  code text not null,
  message text not null,
  attempts integer not null,
  failed_at bigint not null
);

create table record (
  url_id bigint primary key references url,
  data json not null
);

create table link (
  from_id bigint not null,
  to_id bigint not null,
  traits smallint not null,
  primary key (from_id, to_id)
);

create table tally (
  name text primary key,
  value bigint not null
);

create table cookie (
  domain text primary key,
  jar text not null
);
`

/** What people and programs read, as in a file. The rows of each are in order by the number given. */
export const views: Record<
  'pages' | 'records' | 'items' | 'links' | 'errors' | 'frontier',
  { readonly order: string; readonly select: string }
> = {
  pages: {
    order: 'p.url_id',
    select: `select u.url, p.status, p.content_type, p.charset, p.title, p.bytes::float8 as bytes, u.depth,
      r.url as redirect_url, p.canonical, p.noindex, p.note, p.attempts, p.fetched_at::float8 as fetched_at,
      p.duration_ms, s.url as same_as
    from page p join url u on u.id = p.url_id
      left join url r on r.id = p.redirect_id left join url s on s.id = p.same_id`,
  },
  records: {
    order: 'd.url_id',
    select: 'select u.url, d.data::text as data from record d join url u on u.id = d.url_id',
  },
  items: {
    order: 'i.id',
    select: 'select u.url, i.data::text as data from item i join url u on u.id = i.url_id',
  },
  links: {
    order: 'l.from_id, l.to_id',
    select: `select f.url as from_url, t.url as to_url,
      case l.traits >> 1 ${linkKinds.map((kind, code) => `when ${code} then '${kind}'`).join(' ')} end as kind,
      l.traits & 1 as nofollow
    from link l join url f on f.id = l.from_id join url t on t.id = l.to_id`,
  },
  errors: {
    order: 'e.url_id',
    select: `select u.url, e.kind, e.code, e.message, e.attempts, e.failed_at::float8 as failed_at, u.depth
    from failure e join url u on u.id = e.url_id`,
  },
  frontier: {
    order: 'u.id',
    select: `select u.url, u.depth, u.hops, u.reason,
      case u.state when 0 then 'queued' when 1 then 'done' when 2 then 'failed' else 'skipped' end as state
    from url u`,
  },
}

export const migrations: readonly Migration[] = [
  {
    name: '001-crawl',
    up: `${tables} ${Object.entries(views)
      .filter(([name]) => name !== 'items')
      .map(([name, { select }]) => `create view ${name} as ${select};`)
      .join('\n')}`,
  },
  {
    name: '002-requests-and-items',
    up: `
alter table url add column request text;
create table item (
  id bigint generated always as identity primary key,
  url_id bigint not null references url,
  data json not null
);
create index item_url on item (url_id);
create view items as ${views.items.select};
create or replace view links as ${views.links.select};`,
  },
  {
    name: '003-bodies',
    // They are packed: PostgreSQL would try in vain.
    up: `
create table body (
  url_id bigint primary key references url,
  packed bytea not null
);
alter table body alter column packed set storage external;`,
  },
]
