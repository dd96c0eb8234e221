import { sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { traitsOf } from '../../src/postgres/statement-traits.ts'

const texts = {
  setting: [
    'set work_mem = 1',
    '/* a /* b */ */ SET SESSION x = 1',
    '-- a\nset role x',
    ';set x = 1',
    'set/**/x = 1',
    'set session characteristics as transaction read only',
    '-- a\rset x = 1',
    'set /* /* */ local */ x = 1',
    'set local.x = 1',
  ],
  local: [
    'set local work_mem = 1',
    'set /* a */ local x = 1',
    'set transaction read only',
    'set constraints all deferred',
    'create temp table t (a int) on commit drop',
    'create temp table t on\n-- a\ncommit drop as select 1',
    'set -- a\r local x = 1',
    'set local"x".y = 1',
  ],
  temporary: [
    'create temp table t (a int)',
    "create temporary table t (a text default 'on commit drop')",
    'create local temporary table if not exists t (a int)',
    'create or replace temp view v as select 1',
    'create temp sequence s',
    'create table pg_temp.t (a int)',
    'create table if not exists "pg_temp".t (a int)',
    'create or replace function pg_temp.f() returns int language sql return 1',
    'select 1 as a into temp t',
    "select '--' as a into temporary table t",
    'select * into pg_temp.t from u',
    'with w as (select 1) select * into local temp t from w',
    'create -- a\r temp table t (a int)',
    'create /* /* */ a */ temp table t (a int)',
    'create temp table t (a int) /* /* */ on commit drop */',
    'create table"pg_temp"."t"(a int)',
    'select 1 as a -- a\r into temp t',
    'select 1 as a into/* a */temp t',
    'select 1 as a into temp"t"',
    'select 1 as a into temp été',
    'select 1 as a into"pg_temp"."t"',
    'create table U&"pg\\005ftemp".t()',
    `create table u&"pg!+00005ftemp" uescape '!' .t()`,
    'select 1 as a into U&"\\0070g_temp".t',
    '((select 1 as a into temp t))',
    'explain analyze create temp table t as select 1',
    'explain (analyze, verbose) select 1 as a into temp t',
  ],
  other: [
    'reset all',
    'listen x',
    'unlisten *',
    "load 'lib'",
    'prepare p as select 1',
    'declare c cursor with hold for select 1',
    'declare c insensitive no scroll cursor with hold for select 1',
    'declare c cursor /* /* */ a */ with hold for select 1',
    'prepare transaction as select 1',
  ],
  none: [
    'select 1',
    'setting',
    '/* set x */ select 1',
    '/* a /* b */ set x */ select 1',
    "select 'into temp t'",
    'select 1 -- into temp t',
    'select $$ into temp t $$',
    'select 1 into temp from u',
    String.raw`select e'\' into temp t '`,
    '(select 1 into temp)',
    'explain create temp table t as select 1',
    "explain analyze select 'create temp table t'",
    'insert into temp values (1)',
    'with w as (insert into temp (a) values (1) returning a) select * from w',
    'with w as (select 1) insert into temp select * from w',
    'create table temp (a int)',
    'create table "create temp" (a int)',
    'create index on temp (a)',
    "prepare transaction 'x'",
    'declare c cursor for select 1',
    "declare c cursor for select 'cursor with hold'",
    'update t set a = 1',
    'commit',
    '',
  ],
} as const

describe('traitsOf', () => {
  for (const [leftover, written] of Object.entries(texts)) {
    it.each(written)(`is ${leftover} for %s`, (text) => {
      expect(traitsOf(sql.raw(text)).leftover).toBe(leftover)
    })
  }

  it('sees through the values and fragments in between', () => {
    const into = sql`into temp ${sql.identifier('t')}`
    expect(traitsOf(sql`select ${1} as a ${into}`).leftover).toBe('temporary')
    expect(traitsOf(sql`select ${'into temp t'}`).leftover).toBe('none')
  })
})
