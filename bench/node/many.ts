// A thousand processes at once, cancelled: who lives on, what stays open, and how long the looking takes.
import { readdirSync } from 'node:fs'
import { exec, openLauncher } from '@corral/node'
import { CancelScope, gather } from 'corral'
import { look, until } from './living.ts'

const COUNT = 1_000
const descriptors = (): number => readdirSync('/proc/self/fd').length

console.log(
  '| 1 000 processes cancelled | descriptors before | while | after | living after | zombies after | time, ms | CPU of ours, ms |',
)
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const kind of ['forked by us', 'by a launcher']) {
  const mark = `many-${process.pid}-${kind.length}`
  const before = descriptors()
  let while_ = 0
  let cpu = 0
  let ms = 0
  {
    await using launcher = kind === 'by a launcher' ? await openLauncher() : undefined
    const scope = new CancelScope()
    const options = { env: { MARK: mark }, grace: 5_000, ...(launcher && { launcher }) }
    const work = scope.run(() =>
      gather(Array.from({ length: COUNT }, () => () => exec('sleep', ['300'], options))),
    )
    await until(() => look(mark).living.length === COUNT, 60_000)
    while_ = descriptors()
    const start = performance.now()
    const usage = process.cpuUsage()
    scope.cancel()
    await work
    ms = performance.now() - start
    const { user, system } = process.cpuUsage(usage)
    cpu = (user + system) / 1_000
  }
  await new Promise((done) => setTimeout(done, 100))
  const { living, zombies } = look(mark)
  console.log(
    `| ${kind} | ${before} | ${while_} | ${descriptors()} | ${living.length} | ${zombies} | ${Math.round(ms)} | ${Math.round(cpu)} |`,
  )
}
