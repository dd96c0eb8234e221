import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { Event, moveOnAfter, Queue, sleep, taskGroup } from 'corral'
import type { TaskGroup } from 'corral'
import type { Client } from 'pg'
import { DatabaseError } from '../../src/errors.ts'
import type { QueryLog } from '../../src/query-log.ts'
import { settingsOf } from '../../src/postgres/options.ts'
import type { PostgresOptions, PostgresSettings } from '../../src/postgres/options.ts'
import { PostgresConnection } from '../../src/postgres/postgres-connection.ts'
import { PostgresDatabase } from '../../src/postgres/postgres-database.ts'
import type { CancelTarget } from '../../src/postgres/request-cancel.ts'

interface Asked {
  parse: { readonly name: string; readonly text: string } | undefined
  name: string
  values: readonly (string | null)[]
}

type Told = readonly [event: string, message: object]

/** What a server does for one connection: statements in order, each stopped by whichever signal arrives while it runs. */
class Backend {
  readonly wire: EventEmitter = new EventEmitter()
  readonly asked: Queue<Asked> = new Queue()
  /** What it runs: the first value. */
  running: string | undefined
  status: 'I' | 'T' | 'E' = 'I'
  alive = true
  readonly #server: FakeServer
  readonly #names = new Map<string, string>()
  readonly #told = new Queue<Told>()
  readonly #signal = new Event()
  #parse: Asked['parse']
  #bound: Pick<Asked, 'name' | 'values'> = { name: '', values: [] }

  constructor(server: FakeServer, id: number, group: TaskGroup) {
    this.#server = server
    Object.assign(this.wire, {
      stream: Object.assign(new EventEmitter(), {
        cork() {},
        uncork() {},
        destroy: () => this.end(),
      }),
      parse: ({ name = '', text }: { name?: string; text: string }) =>
        (this.#parse = { name, text }),
      bind: ({ statement = '', values }: { statement?: string; values: (string | null)[] }) =>
        (this.#bound = { name: statement, values }),
      describe() {},
      execute() {},
      close() {},
      sync: () => {
        this.asked.tryPut({ parse: this.#parse, ...this.#bound })
        this.#parse = undefined
      },
    })
    group.spawn(() => this.#work(), { name: `backend ${id}` })
    group.spawn(() => this.#answer(), { name: `answers of ${id}` })
  }

  /** The signal of a cancel request. Between two statements it is ignored. */
  signal(): void {
    if (this.running !== undefined) this.#signal.set()
  }

  /** It is terminated, or its client has gone. */
  end(): void {
    if (!this.alive) return
    this.alive = false
    this.#signal.set()
    this.#told.tryPut(['end', {}])
  }

  async #work(): Promise<void> {
    for (;;) {
      const asked = await this.asked.get()
      if (!this.alive) return
      await this.#do(asked)
      if (!this.alive) return
      this.#tell('readyForQuery', { status: this.status })
    }
  }

  async #answer(): Promise<void> {
    for (;;) {
      const [event, message] = await this.#told.get()
      this.wire.emit(event, message)
      if (event === 'end') return
    }
  }

  async #do({ parse, name, values }: Asked): Promise<void> {
    if (parse !== undefined) {
      this.#names.set(parse.name, parse.text)
      this.#tell('parseComplete')
    }
    const text = this.#names.get(name)
    if (text === undefined) return this.#fail('26000')
    if (text === 'rollback') this.status = 'I'
    else if (this.status === 'E') return this.#fail('25P02')
    else if (text === 'begin') this.status = 'T'
    else if (text === 'commit') this.status = 'I'
    else return await this.#run(text, values)
    this.#tell('commandComplete', { text })
  }

  /** `... $1 ... $2`: takes $2 milliseconds, then has happened for $1. */
  async #run(text: string, [id = '', ms = '0']: readonly (string | null)[]): Promise<void> {
    assert.equal(this.running, undefined)
    this.#signal.clear()
    this.running = id ?? ''
    const stopped = await moveOnAfter(Number(ms), () => this.#signal.wait())
    this.running = undefined
    if (!this.alive) return
    if (!stopped.timedOut) return this.#fail('57014')
    this.#server.happened.push(id ?? '')
    this.#tell('rowDescription', { fields: [{ name: 'id', dataTypeID: 25 }] })
    this.#tell('dataRow', { fields: [id] })
    this.#tell('commandComplete', { text: `${text} 1` })
  }

  #fail(code: string): void {
    if (this.status === 'T') this.status = 'E'
    this.#tell('errorMessage', Object.assign(new Error(code), { code }))
  }

  #tell(event: string, message: object = {}): void {
    this.#told.tryPut([event, message])
  }
}

/** A server that is not there, for the real pool, pipeline and connections: only the sockets are missing. */
export class FakeServer {
  readonly backends: Backend[] = []
  /** The ids of statements that have happened, in order. */
  readonly happened: string[] = []
  readonly #group: TaskGroup

  constructor(group: TaskGroup) {
    this.#group = group
  }

  /** The ids of what is running. */
  get running(): string[] {
    return this.backends.flatMap(({ alive, running }) => (alive && running ? [running] : []))
  }

  open(options: PostgresOptions): PostgresDatabase {
    return new PostgresDatabase(settingsOf('postgres://nowhere/none', options), (...args) =>
      this.#connect(...args),
    )
  }

  async #connect(settings: PostgresSettings, log: QueryLog): Promise<PostgresConnection> {
    await sleep(1)
    if (this.backends.length > 20) throw new DatabaseError('CONNECT', 'too many connections')
    const processID = this.backends.length
    const backend = new Backend(this, processID, this.#group)
    this.backends.push(backend)
    const end = async (): Promise<void> => backend.end()
    const client = Object.assign(new EventEmitter(), { processID, end, connection: backend.wire })
    const connection = new PostgresConnection(
      client as unknown as Client,
      settings.grace,
      log,
      settings.shapes,
      (target) => this.#request(target),
    )
    connection.listen()
    backend.wire.emit('readyForQuery', { status: 'I' })
    return connection
  }

  /** The signal is sent after a while, and the socket closed after that. */
  async #request({ processId }: CancelTarget): Promise<void> {
    await sleep(1)
    this.backends[processId]?.signal()
    await sleep(1)
  }
}

/** Runs `fn` beside a server, which is gone afterwards. */
export async function withServer(fn: (server: FakeServer) => Promise<void>): Promise<void> {
  await taskGroup(async (group) => {
    await fn(new FakeServer(group))
    group.cancel()
  })
}
