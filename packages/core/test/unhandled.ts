/** Runs `fn` and lists the rejections that nobody took, once the event loop has turned. */
export async function unhandled(fn: () => Promise<unknown>): Promise<unknown[]> {
  const lost: unknown[] = []
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => lost.push(reason))
  try {
    await fn()
    for (let turn = 0; turn < 10; turn++) {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of before) process.on('unhandledRejection', listener)
  }
  return lost
}
