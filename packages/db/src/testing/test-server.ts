import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentSignal, Future, shield } from 'corral'
import { DatabaseError } from '../errors.ts'
import { prepareBinaries } from './binaries.ts'
import type { Binaries } from './binaries.ts'

/** PostgreSQL refuses to run as root. This is the user that owns nothing: `nobody`. */
const nobody = 65_534

// The server ends when the pipe does, and so when this process does, in any way: kill -9 included.
const guard =
  '"$@" </dev/null & server=$!; cat >/dev/null; kill -QUIT $server 2>/dev/null; wait $server'

/** A private server, in a temporary folder, that only this process can log in to. */
export class TestServer {
  readonly url: string
  readonly #folder: string
  readonly #binaries: Binaries
  readonly #port: number
  readonly #identity: { readonly uid?: number; readonly gid?: number }
  readonly #durable: boolean
  #guard: ChildProcess | undefined

  private constructor(
    folder: string,
    binaries: Binaries,
    port: number,
    password: string,
    identity: { readonly uid?: number; readonly gid?: number },
    durable: boolean,
  ) {
    this.#folder = folder
    this.#binaries = binaries
    this.#port = port
    this.#identity = identity
    this.#durable = durable
    this.url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  }

  /** Cancellation: gives up, and leaves nothing behind. */
  static async open(durable: boolean): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), 'corral-postgres-'))
    try {
      const asRoot = process.getuid?.() === 0
      const identity = asRoot ? { uid: nobody, gid: nobody } : {}
      const binaries = await prepareBinaries(folder, asRoot)
      const password = randomBytes(16).toString('hex')
      await writeFile(join(folder, 'password'), password, { mode: 0o600 })
      await chmod(folder, 0o700)
      if (asRoot) {
        await chown(folder, nobody, nobody)
        await chown(join(folder, 'password'), nobody, nobody)
      }
      const server = new TestServer(folder, binaries, await freePort(), password, identity, durable)
      await server.#initialise()
      await server.start()
      return server
    } catch (error) {
      await shield(() => rm(folder, { recursive: true, force: true }))
      throw error
    }
  }

  /** Starts it, and waits until it accepts connections. */
  async start(): Promise<void> {
    const { bin, env } = this.#binaries
    const settings = {
      port: this.#port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: this.#durable ? 'on' : 'off', // it need not outlive the machine
      max_connections: 100,
      deadlock_timeout: '100ms',
      lc_messages: 'C',
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(
      '/bin/sh',
      ['-c', guard, 'sh', join(bin, 'postgres'), '-D', join(this.#folder, 'data'), ...options],
      { ...this.#identity, env, cwd: this.#folder, stdio: ['pipe', 'ignore', 'pipe'] },
    )
    this.#guard = child
    const ready = new Future<string | undefined>()
    let log = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (ready.settled) return
      log += text
      if (log.includes('ready to accept connections')) ready.resolve(undefined)
    })
    child.once('close', () => ready.settled || ready.resolve(log))
    child.once('error', (error) => ready.settled || ready.resolve(String(error)))
    try {
      const failed = await ready
      if (failed === undefined) return
      throw new DatabaseError('NO_SERVER', `openTestPostgres: the server did not start: ${failed}`)
    } catch (error) {
      await shield(() => this.stop())
      throw error
    }
  }

  /** Stops it at once, as a crash would: it recovers when it starts again. */
  async stop(): Promise<void> {
    const child = this.#guard
    this.#guard = undefined
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close', { signal: currentSignal() })
    child.stdin?.end()
    await closed
  }

  async close(): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #initialise(): Promise<void> {
    const { bin, env } = this.#binaries
    const data = join(this.#folder, 'data')
    const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--no-sync']
    const password = ['--locale=C', '--pwfile', join(this.#folder, 'password')]
    const child = spawn(join(bin, 'initdb'), [...args, ...password], {
      ...this.#identity,
      env,
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    const ended = new Future<number | null>()
    child.once('error', (error) => (log += String(error)))
    child.once('close', (code) => ended.resolve(code))
    try {
      const code = await ended
      if (code === 0) return
      throw new DatabaseError('NO_SERVER', `openTestPostgres: initdb exited with ${code}: ${log}`)
    } catch (error) {
      child.kill()
      await shield(() => ended.wait())
      throw error
    }
  }
}

async function freePort(): Promise<number> {
  await using probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening', { signal: currentSignal() })
  return (probe.address() as AddressInfo).port
}
