/** More CPU time than linear work on 10 MB takes, also on a slow machine, in milliseconds: quadratic work takes hours. */
export const mostLinear = 20_000

/** CPU time that `work` takes on this thread, in milliseconds: what else the machine does, does not count. */
export async function cpuTime(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
