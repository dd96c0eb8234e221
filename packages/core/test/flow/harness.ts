import { checkpoint } from 'corral'

/** Lets others go first, `n` times. */
export async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await checkpoint()
}

/** What was reported as an unhandled rejection while `fn` ran. */
export async function unhandled(fn: () => Promise<unknown>): Promise<unknown[]> {
  const seen: unknown[] = []
  const listener = (error: unknown): void => void seen.push(error)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', listener)
  try {
    await fn()
    // The platform reports after the microtasks of a macrotask: let two of them pass.
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', listener)
    for (const other of others) process.on('unhandledRejection', other)
  }
  return seen
}
