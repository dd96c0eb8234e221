import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mapConcurrent, moveOnAfter } from 'corral'
import { openPostgres, sql } from '@corral/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failure, serve } from './serve.ts'

const served = serve({ own: true }) // it is restarted

/** A certificate for the server takes OpenSSL. */
function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!hasOpenssl())('openPostgres over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corral-tls-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]

  beforeAll(async () => {
    const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes']
    const files = ['-keyout', key, '-out', certificate]
    const args = ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...files]
    execFileSync('openssl', args, { stdio: 'ignore' })
    // The server wants a key that is its own; as root it runs as nobody.
    if (process.getuid?.() === 0) {
      for (const path of [folder, key, certificate]) chownSync(path, 65_534, 65_534)
    }
    for (const [name, value] of [
      ['ssl', 'on'],
      ['ssl_key_file', key],
      ['ssl_cert_file', certificate],
    ] as const) {
      await served.observer.execute(sql.raw(`alter system set ${name} = '${value}'`))
    }
    await served.postgres.stop()
    await served.postgres.start()
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('sends cancel requests over it, and hits no other statement', async () => {
    const url = `${served.postgres.url}?sslmode=no-verify`
    await using db = await openPostgres(url, { max: 2, applicationName: 'secure' })
    const encrypted = sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
    expect(await db.value(encrypted)).toBe(true)
    await mapConcurrent(
      Array.from({ length: 100 }, (_, i) => i),
      async (i) => {
        await moveOnAfter(i % 8, () => db.query(sql`select pg_sleep(${(i % 10) / 1000})`))
        expect(await db.value(sql`select ${i}::int`)).toBe(i)
      },
      { concurrency: 4 },
    )
    const long = await moveOnAfter(20, () => db.query(sql`select pg_sleep(600)`))
    expect(long.timedOut).toBe(true)
    expect(await served.active('secure')).toEqual([])
    expect(db.stats()).toMatchObject({ errors: 0, destroyed: 0 })
  })

  it('refuses a certificate that nobody it trusts has signed', async () => {
    const error = await failure(() => openPostgres(`${served.postgres.url}?sslmode=verify-full`))
    expect(error.code).toBe('CONNECT')
  })
})
