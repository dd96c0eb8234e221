import { taskGroup } from '../../../src/index.ts'

/** A small program around one primitive, and what must be true of it in every order. */
export interface Primitive {
  readonly name: string
  readonly program: () => Promise<unknown>
  /** It cannot keep its promises when its tasks are cancelled one by one. */
  readonly needsAll?: true
}

/** @throws Error with `what` */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Runs each body in a task of its own. */
export function together(...bodies: (() => Promise<unknown>)[]): Promise<void> {
  return taskGroup(async (group) => {
    for (const [i, body] of bodies.entries()) group.spawn(body, { name: `task ${i}` })
  })
}

/** An error that the program itself throws. */
export function onlyRange(error: unknown): void {
  if (!(error instanceof RangeError)) throw error
}

export function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** A cancellation, or what a failpoint throws. */
export function isInjected(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return isCancelled(error) || code === 'TASK_CANCELLED' || code === 'FAILPOINT'
}
