export interface Sample {
  /** Operations a second. */
  readonly rate: number
  /** Microseconds of CPU time of this process for each operation; that of the processes that it started is not in it. */
  readonly micros: number
}

/** Runs `operation` from many loops at once, some to warm up and then `total` that count. */
export async function measure(
  operation: (i: number) => Promise<unknown>,
  { total, concurrency, warm = total / 4 }: { total: number; concurrency: number; warm?: number },
): Promise<Sample> {
  await loops(operation, warm, concurrency)
  const cpu = process.cpuUsage()
  const started = performance.now()
  await loops(operation, total, concurrency)
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rate: total / seconds, micros: (user + system) / total }
}

async function loops(
  operation: (i: number) => Promise<unknown>,
  total: number,
  concurrency: number,
): Promise<void> {
  let next = 0
  const loop = async (): Promise<void> => {
    while (next < total) await operation(next++)
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
}
