import type { Transferable } from 'node:worker_threads'

const lists = new WeakMap<object, Transferable[]>()

/**
 * Marks what a result, or an item, hands over instead of copying: its buffers, ports or streams. They
 * are empty in the thread afterwards. Call it on the very value that is returned or yielded.
 *
 * @returns the value
 * @example
 * const pixels = new Uint8Array(1_000_000)
 * transfer(pixels, [pixels.buffer])
 */
export function transfer<T extends object>(value: T, list: readonly Transferable[]): T {
  lists.set(value, [...list])
  return value
}

/** What was said to be handed over with `value`. */
export function transfersOf(value: unknown): Transferable[] | undefined {
  return typeof value === 'object' && value !== null ? lists.get(value) : undefined
}
