import { MisuseError } from 'corral'
import type { Lifespan } from '../app/plan.ts'
import { HeldResource } from './held-resource.ts'
import type { Failure } from './held-resource.ts'
import type { Task } from 'corral'

type Start = (work: () => Promise<Failure | undefined>, name: string) => Task<Failure | undefined>

/** The resources of a server: opened in order before it listens, closed in reverse order when all work has ended. */
export class Lifespans {
  readonly #values = new Map<Lifespan, unknown>()
  readonly #resources: HeldResource<unknown>[] = []

  async open(lifespans: readonly Lifespan[], start: Start): Promise<void> {
    for (const lifespan of lifespans) {
      const { name } = lifespan
      const resource = new HeldResource(lifespan.hold, name, (work) => start(work, name))
      this.#resources.push(resource)
      this.#values.set(lifespan, await resource.get())
    }
  }

  get(lifespan: Lifespan): unknown {
    if (this.#values.has(lifespan)) return this.#values.get(lifespan)
    throw new MisuseError(
      'lifespan.get: this server has not opened it; call it in a handler of the api it was made by',
    )
  }

  /** Closes all of them; each failure is reported. */
  async close(onError: (error: unknown) => void): Promise<void> {
    for (const resource of this.#resources.toReversed()) {
      const failure = await resource.close(undefined)
      if (failure !== undefined) onError(failure.error)
    }
  }
}
