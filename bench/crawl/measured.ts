/** Runs a piece of work and prints what it needed, as one line of JSON. */
export async function measured(work: () => Promise<number>): Promise<void> {
  const started = performance.now()
  const pages = await work()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage()
  const megabytes = process.resourceUsage().maxRSS / 1024
  console.log(JSON.stringify({ pages, seconds, cpu: (user + system) / 1e6, megabytes }))
}
