import { MisuseError } from '../../errors.ts'
import { currentScope } from '../../kernel/current.ts'
import { describe, requireDuration, requireWord } from '../../kernel/guard.ts'
import { LinkEnd } from './link-end.ts'
import { Wire } from './wire.ts'

export interface LinkOptions {
  /** How long a chunk is under way, in milliseconds. Default 0. */
  readonly latency?: number
  /** At most so much longer, by chance, in milliseconds; the order stays. Default 0. */
  readonly jitter?: number
  /** The chance of a chunk to be lost, from 0 to 1. Default 0. */
  readonly drop?: number
  /** The chance of a chunk to arrive twice, from 0 to 1. Default 0. */
  readonly duplicate?: number
  /** The chance of a chunk to be held up for as long again, and overtaken meanwhile, from 0 to 1. Default 0. */
  readonly reorder?: number
  /** Under `explore`: nothing that an end sends may arrive for so long, in milliseconds; nothing is lost. Default 0: never. */
  readonly partition?: number
  /** Under `explore`: the process at an end may die when it is sent something, and is there again after so long, in milliseconds. Default 0: never. */
  readonly crash?: number
  /** Bytes and strings arrive cut into pieces, by chance. Default false. */
  readonly split?: boolean
}

/**
 * Two ends joined in memory, for testing protocol code without a network: what is written at one end
 * is read at the other, late, lost, doubled, overtaken, cut or held up as the test wants it. Chance follows
 * the seed of the run. Under `explore` it is not chance that something is lost, doubled or overtaken: what has a
 * chance at all is tried at each write, as are partitions and crashes, by the strategy `fail`.
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
    const { latency = 0, jitter = 0, split = false } = options
    const { drop = 0, duplicate = 0, reorder = 0, partition = 0, crash = 0 } = options
    requireDuration('Link: latency', latency)
    requireDuration('Link: jitter', jitter)
    requireDuration('Link: partition', partition)
    requireDuration('Link: crash', crash)
    for (const [name, chance] of Object.entries({ drop, duplicate, reorder })) {
      if (!(chance >= 0 && chance <= 1)) {
        throw new MisuseError(`Link: ${name} must be a number from 0 to 1, got ${describe(chance)}`)
      }
    }
    const { runtime } = currentScope()
    const conditions = { latency, jitter, drop, duplicate, reorder, split, partition, crash }
    const [there, back] = [1, 2].map(() => new Wire<T>(runtime, conditions))
    this.#wires = [there as Wire<T>, back as Wire<T>]
    this.a = new LinkEnd(there as Wire<T>, back as Wire<T>)
    this.b = new LinkEnd(back as Wire<T>, there as Wire<T>)
    this.a.connect(this.b)
    this.b.connect(this.a)
  }

  /**
   * From now on nothing arrives, until `heal`. Nothing is lost.
   *
   * @param from only what this end sends: the other direction works
   */
  partition(from?: 'a' | 'b'): void {
    for (const wire of this.#from(from)) wire.hold()
  }

  /** What was held up by `partition` arrives. */
  heal(from?: 'a' | 'b'): void {
    for (const wire of this.#from(from)) wire.release()
  }

  /**
   * The process at one end dies: what it waits for and does throws `BrokenError`, and what is under way to it
   * is lost, as is what is sent to it from now on. The other end is not told. What is under way from it arrives.
   */
  crash(end: 'a' | 'b'): void {
    this.#endOf(end).crash(Infinity)
  }

  /** The process is there again, and remembers nothing: its end can be used as if it were new. */
  restart(end: 'a' | 'b'): void {
    this.#endOf(end).crash(-Infinity)
  }

  /** Both ends get `BrokenError` for all they wait for and do from now on; what is under way is lost. */
  break(): void {
    for (const wire of this.#wires) wire.break()
  }

  #from(end: 'a' | 'b' | undefined): readonly Wire<T>[] {
    if (end === undefined) return this.#wires
    this.#endOf(end)
    return this.#wires.slice(end === 'a' ? 0 : 1, end === 'a' ? 1 : 2)
  }

  #endOf(end: 'a' | 'b'): LinkEnd<T> {
    requireWord('Link: end', end, ['a', 'b'])
    return this[end]
  }
}
