import type { WorkerRecord } from '../store/records.ts'
import { Heart } from '../worker/heart.ts'
import { tokenOf } from './nats-names.ts'
import type { NatsStates } from './nats-states.ts'

const script = new URL(
  import.meta.url.endsWith('.ts') ? './nats-beat-main.ts' : './nats-beat-main.js',
  import.meta.url,
)

type Known = WorkerRecord & { readonly beats: number }

/** Who works on the jobs: known to all, and shown to be alive by a thread. */
export class NatsWorkers {
  readonly #states: NatsStates
  readonly #server: string
  readonly #prefix: string

  constructor(states: NatsStates, server: string, prefix: string) {
    this.#states = states
    this.#server = server
    this.#prefix = prefix
  }

  async join(worker: WorkerRecord): Promise<Heart> {
    const { id, lease } = worker
    await this.#states.put(keyOf(id), { ...worker, beats: 0 }, 0)
    try {
      const pulse = { id, every: lease / 4, lease, maxStall: 60_000 }
      return await Heart.start(script, pulse, { server: this.#server, prefix: this.#prefix })
    } catch (error) {
      await this.forget(id)
      throw error
    }
  }

  async isKnown(id: string): Promise<boolean> {
    return (await this.#states.get(keyOf(id))) !== undefined
  }

  async all(): Promise<readonly Known[]> {
    const workers: Known[] = []
    for (const key of await this.#states.keys('worker')) {
      const found = await this.#states.get<Known>(key)
      if (found !== undefined) workers.push(found.value)
    }
    return workers
  }

  async forget(id: string): Promise<void> {
    await this.#states.remove(keyOf(id))
  }
}

function keyOf(id: string): string {
  return `worker.${tokenOf(id)}`
}
