import { channel } from 'node:diagnostics_channel'
import { CancelScope, isCancelled, now, shield, throwIfCancelled } from 'corral'
import type { Plan } from '../app/plan.ts'
import { HttpProblem } from '../errors.ts'
import { Reply } from '../reply/reply.ts'
import { SwitchReply } from '../reply/switch-protocols.ts'
import { send } from '../reply/send.ts'
import type { Admission } from '../limits/admission.ts'
import type { Transport } from '../transport/transport.ts'
import { requestLocal } from './current-request.ts'
import { clientTimeout } from './deadline.ts'
import type { Outcome } from './engine-options.ts'
import type { Engine } from './engine.ts'
import type { Failure } from './held-resource.ts'
import { RequestResources } from './request-resources.ts'

/** Each finished request, as `onRequest` is told of it: for tools that know `node:diagnostics_channel`. */
const finished = channel('corral:server.request')

/**
 * The body of a request's task: deadline, limits, handler, response, and the resources opened for it, in that order.
 */
export class RequestWork {
  readonly #engine: Engine
  readonly #transport: Transport
  readonly #plan: Plan
  readonly #name: string
  readonly #arrived: number
  readonly #resources = new RequestResources()
  #scope: CancelScope | undefined

  constructor(engine: Engine, transport: Transport, plan: Plan, name: string, arrived: number) {
    this.#engine = engine
    this.#transport = transport
    this.#plan = plan
    this.#name = name
    this.#arrived = arrived
  }

  async run(): Promise<void> {
    const [engine, transport] = [this.#engine, this.#transport]
    let outcome: Outcome = 'answered'
    try {
      if (engine.draining) transport.closeAfter()
      const [name, resources] = [this.#name, this.#resources]
      outcome = await requestLocal.run({ engine, transport, name, resources }, () => this.#inTime())
      if (transport.gone) outcome = 'disconnected'
    } catch (error) {
      outcome = transport.gone ? 'disconnected' : 'cancelled'
      await shield(() => this.#cutShort(error))
      throw error
    } finally {
      try {
        this.#tell(outcome)
      } finally {
        engine.left()
      }
    }
  }

  /** The earliest of three deadlines: the client's, the route's and the server's. */
  #inTime(): Promise<Outcome> {
    const { timeout: cap = Infinity } = this.#engine.options
    const { timeout = Infinity } = this.#plan
    const ms = Math.min(cap, timeout, clientTimeout(this.#transport))
    return ms === Infinity ? this.#answer() : this.#within(ms)
  }

  async #within(ms: number): Promise<Outcome> {
    const scope = new CancelScope({ deadline: this.#arrived + ms, name: 'deadline' })
    this.#scope = scope
    const outcome = await scope.run(() => this.#answer())
    if (outcome !== undefined) return outcome
    await this.#refuse(new HttpProblem(504))
    return 'timed out'
  }

  /** Answers; a failure becomes a response too, unless it is a cancellation. */
  async #answer(): Promise<Outcome> {
    const resources = this.#resources
    let failure: Failure | undefined
    try {
      const reply = await this.#admitted()
      if (reply !== undefined) await this.#send(reply)
      return 'answered'
    } catch (error) {
      failure = { error }
      if (isCancelled(error)) throw error
      this.#unlessCancelled(error)
      await this.#refuse(error)
      return error instanceof HttpProblem && error.status === 503 ? 'shed' : 'failed'
    } finally {
      if (resources.size > 0) {
        const ended = await resources.release('response', failure)
        if (ended !== undefined) this.#engine.report(ended.error, this.#name)
      }
    }
  }

  #send(reply: Reply): Promise<void> {
    const onDrain = (end: () => void): Disposable => this.#engine.onDrain(end)
    if (!(reply instanceof SwitchReply)) return send(this.#transport, reply, onDrain)
    if (this.#scope !== undefined) this.#scope.deadline = Infinity
    return reply.run(this.#transport, onDrain)
  }

  /** A cleanup failure in a cancelled request is reported; the cancellation continues. */
  #unlessCancelled(error: unknown): void {
    try {
      throwIfCancelled()
    } catch (cancelled) {
      if (!(error instanceof HttpProblem)) this.#engine.report(error, this.#name)
      throw cancelled
    }
  }

  /** The handler's reply, within the limits where there are any. */
  #admitted(): Promise<Reply | undefined> {
    const { exempt, admission } = this.#plan
    const all = exempt === true ? undefined : this.#engine.admission
    if (exempt !== true) this.#checkClient()
    if (all === undefined && admission === undefined) return this.#handle()
    return this.#inPlace(all, admission)
  }

  async #inPlace(
    all: Admission | undefined,
    own: Admission | undefined,
  ): Promise<Reply | undefined> {
    using _all = await all?.enter()
    using _route = await own?.enter()
    return await this.#handle()
  }

  #checkClient(): void {
    const { clientLimit: all } = this.#engine.options
    const { clientLimit: own } = this.#plan
    if (all === undefined && own === undefined) return
    const client = this.#engine.client(this.#transport)
    all?.check(this.#transport, client)
    own?.check(this.#transport, client)
  }

  /** Resources held until the handler ends are closed before the response: a failure of that is a 500. */
  async #handle(): Promise<Reply | undefined> {
    throwIfCancelled() // a request that expired in the queue never starts
    let failure: Failure | undefined
    let reply: Reply | undefined
    try {
      reply = await this.#plan.answer(this.#transport)
    } catch (error) {
      failure = { error }
    }
    const resources = this.#resources
    const ended = resources.size > 0 ? await resources.release('handler', failure) : undefined
    failure ??= ended
    if (failure !== undefined) throw failure.error
    return reply
  }

  /** The response to a failure: an internal error reveals only that it happened. */
  async #refuse(error: unknown): Promise<void> {
    const transport = this.#transport
    const known = error instanceof HttpProblem
    if (!known || error.cause !== undefined) this.#engine.report(error, this.#name)
    if (transport.gone || transport.ended) return
    if (transport.headersSent) {
      transport.destroy()
      return
    }
    const problem = known ? error : new HttpProblem(500)
    const headers = { 'content-type': 'application/problem+json', ...problem.headers }
    const reply = new Reply(problem.status, headers, JSON.stringify(problem.document))
    await this.#send(reply)
  }

  /**
   * Cancelled by its client or by the server: a client still waiting gets a response, one already reading sees that it
   * is incomplete.
   */
  async #cutShort(error: unknown): Promise<void> {
    const transport = this.#transport
    if (!isCancelled(error)) this.#engine.report(error, this.#name)
    if (transport.gone || transport.ended) return
    if (transport.headersSent) {
      transport.destroy()
      return
    }
    transport.closeAfter()
    await this.#refuse(new HttpProblem(503))
  }

  #tell(outcome: Outcome): void {
    const { onRequest } = this.#engine.options
    if (onRequest === undefined && !finished.hasSubscribers) return
    const { method, target, status } = this.#transport
    const client = this.#engine.client(this.#transport)
    const ms = now() - this.#arrived
    const event = { name: this.#name, method, target, client, status, outcome, ms }
    onRequest?.(event)
    if (finished.hasSubscribers) finished.publish(event)
  }
}
