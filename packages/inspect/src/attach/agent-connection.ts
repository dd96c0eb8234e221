import { rmdirSync, unlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { Future, timeout } from 'corral'
import type { Answer, Question } from '../agent/serve-client.ts'
import { AttachError } from './attach-error.ts'

/** Questions to an agent, over its socket. */
export class AgentConnection implements Disposable {
  readonly #socket: Socket
  readonly #answers = new Map<number, Future<unknown>>()
  readonly #pieces: string[] = []
  #last = 0
  #spent = 0
  #ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', () => {})
    socket.on('close', () => this.#end())
  }

  /** @param pid whose folders they are: a process may have a `/tmp` of its own */
  static async open(pid: number, path: string): Promise<AgentConnection> {
    const socket = connect(`/proc/${pid}/root${path}`)
    const opened = new Future<void>()
    socket.once('connect', () => opened.settled || opened.resolve())
    socket.once('error', (error) => opened.settled || opened.reject(error))
    try {
      await timeout(limit, () => opened.wait())
    } catch (error) {
      socket.destroy()
      throw error
    }
    return new AgentConnection(socket)
  }

  /** Connects, and takes the file away: it is for one client, and who is killed leaves nothing behind. */
  static async openOnce(pid: number, path: string): Promise<AgentConnection> {
    try {
      return await AgentConnection.open(pid, path)
    } finally {
      removeSocket(`/proc/${pid}/root${path}`)
    }
  }

  /** Milliseconds of the target's time that this connection has cost. */
  get spent(): number {
    return this.#spent
  }

  get ended(): boolean {
    return this.#ended
  }

  /**
   * Asks, and waits for the answer: a loop that is blocked gives none until it turns again.
   *
   * Cancellation: gives up waiting.
   *
   * @throws AttachError when the process ends first
   */
  async ask<T>(ask: Question['ask'], details: Omit<Question, 'id' | 'ask'> = {}): Promise<T> {
    const id = this.#send(ask, details)
    const answer = new Future<unknown>()
    this.#answers.set(id, answer)
    if (this.#ended) this.#end()
    try {
      return (await answer.wait()) as T
    } finally {
      this.#answers.delete(id)
    }
  }

  /** The same, without an answer. */
  tell(ask: Question['ask']): void {
    this.#send(ask, {})
  }

  #send(ask: Question['ask'], details: Omit<Question, 'id' | 'ask'>): number {
    const id = ++this.#last
    if (!this.#ended) this.#socket.write(`${JSON.stringify({ id, ask, ...details })}\n`)
    return id
  }

  [Symbol.dispose](): void {
    this.#socket.end()
    this.#socket.unref()
  }

  #receive(text: string): void {
    const lines = text.split('\n')
    for (const [i, line] of lines.entries()) {
      this.#pieces.push(line)
      if (i === lines.length - 1) return
      const whole = this.#pieces.splice(0).join('')
      this.#settle(JSON.parse(whole) as Answer)
    }
  }

  #settle({ id, value, error, spent }: Answer): void {
    this.#spent = spent
    const answer = this.#answers.get(id)
    this.#answers.delete(id)
    if (answer === undefined) return
    if (error === undefined) answer.resolve(value)
    else answer.reject(new AttachError('NO_ANSWER', `the process refused: ${error}`))
  }

  #end(): void {
    this.#ended = true
    for (const [id, answer] of this.#answers) {
      this.#answers.delete(id)
      answer.reject(new AttachError('ENDED', 'the process ended'))
    }
  }
}

/** Milliseconds that the system takes to connect at the most; no loop need turn for it. */
const limit = 2000

/** What the process names is taken away only where it looks like ours. */
function removeSocket(file: string): void {
  if (!/\/corral-\w{6}\/once$/.test(file)) return
  try {
    unlinkSync(file)
    rmdirSync(dirname(file))
  } catch {
    // The process has done so.
  }
}
