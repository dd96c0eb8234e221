import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { currentSignal, sleep } from 'corral'

/** A way to a server, and one past it, to look at the server. */
export interface Route extends AsyncDisposable {
  readonly url: string
  readonly direct: string
}

const nobody = 65_534
const asRoot = process.getuid?.() === 0

export async function plainRoute(): Promise<Route> {
  const server = await openTestPostgres({ url: '' })
  return {
    url: server.url,
    direct: server.url,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** It needs `openssl` for a certificate. */
export async function tlsRoute(): Promise<Route> {
  const server = await openTestPostgres({ url: '' })
  const folder = await mkdtemp(join(tmpdir(), 'corral-tls-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-subj', '/CN=localhost', '-days', '2']
  await promisify(execFile)('openssl', [...args, '-nodes', '-keyout', key, '-out', certificate], {
    signal: currentSignal(),
  })
  if (asRoot) for (const path of [folder, key, certificate]) await chown(path, nobody, nobody)
  {
    await using db = await openPostgres(server.url)
    const settings = { ssl: 'on', ssl_key_file: key, ssl_cert_file: certificate }
    for (const [name, value] of Object.entries(settings)) {
      await db.execute(sql.raw(`alter system set ${name} = '${value}'`))
    }
  }
  await server.stop()
  await server.start()
  return {
    url: `${server.url}?sslmode=no-verify`,
    direct: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

/** @param mode `session` or `transaction`: what a server's connection is lent for */
export async function pgbouncerRoute(mode: 'session' | 'transaction'): Promise<Route> {
  const server = await openTestPostgres({ url: '' })
  const { port, username, password } = new URL(server.url)
  const folder = await mkdtemp(join(tmpdir(), 'corral-pgbouncer-'))
  const own = await freePort()
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(
    config,
    `[databases]
postgres = host=127.0.0.1 port=${port} dbname=postgres user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
auth_type = any
pool_mode = ${mode}
default_pool_size = 4
max_client_conn = 100
unix_socket_dir =
ignore_startup_parameters = extra_float_digits
`,
  )
  if (asRoot) for (const path of [folder, config]) await chown(path, nobody, nobody)
  const user = asRoot ? ['-u', 'nobody'] : []
  const bouncer = spawn('pgbouncer', [...user, config], { stdio: 'ignore' })
  bouncer.on('error', () => {}) // then it does not answer
  await until(own)
  return {
    url: `postgres://${username}:x@127.0.0.1:${own}/postgres`,
    direct: server.url,
    async [Symbol.asyncDispose]() {
      const closed = once(bouncer, 'close', { signal: currentSignal() })
      bouncer.kill('SIGKILL')
      await closed
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

/** A way that lets no new connection through once it is shut: what asks to cancel is one. */
export async function shutRoute(): Promise<Route & { shut(): void }> {
  const server = await openTestPostgres({ url: '' })
  const to = new URL(server.url)
  let open = true
  const proxy = createServer((client) => {
    client.on('error', () => {})
    if (!open) {
      client.destroy()
      return
    }
    const upstream = connect(Number(to.port), to.hostname)
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening', { signal: currentSignal() })
  const through = new URL(server.url)
  through.port = String((proxy.address() as AddressInfo).port)
  return {
    url: through.href,
    direct: server.url,
    shut: () => void (open = false),
    async [Symbol.asyncDispose]() {
      proxy.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function freePort(): Promise<number> {
  await using probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening', { signal: currentSignal() })
  return (probe.address() as AddressInfo).port
}

async function until(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const ready = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    socket.destroy()
    if (ready) return
    await sleep(20)
  }
  throw new Error('pgbouncer does not answer; is it installed?')
}
