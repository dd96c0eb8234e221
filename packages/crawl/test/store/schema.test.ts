import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { schemaVersion } from '../../src/store/schema.ts'
import { StoreEngine } from '../../src/store/store-engine.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A store of the first version, with a page, its link and a failure. */
function firstVersion(): string {
  const file = join(temporaryDirectory(), 'crawl.db')
  using db = new DatabaseSync(file)
  db.exec(readFileSync(new URL('schema-1.sql', import.meta.url), 'utf8'))
  db.exec(`
    INSERT INTO origin VALUES (1, 'http://a.test');
    INSERT INTO url VALUES (1, 'http://a.test/', 1, 0, 0, 1, NULL);
    INSERT INTO url VALUES (2, 'http://a.test/x', 1, 1, 0, 0, NULL);
    INSERT INTO url VALUES (3, 'http://a.test/y', 1, 1, 0, 2, NULL);
    INSERT INTO page VALUES (1, 200, 'text/html', 'utf-8', 'One', 10, NULL, NULL, 0, NULL, 1, 1700000000000, 5);
    INSERT INTO failure VALUES (3, 'http', '404', 'status 404', 1, 1700000000000);
    INSERT INTO link VALUES (1, 2, 0), (1, 3, 1);
    INSERT INTO tally VALUES ('queued', 1), ('pages', 1), ('failed', 1), ('failed:http', 1), ('bytes', 10);
  `)
  return file
}

function shape(file: string): unknown[] {
  using db = new DatabaseSync(file, { readOnly: true })
  const columns = `SELECT m.name AS owner, t.name, t.type, t."notnull", t.dflt_value FROM sqlite_schema m
    JOIN pragma_table_info(m.name) t WHERE m.type IN ('table', 'view') ORDER BY m.name, t.cid`
  const indexes = `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL ORDER BY name`
  return [...db.prepare(columns).all(), ...db.prepare(indexes).all()].map((row) => ({ ...row }))
}

describe('a store of the first version', () => {
  test('is read as it is', () => {
    using reader = new StoreReader(firstVersion())
    expect([...reader.pages()]).toMatchObject([{ url: 'http://a.test/', title: 'One' }])
    expect([...reader.errors()]).toHaveLength(1)
    expect([...reader.links()]).toHaveLength(2)
    expect([...reader.records()]).toEqual([])
  })

  test('is gone on with, and is then one of this version', () => {
    const file = firstVersion()
    const engine = new StoreEngine(file)
    expect(engine.counts()).toMatchObject({ queued: 1, pages: 1, failed: 1, bytes: 10 })
    const [entry] = engine.claim(9, 9)
    expect(entry).toEqual({ id: 2, url: 'http://a.test/x', depth: 1, hops: 0 })
    if (entry === undefined) return
    engine.commit([pageOutcome(entry, [link('http://a.test/z')])])
    engine.close()

    using db = new DatabaseSync(file)
    expect({ ...db.prepare('PRAGMA user_version').get() }).toEqual({ user_version: schemaVersion })
    using reader = new StoreReader(file)
    expect([...reader.pages()]).toHaveLength(2)
    expect([...reader.links()]).toHaveLength(3)

    const fresh = join(temporaryDirectory(), 'crawl.db')
    new StoreEngine(fresh).close()
    expect(shape(file)).toEqual(shape(fresh))
  })

  test('stays what it is when it cannot be brought up', () => {
    const file = firstVersion()
    new DatabaseSync(file).exec('CREATE TABLE record (x)')
    const before = shape(file)
    expect(() => new StoreEngine(file)).toThrow(`store ${file} failed`)
    expect(shape(file)).toEqual(before)
    using reader = new StoreReader(file)
    expect([...reader.pages()]).toHaveLength(1)
  })
})
