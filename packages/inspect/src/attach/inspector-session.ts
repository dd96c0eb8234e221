import { get } from 'node:http'
import { cancellable, Future, moveOnAfter, race, timeout } from 'corral'
import { AttachError } from './attach-error.ts'
import type { Listener } from './listening-ports.ts'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: {
    readonly result?: { readonly value?: unknown; readonly description?: string }
    readonly exceptionDetails?: {
      readonly text: string
      readonly exception?: { readonly description?: string }
    }
  }
  readonly error?: { readonly message: string }
}

/** A connection to the inspector of a process. */
export class InspectorSession {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, Future<Message>>()
  readonly #closed = new Future<void>()
  readonly #listeners = new Set<(message: Message) => void>()
  #last = 0
  /** The process has said that it is about to exit. */
  #exits = false
  /** The target has been told to close the connection. */
  #closing = false

  /** @internal */
  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(String(data)))
    socket.addEventListener('close', () => this.#end())
    socket.addEventListener('error', () => this.#end())
  }

  /**
   * Connects to what listens there.
   *
   * @throws AttachError when it is no inspector
   */
  static async open({ address, port }: Listener): Promise<InspectorSession> {
    const host =
      address === '0.0.0.0' ? '127.0.0.1' : address === '0:0:0:0:0:0:0:0' ? '::1' : address
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const path = await targetPath(host, port)
    const socket = new WebSocket(`ws://${authority}${path}`)
    const opened = new Future<void>()
    socket.addEventListener('open', () => opened.settled || opened.resolve())
    const failed = (): void => {
      if (!opened.settled) opened.reject(foreign(port))
    }
    socket.addEventListener('error', failed)
    socket.addEventListener('close', failed)
    await timeout(limit, () => opened.wait())
    const session = new InspectorSession(socket)
    session.#leaveAtExit()
    return session
  }

  /** Asks for the value of an expression, which must be JSON. It interrupts what is running. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, error } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      silent: true,
    })
    const thrown = result?.exceptionDetails
    if (error !== undefined && this.#exits) throw new AttachError('ENDED', 'the process ended')
    if (error !== undefined || thrown !== undefined) {
      const said = error?.message ?? thrown?.exception?.description ?? thrown?.text ?? ''
      throw new AttachError('NO_ANSWER', `the process refused: ${said.split('\n', 1)[0]}`)
    }
    return result?.result?.value as T
  }

  async send(method: string, params: object = {}): Promise<Message> {
    const id = ++this.#last
    const answer = new Future<Message>()
    this.#answers.set(id, answer)
    if (this.#closed.settled) this.#end()
    else this.#socket.send(JSON.stringify({ id, method, params }))
    return await answer.wait()
  }

  /** Tells of what the inspector says unasked, until the function returned is called. */
  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Evaluates what closes the inspector, and waits until it has closed the connection: the client never does so first. False when
   * it is not closed.
   */
  async evaluateClosing(expression: string, patience: number): Promise<boolean> {
    const sent = ++this.#last
    this.#closing = true
    const failed = new Future<void>()
    const stop = this.listen(({ id, error, result }) => {
      if (id !== sent || failed.settled) return
      if (error !== undefined || result?.exceptionDetails !== undefined) failed.resolve()
    })
    const params = { expression, silent: true }
    this.#socket.send(JSON.stringify({ id: sent, method: 'Runtime.evaluate', params }))
    await moveOnAfter(patience, () => race([() => this.#closed.wait(), () => failed.wait()]))
    stop()
    return this.#closed.settled
  }

  /** A process that is about to exit waits for its clients to go. */
  #leaveAtExit(): void {
    this.listen(({ method }) => {
      if (method !== 'NodeRuntime.waitingForDisconnect') return
      this.#exits = true
      if (this.#closing) setTimeout(() => this.#socket.close(), grace)
      else this.#socket.close()
    })
    void this.send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true })
  }

  /** Leaves an inspector that stays open. */
  async leave(): Promise<void> {
    this.#socket.close()
    await cancellable(this.#closed.wait())
  }

  #receive(data: string): void {
    const message = JSON.parse(data) as Message
    for (const listener of this.#listeners) listener(message)
    const answer = this.#answers.get(message.id ?? -1)
    if (answer === undefined) return
    this.#answers.delete(message.id ?? -1)
    answer.resolve(message)
  }

  #end(): void {
    if (!this.#closed.settled) this.#closed.resolve()
    for (const [id, answer] of this.#answers) {
      this.#answers.delete(id)
      answer.resolve({ error: { message: 'the connection ended' } })
    }
  }
}

/** Milliseconds that a thread of the inspector, which is never busy, takes at the most. */
const limit = 5000

/** Milliseconds that a target has to do what it was told, until we close the connection ourselves. */
const grace = 500

/** What `/json/list` says where the target is. */
async function targetPath(host: string, port: number): Promise<string> {
  const found = new Future<string>()
  const asked = get({ host, port, path: '/json/list', agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (some: string) => {
      text += some
      if (text.length > 100_000) response.destroy()
    })
    response.on('close', () => {
      if (!found.settled) found.resolve(text)
    })
  })
  asked.on('error', () => {
    if (!found.settled) found.reject(foreign(port))
  })
  try {
    const list: unknown = JSON.parse(await timeout(limit, () => found.wait()))
    const [target] = list as readonly { readonly webSocketDebuggerUrl?: unknown }[]
    const { pathname } = new URL(String(target?.webSocketDebuggerUrl))
    return pathname
  } catch (error) {
    if (error instanceof AttachError) throw error
    throw foreign(port, error)
  } finally {
    asked.destroy()
  }
}

function foreign(port: number, cause?: unknown): AttachError {
  return new AttachError('FOREIGN', `what listens on port ${port} is no inspector`, { cause })
}
