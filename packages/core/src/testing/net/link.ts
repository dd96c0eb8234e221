import { MisuseError } from '../../errors.ts'
import { currentScope } from '../../kernel/current.ts'
import { describe, requireDuration } from '../../kernel/guard.ts'
import { LinkEnd } from './link-end.ts'
import { Wire } from './wire.ts'

export interface LinkOptions {
  /** How long a chunk is under way, in milliseconds. Default 0. */
  readonly latency?: number
  /** At most so much longer, by chance, in milliseconds; the order stays. Default 0. */
  readonly jitter?: number
  /** The chance of a chunk to be lost, from 0 to 1. Default 0. */
  readonly drop?: number
  /** Bytes and strings arrive cut into pieces, by chance. Default false. */
  readonly split?: boolean
}

/**
 * Two ends joined in memory, for testing protocol code without a network: what is written at one end
 * is read at the other, late, lost, cut or held up as the test wants it. Chance follows the seed of
 * the run.
 *
 * @example
 * const link = new Link({ latency: 5, split: true })
 * spawn(() => serve(link.b))
 * await link.a.write(request)
 * @see trio.testing.memory_stream_pair, turmoil
 */
export class Link<T = Uint8Array> {
  readonly a: LinkEnd<T>
  readonly b: LinkEnd<T>
  readonly #wires: readonly Wire<T>[]

  constructor(options: LinkOptions = {}) {
    const { latency = 0, jitter = 0, drop = 0, split = false } = options
    requireDuration('Link: latency', latency)
    requireDuration('Link: jitter', jitter)
    if (!(drop >= 0 && drop <= 1)) {
      throw new MisuseError(`Link: drop must be a number from 0 to 1, got ${describe(drop)}`)
    }
    const { runtime } = currentScope()
    const [there, back] = [1, 2].map(() => new Wire<T>(runtime, { latency, jitter, drop, split }))
    this.#wires = [there as Wire<T>, back as Wire<T>]
    this.a = new LinkEnd(there as Wire<T>, back as Wire<T>)
    this.b = new LinkEnd(back as Wire<T>, there as Wire<T>)
  }

  /** From now on nothing arrives, until `heal`. Nothing is lost. */
  partition(): void {
    for (const wire of this.#wires) wire.hold()
  }

  /** What was held up by `partition` arrives. */
  heal(): void {
    for (const wire of this.#wires) wire.release()
  }

  /** Both ends get `BrokenError` for all they wait for and do from now on; what is under way is lost. */
  break(): void {
    for (const wire of this.#wires) wire.break()
  }
}
