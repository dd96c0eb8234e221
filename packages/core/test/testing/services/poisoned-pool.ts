import {
  gather,
  Queue,
  Semaphore,
  sleep,
  timeout,
  TimeoutError,
  taskGroup,
} from '../../../src/index.ts'
import type { Service } from './service.ts'

class Conn {
  dead = false
  answers = new Queue<string>()
  readonly serve: (question: string) => Promise<string>
  readonly start: (fn: () => Promise<void>) => void
  constructor(
    start: (fn: () => Promise<void>) => void,
    serve: (question: string) => Promise<string>,
  ) {
    this.start = start
    this.serve = serve
  }
  async ask(question: string): Promise<string> {
    this.start(async () => {
      this.answers.tryPut(await this.serve(question))
    })
    return this.answers.get()
  }
}
class Pool {
  idle: Conn[] = []
  made = 0
  free = new Semaphore(1)
  readonly make: () => Conn
  readonly mended: boolean
  constructor(make: () => Conn, mended: boolean) {
    this.make = make
    this.mended = mended
  }
  async query(question: string): Promise<string | undefined> {
    using _permit = await this.free.acquire()
    const conn = this.idle.pop() ?? this.make()
    try {
      return await timeout(50, () => conn.ask(question))
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      conn.dead = true
      return undefined
    } finally {
      if (!(this.mended && conn.dead)) this.idle.push(conn)
    }
  }
}

export const poisonedPool: Service = {
  what: 'a connection on which a question ran out of time goes back into the pool, its answer still to come',
  program: (mended: boolean) => () =>
    taskGroup(async (group) => {
      const pool = new Pool(
        () =>
          new Conn(
            (fn) => void group.spawn(fn, { name: 'server' }),
            async (q) => {
              await sleep(20)
              return `answer to ${q}`
            },
          ),
        mended,
      )
      await gather(
        ['a', 'b', 'c'].map((q, i) => async () => {
          await sleep(i * 15)
          const answer = await pool.query(q)
          if (answer !== undefined && answer !== `answer to ${q}`) {
            throw new Error(`${q} got: ${answer}`)
          }
        }),
      )
    }),
}
