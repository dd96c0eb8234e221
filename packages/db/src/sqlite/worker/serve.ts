import { Engine, failureOf } from './engine.ts'
import { begun, cellOf, unwanted } from './protocol.ts'
import type { Outcome, PackedStatement, Reply, Request, SqliteAnswer } from './protocol.ts'

/** How long finished outcomes may be held back to travel together, in milliseconds. */
const slice = 5

type Batch = Extract<Request, { readonly op: 'each' | 'group' | 'alone' }>

/** Handles requests one after the other, and replies through `post`. */
export class Server {
  readonly #post: (reply: Reply) => void
  #engine: Engine | undefined
  #cells: Int32Array<SharedArrayBuffer> | undefined
  #withdrawn: { readonly id: number; readonly from: number } | undefined
  readonly #later: Request[] = []
  #busy = false

  constructor(post: (reply: Reply) => void) {
    this.#post = post
  }

  take(request: Request): void {
    if (request.op === 'withdraw') this.#withdrawn = request
    else if (this.#busy) this.#later.push(request)
    else this.#do(request)
  }

  #do(request: Exclude<Request, { readonly op: 'withdraw' }>): void {
    if (request.op === 'each') this.#each(request, 0)
    else if (request.op === 'group') this.#reply(request.id, 0, this.#group(request))
    else this.#reply(request.id, 0, [attempt(() => this.#one(request))])
  }

  #one(request: Exclude<Request, { readonly op: 'withdraw' | 'each' | 'group' }>): SqliteAnswer {
    if (request.op === 'open') {
      this.#cells = request.settings.cells
      this.#engine = new Engine(request.settings)
      return { columns: [], rows: [], count: 0 }
    }
    const engine = this.#opened()
    switch (request.op) {
      case 'alone': {
        engine.refresh()
        return engine.patiently(
          () => this.#run(request, 0),
          () => this.#isWanted(request, 0),
        )
      }
      case 'script':
        return engine.patiently(() => engine.script(request.text))
      case 'cursor':
        return engine.openCursor(request.cursor, request.text, request.values)
      case 'fetch':
        return engine.fetch(request.cursor, request.batch)
      case 'close-cursor':
        return engine.closeCursor(request.cursor ?? 0)
      case 'reset':
        return engine.reset()
      case 'close':
      default:
        return engine.close()
    }
  }

  /**
   * Outcomes are sent as they become available; between two lots it checks whether the others are still wanted. A lot
   * reads one snapshot: to take and leave one costs several times a point query.
   */
  #each(batch: Batch, start: number): void {
    const engine = this.#opened()
    const { id, statements } = batch
    const outcomes: Outcome[] = []
    const until = performance.now() + slice
    let i = start
    this.#busy = true
    const together = statements.length - start > 1 && !engine.isOpen
    if (together) engine.beginRead()
    engine.refresh()
    for (; i < statements.length; i++) {
      outcomes.push(this.#begins(batch, i) ? attempt(() => this.#run(batch, i)) : notWanted)
      if (performance.now() > until) break
    }
    if (together) engine.endRead()
    this.#reply(id, start, outcomes)
    if (i < statements.length - 1) setImmediate(() => this.#goOn(batch, i + 1))
    else this.#rest()
  }

  #goOn(batch: Batch, next: number): void {
    const { id, from } = this.#withdrawn ?? { id: 0, from: 0 }
    if (id === batch.id && from <= next) this.#rest()
    else this.#each(batch, next)
  }

  #rest(): void {
    this.#busy = false
    const next = this.#later.shift()
    if (next !== undefined) this.take(next)
  }

  /**
   * One transaction for all. A failed statement has undone only itself, except for the rare error that undoes the whole
   * transaction: then each is run again, in a transaction of its own.
   */
  #group(batch: Batch): Outcome[] {
    const engine = this.#opened()
    engine.refresh()
    if (batch.statements.length === 1) return [this.#alone(batch, 0)]
    const { statements } = batch
    try {
      engine.patiently(
        () => engine.script('begin immediate'),
        () => statements.some((_, i) => this.#isWanted(batch, i)),
      )
    } catch (error) {
      return statements.map(() => failureOf(error))
    }
    const outcomes: Outcome[] = []
    for (const i of statements.keys()) {
      outcomes.push(this.#begins(batch, i) ? attempt(() => this.#run(batch, i)) : notWanted)
      if (!engine.isOpen) return statements.map((_, at) => this.#alone(batch, at))
    }
    try {
      engine.patiently(() => engine.script('commit'))
      return outcomes
    } catch (error) {
      if (engine.isOpen) engine.script('rollback')
      if (engine.makeRoom(error)) return statements.map((_, at) => this.#alone(batch, at))
      return outcomes.map((outcome) => ('errcode' in outcome ? outcome : failureOf(error)))
    }
  }

  #alone(batch: Batch, i: number): Outcome {
    if (!this.#begins(batch, i)) return notWanted
    return attempt(() =>
      this.#opened().patiently(
        () => this.#run(batch, i),
        () => this.#isWanted(batch, i),
      ),
    )
  }

  #run({ texts, statements }: Batch, i: number): SqliteAnswer {
    const [text, ...values] = statements[i] as PackedStatement
    return this.#opened().run(texts[text] as string, values)
  }

  #isWanted({ id }: Batch, i: number): boolean {
    return this.#cells === undefined || (Atomics.load(this.#cells, cellOf(id, i)) & unwanted) === 0
  }

  /** False if it was cancelled before. */
  #begins({ id }: Batch, i: number): boolean {
    const cells = this.#cells
    return cells === undefined || (Atomics.or(cells, cellOf(id, i), begun) & unwanted) === 0
  }

  #opened(): Engine {
    if (this.#engine === undefined) throw new Error('the database is not open')
    return this.#engine
  }

  #reply(id: number, from: number, outcomes: readonly Outcome[]): void {
    this.#post({ id, from, outcomes, open: this.#engine?.isOpen === true })
  }
}

const notWanted: Outcome = { errcode: 0, message: 'it was cancelled before it began' }

function attempt(act: () => SqliteAnswer): Outcome {
  try {
    return act()
  } catch (error) {
    return failureOf(error)
  }
}
