import type { Migration } from '@corral/db'

/** Moments are milliseconds since the epoch. The same SQL on SQLite and PostgreSQL. */
export const migrations: readonly Migration[] = [
  {
    name: '001-sites',
    up: `
      create table site (
        id text primary key,
        owner text not null,
        url text not null,
        schedule text,
        webhook text,
        job text,
        created_at double precision not null,
        unique (owner, url)
      );
      create table site_check (
        id text primary key,
        site text not null references site (id) on delete cascade,
        begun_at double precision not null,
        ended_at double precision not null,
        pages integer not null,
        findings integer not null,
        appeared integer not null,
        mended integer not null
      );
      create index site_check_of_site on site_check (site, begun_at);
      create table finding (
        site_check text not null references site_check (id) on delete cascade,
        kind text not null,
        url text not null,
        detail text not null,
        linked_from text not null,
        change text not null,
        primary key (site_check, kind, url)
      )`,
  },
]
