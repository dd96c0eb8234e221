/** For a server in a process of its own: says where it listens, and its CPU time and heap when it is asked. */
export function measured(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    globalThis.gc?.()
    process.send?.({ cpu: user + system, heap: process.memoryUsage().heapUsed })
  })
  process.send?.({ port })
}
