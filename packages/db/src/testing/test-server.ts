import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { lchown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentSignal, Event, Future, MisuseError, shield } from 'corral'
import { DatabaseError } from '../errors.ts'
import { prepareBinaries } from './binaries.ts'
import type { Binaries } from './binaries.ts'

/** PostgreSQL refuses to run as root. This is the user that owns nothing: `nobody`. */
const nobody = 65_534

// What it runs ends when the pipe does, and so when this process does, in any way: kill -9 included. Without a word
// before that, nobody else is left to remove the folder, unless it is the guard that was killed. A program that has only
// begun ignores signals, so they are repeated. The guard ends when the program does, so nothing else may have its stderr.
const guard = `
folder=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- & child=$!
exec 2>/dev/null
{
  read -r word <&3 || { trap '' TERM; kill -0 $$ || word=stop; }
  tries=0
  while kill -QUIT $child; do
    sleep 0.1
    tries=$((tries + 1)); [ $tries -lt 100 ] || kill -KILL $child
  done
  [ -n "$word" ] || rm -rf "$folder"
} & watch=$!
exec 3<&-
wait $child; code=$?
kill $watch
exit $code
`

/** A private server, in a temporary folder, that only this process can log in to. */
export class TestServer {
  readonly #folder: string
  readonly #binaries: Binaries
  readonly #password: string
  #port = 0
  readonly #identity: { readonly uid?: number; readonly gid?: number }
  readonly #durable: boolean
  /** Ends the server; `ended` is set when nothing of it is left. */
  #guard: { end(): void; readonly ended: Event } | undefined

  private constructor(
    folder: string,
    binaries: Binaries,
    password: string,
    identity: { readonly uid?: number; readonly gid?: number },
    durable: boolean,
  ) {
    this.#folder = folder
    this.#binaries = binaries
    this.#password = password
    this.#identity = identity
    this.#durable = durable
  }

  get url(): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/postgres`
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
      if (asRoot) await giveAway(folder)
      const server = new TestServer(folder, binaries, password, identity, durable)
      await server.#initialise()
      await server.#startFirst()
      return server
    } catch (error) {
      await shield(() => rm(folder, { recursive: true, force: true }))
      throw error
    }
  }

  /**
   * Starts it, and waits until it accepts connections.
   *
   * @throws MisuseError when it was started and not stopped, DatabaseError NO_SERVER when it cannot start
   */
  async start(): Promise<void> {
    if (this.#guard?.ended.isSet === false) {
      throw new MisuseError('TestPostgres: the server is started; stop it first')
    }
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
    const child = this.#spawn('postgres', ['-D', join(this.#folder, 'data'), ...options])
    const ended = new Event()
    this.#guard = { end: () => child.stdin?.end('stop\n'), ended }
    const ready = new Future<string | undefined>()
    let log = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (ready.settled) return
      log += text
      if (log.includes('ready to accept connections')) ready.resolve(undefined)
    })
    const end = (error?: Error): void => {
      ended.set()
      if (!ready.settled) ready.resolve(error === undefined ? log : String(error))
    }
    child.once('close', () => end())
    child.once('error', end)
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
    this.#guard?.end()
    await this.#guard?.ended.wait()
  }

  async close(): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Another program may take the port that was free. */
  async #startFirst(): Promise<void> {
    for (let left = 5; ; left -= 1) {
      this.#port = await freePort()
      try {
        return await this.start()
      } catch (error) {
        if (left === 1 || !String(error).includes('Address already in use')) throw error
      }
    }
  }

  /** In a session of its own: Ctrl-C is for this process, which may have to tidy up in the database. */
  #spawn(program: string, args: readonly string[]): ChildProcess {
    const { bin, env } = this.#binaries
    const child = spawn('/bin/sh', ['-c', guard, 'sh', this.#folder, join(bin, program), ...args], {
      ...this.#identity,
      env,
      cwd: this.#folder,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    child.stdin?.on('error', () => {}) // it has ended
    return child
  }

  async #initialise(): Promise<void> {
    const data = join(this.#folder, 'data')
    const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--no-sync']
    const password = ['--locale=C', '--pwfile', join(this.#folder, 'password')]
    const child = this.#spawn('initdb', [...args, ...password])
    let log = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text))
    const ended = new Future<number | null>()
    child.once('error', (error) => (log += String(error)))
    child.once('close', (code) => ended.resolve(code))
    try {
      const code = await ended
      if (code === 0) return
      throw new DatabaseError('NO_SERVER', `openTestPostgres: initdb exited with ${code}: ${log}`)
    } catch (error) {
      child.stdin?.end('stop\n')
      await shield(() => ended.wait())
      throw error
    }
  }
}

/** Whatever our umask is, the server can read all of it, and its guard remove it. */
async function giveAway(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true })
  for (const name of ['', ...names]) await lchown(join(folder, name), nobody, nobody)
}

async function freePort(): Promise<number> {
  await using probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening', { signal: currentSignal() })
  return (probe.address() as AddressInfo).port
}
