import { CancelScope, isCancelled, now, shield, throwIfCancelled } from 'corral'
import type { Plan } from '../app/plan.ts'
import { HttpProblem } from '../errors.ts'
import { Reply } from '../reply/reply.ts'
import { SwitchReply } from '../reply/switch-protocols.ts'
import { send } from '../reply/send.ts'
import type { Transport } from '../transport/transport.ts'
import { requestLocal } from './current-request.ts'
import { clientTimeout } from './deadline.ts'
import type { Outcome } from './engine-options.ts'
import type { Engine } from './engine.ts'
import type { Failure } from './held-resource.ts'
import { RequestResources } from './request-resources.ts'

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
    const transport = this.#transport
    let outcome: Outcome = 'answered'
    try {
      if (this.#engine.draining) transport.closeAfter()
      outcome = await this.#inTime()
      if (transport.gone) outcome = 'disconnected'
    } catch (error) {
      outcome = transport.gone ? 'disconnected' : 'cancelled'
      await shield(() => this.#cutShort(error))
      throw error
    } finally {
      this.#tell(outcome)
    }
  }

  /** The earliest of three deadlines: the client's, the route's and the server's. */
  async #inTime(): Promise<Outcome> {
    const { timeout: cap = Infinity } = this.#engine.options
    const { timeout = Infinity } = this.#plan
    const ms = Math.min(cap, timeout, clientTimeout(this.#transport.headers))
    if (ms === Infinity) return this.#answer()
    const scope = new CancelScope({ deadline: this.#arrived + ms, name: 'deadline' })
    this.#scope = scope
    const outcome = await scope.run(() => this.#answer())
    if (outcome !== undefined) return outcome
    await this.#refuse(new HttpProblem(504))
    return 'timed out'
  }

  /** Answers; a failure becomes a response too, unless it is a cancellation. */
  async #answer(): Promise<Outcome> {
    const transport = this.#transport
    const [engine, name, resources] = [this.#engine, this.#name, this.#resources]
    let failure: Failure | undefined
    try {
      await requestLocal.run({ engine, transport, name, resources }, async () => {
        const reply = await this.#admitted()
        if (reply !== undefined) await this.#send(reply)
      })
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
        if (ended !== undefined) engine.report(ended.error, name)
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

  /** The handler's reply, within the limit; a request that expired in the queue never starts. */
  async #admitted(): Promise<Reply | undefined> {
    const plan = this.#plan
    if (plan.exempt !== true) this.#checkClient()
    using _all = plan.exempt === true ? undefined : await this.#engine.admission?.enter()
    using _route = await plan.admission?.enter()
    throwIfCancelled()
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
    if (onRequest === undefined) return
    const { method, target, status } = this.#transport
    const client = this.#engine.client(this.#transport)
    const ms = now() - this.#arrived
    onRequest({ name: this.#name, method, target, client, status, outcome, ms })
  }
}
