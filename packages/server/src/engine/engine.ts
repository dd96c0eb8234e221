import { Event, isCancelled, now, shield, supervisor, timeout } from 'corral'
import type { Task, TaskGroup } from 'corral'
import { requireCount, requireDuration } from 'corral/lowlevel'
import type { Application, Lifespan, Plan } from '../app/plan.ts'
import { Admission } from '../limits/admission.ts'
import { clientAddress } from '../limits/client-address.ts'
import type { Transport } from '../transport/transport.ts'
import type { EngineOptions } from './engine-options.ts'
import { health } from './health.ts'
import { HeldResource } from './held-resource.ts'
import type { Failure, Hold } from './held-resource.ts'
import { Lifespans } from './lifespans.ts'
import { RequestWork } from './request-work.ts'

/**
 * Requests as tasks, from any transport: one task each, in one group; a disconnect or a deadline cancels it; it settles
 * when its cleanup is done.
 */
export class Engine {
  readonly #app: Application
  readonly options: EngineOptions
  /** For all routes together. */
  readonly admission: Admission | undefined
  readonly #lifespans = new Lifespans()
  readonly #stopped = new Event({ name: 'server stopped' })
  readonly #idle = new Event({ name: 'last request' })
  readonly #streams = new Set<() => void>()
  #group: TaskGroup | undefined
  #count = 0
  #live = 0
  #ready = true
  draining = false

  constructor(api: string, app: Application, options: EngineOptions, checksAnswers = false) {
    this.checksAnswers = checksAnswers
    const { timeout: cap = Infinity, trustedProxies = 0 } = options
    requireDuration(`${api}: timeout`, cap)
    requireCount(`${api}: trustedProxies`, trustedProxies, 0)
    this.#app = app
    this.options = options
    this.admission = Admission.of(api, options)
  }

  /** Whether responses are checked against their route's schema: in tests. */
  readonly checksAnswers: boolean

  /** Requests and background tasks in flight. */
  get live(): number {
    return this.#live
  }

  /** Whether it accepts requests. */
  get isOpen(): boolean {
    return this.#group !== undefined
  }

  /**
   * The life of the server: opens its resources, then the source of requests (`open` returns how to end that); when it
   * is stopped or cancelled, closes them in reverse. All work is awaited.
   */
  async run(open: () => Promise<() => Promise<void>>, started: () => void): Promise<void> {
    try {
      await supervisor(
        async (resources) => {
          try {
            await this.#lifespans.open(this.#app.lifespans, (work, name) =>
              resources.spawn(work, { name }),
            )
            await this.#work(open, started)
          } finally {
            await shield(() => this.#lifespans.close((error) => this.report(error, 'lifespan')))
          }
        },
        { name: 'lifespans', onError: (error, task) => this.report(error, task.name) },
      )
    } finally {
      this.#group = undefined
    }
  }

  async #work(open: () => Promise<() => Promise<void>>, started: () => void): Promise<void> {
    let close: (() => Promise<void>) | undefined
    try {
      await supervisor(
        async (group) => {
          this.#group = group
          close = await open()
          started()
          await this.#stopped.wait()
          group.cancel('the server has stopped')
        },
        { name: 'requests', onError: (error, task) => this.report(error, task.name) },
      )
    } finally {
      await shield(() => close?.())
    }
  }

  /** Load balancers should stop sending requests. */
  unready(): void {
    this.#ready = false
  }

  /** Ends endless streams, and from now on closes every connection after its response. */
  drain(): void {
    this.draining = true
    for (const end of this.#streams) end()
  }

  /** Waits until no request or background task is in flight. */
  async idle(): Promise<void> {
    while (this.#live > 0) {
      this.#idle.clear()
      await this.#idle.wait()
    }
  }

  /** Cancels what is in flight; `run` ends when it has ended. */
  stop(): void {
    this.#stopped.set()
  }

  /** A request has arrived. */
  accept(transport: Transport): Task<void> | undefined {
    const group = this.#group
    if (group === undefined) {
      transport.destroy()
      return undefined
    }
    const plan = this.#plan(transport)
    const name = `${plan.name} #${(this.#count += 1)}`
    const arrived = now()
    this.#live += 1
    const task = group.spawn(() => new RequestWork(this, transport, plan, name, arrived).run(), {
      name,
    })
    if (plan.onDisconnect !== 'finish') {
      // V8 allocates a function literal that is assigned to a property in the old generation, where it would keep the
      // request alive until the next full collection.
      const gone = (): void => void task.cancel('the client has gone')
      transport.onGone = gone
      if (transport.gone) gone()
    }
    return task
  }

  /** Work that outlives its request, not the server. */
  background(fn: () => unknown, name: string, ms: number): void {
    const group = this.#group as TaskGroup // called in a request, whose task is in the group
    this.#live += 1
    const work = async (): Promise<void> => {
      try {
        await (ms === Infinity ? fn() : timeout(ms, async () => fn()))
      } catch (error) {
        if (isCancelled(error)) throw error
        this.report(error, name)
      } finally {
        this.left()
      }
    }
    group.spawn(work, { name })
  }

  /** A resource of a request: it outlives the tasks of the request, and is closed at its end. */
  hold<T>(hold: Hold<T>, name: string): HeldResource<T> {
    const group = this.#group as TaskGroup
    return new HeldResource(hold, name, (work: () => Promise<Failure | undefined>) =>
      group.spawn(work, { name }),
    )
  }

  /** The address of the client. */
  client(transport: Transport): string {
    return clientAddress(transport, this.options.trustedProxies ?? 0)
  }

  lifespan(lifespan: Lifespan): unknown {
    return this.#lifespans.get(lifespan)
  }

  /** Reports errors that no client may see. */
  report(error: unknown, name: string): void {
    const { onError = print } = this.options
    onError(error, name)
  }

  #plan(transport: Transport): Plan {
    const { livePath = '/livez', readyPath = '/readyz' } = this.options
    if (transport.target === livePath) return health(transport, true)
    if (transport.target === readyPath) return health(transport, this.#ready)
    try {
      return this.#app.plan(transport)
    } catch (error) {
      return { name: transport.method, answer: () => Promise.reject(error) }
    }
  }

  /** Calls `end` when the server drains. */
  onDrain(end: () => void): Disposable {
    if (this.draining) end()
    this.#streams.add(end)
    return { [Symbol.dispose]: () => this.#streams.delete(end) }
  }

  /** A request or a background task has ended. */
  left(): void {
    this.#live -= 1
    if (this.#live === 0) this.#idle.set()
  }
}

function print(error: unknown, name: string): void {
  console.error(`${name}:`, error)
}
