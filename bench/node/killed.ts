// The parent is killed by SIGKILL while two groups run: who lives on two seconds later.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { kill, look, until } from './living.ts'

if (process.argv[2] !== undefined) {
  const { exec, openLauncher } = await import('@corral/node')
  const { run, gather } = await import('corral')
  await run(async () => {
    await using launcher = process.argv[2] === 'with' ? await openLauncher() : undefined
    const options = launcher === undefined ? {} : { launcher }
    await gather(
      [1, 2].map(
        () => () => exec('sh', ['-c', 'trap "" TERM; sleep 60 & sleep 60; sleep 60'], options),
      ),
    )
  })
}

console.log('| parent killed by SIGKILL | living before | 2 s after |')
console.log('| --- | ---: | ---: |')
for (const kind of ['without', 'with']) {
  const mark = `killed-${process.pid}-${kind}`
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), kind],
    {
      env: { ...process.env, MARK: mark },
      stdio: 'inherit',
    },
  )
  const programs = (): number[] => look(mark).living.filter((pid) => pid !== child.pid)
  await until(() => programs().length >= 6, 20_000)
  await new Promise((done) => setTimeout(done, 300))
  const before = programs().length
  child.kill('SIGKILL')
  await new Promise((done) => setTimeout(done, 2_000))
  const after = programs()
  kill(after)
  console.log(`| ${kind} launcher | ${before} | ${after.length} |`)
}
process.exit()
