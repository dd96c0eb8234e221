import { instrument, nameOf } from 'corral/lowlevel'
import type { Waiter } from 'corral/lowlevel'

/** How many are told. */
const TOLD = 50

/**
 * Where the tasks of a run waited when it was given up: the waits that ended because all of the run was cancelled, each with its
 * stack. A stack is noted when a wait begins, and written as text only when it is asked for.
 */
export class HungWaits implements Disposable {
  readonly #waiting = new Map<Waiter<never>, Error>()
  readonly #hung: [title: string, at: Error][] = []
  readonly #stop: () => void

  constructor() {
    this.#stop = instrument({
      waiting: (waiter) => void this.#waiting.set(waiter, new Error('waits')),
      woken: (waiter) => this.#woken(waiter),
    })
  }

  get text(): string {
    return this.#hung
      .map(([title, { stack = '' }]) => [title, ...usersOf(stack)].join('\n'))
      .join('\n')
  }

  [Symbol.dispose](): void {
    this.#stop()
  }

  #woken(waiter: Waiter<never>): void {
    const noted = this.#waiting.get(waiter)
    this.#waiting.delete(waiter)
    const by = waiter.scope?.cancelledBy
    if (noted === undefined || waiter.state !== 'cancelled') return
    if (by?.parent !== undefined || this.#hung.length === TOLD) return
    const { kind, resource, scope } = waiter
    const name = resource && nameOf(resource)
    const what = name === undefined ? kind : `${kind} ${name}`
    this.#hung.push([`${scope?.task?.name ?? '(root)'} waits for ${what}`, noted])
  }
}

/** The frames below those of corral: the first is ours, the second says where corral is. */
function usersOf(stack: string): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const [, hooks = ''] = frames
  const folder = /(?:\(|at )((?:file:)?\/[^()]*\/)kernel\//.exec(hooks)?.[1]
  return frames
    .slice(1)
    .filter((line) => !line.includes('node:') && (folder === undefined || !line.includes(folder)))
}
