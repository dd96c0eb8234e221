function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** For a server in a process of its own: says where it listens, and its CPU time and heap when it is asked. */
export function measured(port: number): void {
  process.on('message', () => {
    const until = cpu()
    globalThis.gc?.()
    // What comes next does not pay for this collection.
    process.send?.({ until, from: cpu(), heap: process.memoryUsage().heapUsed })
  })
  process.send?.({ port })
}
