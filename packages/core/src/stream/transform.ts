import type { ScopeNode } from '../lowlevel.ts'
import { checkpoint } from '../scope/checkpoint.ts'
import { END, isThenable, ITEMS_PER_TURN } from './cursor.ts'
import type { Cursor, Source } from './cursor.ts'

/** In place of an item: this one is left out. */
export const SKIP: unique symbol = Symbol('skip')

/** What a stage makes of each item: another one, a promise of it, or `SKIP`. */
export interface Step {
  (item: unknown): unknown
  /** What it still has to give at the end, if anything. Asked until it has nothing more. */
  end?: () => unknown
}

/** Steps are made for each walk: they may have a state. */
export type MakeStep = () => Step

/** A source seen through one more step. Steps that follow each other become one stage. */
export function through<R>(source: Source<unknown>, step: MakeStep): Source<R> {
  const fused =
    source instanceof Fused
      ? new Fused(source.source, [...source.steps, step])
      : new Fused(source, [step])
  return fused as Source<unknown> as Source<R>
}

class Fused implements Source<unknown> {
  readonly source: Source<unknown>
  readonly steps: readonly MakeStep[]

  constructor(source: Source<unknown>, steps: readonly MakeStep[]) {
    this.source = source
    this.steps = steps
  }

  open(scope: ScopeNode): Cursor<unknown> {
    return new Transform(
      this.source.open(scope),
      this.steps.map((make) => make()),
    )
  }
}

/**
 * Any number of steps in one stage. As long as neither the source nor a step has to be waited for, an
 * item costs no more than the calls of its steps.
 */
class Transform implements Cursor<unknown> {
  readonly #source: Cursor<unknown>
  readonly #steps: readonly Step[]

  constructor(source: Cursor<unknown>, steps: readonly Step[]) {
    this.#source = source
    this.#steps = steps
  }

  next(): unknown {
    for (let turn = 0; turn < ITEMS_PER_TURN; turn++) {
      const item = this.#source.next()
      if (item instanceof Promise) return this.#follow(item, 0)
      const out = this.#apply(item, 0)
      if (out instanceof Promise) return this.#follow(out, this.#steps.length)
      if (out !== SKIP) return out
    }
    return this.#follow(
      checkpoint().then(() => SKIP),
      0,
    )
  }

  close(): Promise<void> | void {
    return this.#source.close()
  }

  /** Goes on from where something has to be waited for, which has the steps from `from` on before it. */
  async #follow(first: Promise<unknown>, from: number): Promise<unknown> {
    let out = this.#apply(await first, from)
    for (let turn = 1; ; turn++) {
      if (out instanceof Promise) out = await out
      if (out !== SKIP) return out
      if (turn % ITEMS_PER_TURN === 0) await checkpoint()
      let item = this.#source.next()
      if (item instanceof Promise) item = await item
      out = this.#apply(item, 0)
    }
  }

  /** Lets an item through the steps from `from` on. */
  #apply(item: unknown, from: number): unknown {
    if (item === END) return this.#rest()
    const steps = this.#steps
    let out = item
    for (let i = from; i < steps.length && out !== SKIP; i++) {
      out = (steps[i] as Step)(out)
      if (isThenable(out)) return this.#resume(out, i + 1)
    }
    return out
  }

  async #resume(pending: PromiseLike<unknown>, from: number): Promise<unknown> {
    return this.#apply(await pending, from)
  }

  /** At the end: what the first step that still has something gives, or END. */
  #rest(): unknown {
    for (const [i, step] of this.#steps.entries()) {
      const last = step.end?.()
      if (last !== undefined) return this.#apply(last, i + 1)
    }
    return END
  }
}
