// Programs as tasks: output is read as it comes, a timeout ends everything they started, and the first failure stops the others.
import { exec, openProcess, pipe, ProcessError } from '@corral/node'
import { mapConcurrent, moveOnAfter, run } from 'corral'

export async function main(): Promise<void> {
  const { stdout } = await exec('tr', ['a-z', 'A-Z'], { input: 'hello\n' })
  console.log(stdout.trim())

  const counted = await pipe([['printf', 'b\\na\\nb\\n'], ['sort'], ['uniq']])
  console.log(counted.stdout.trim().split('\n').join(' '))

  {
    await using child = await openProcess('sh', ['-c', 'for i in 1 2 3; do echo line $i; done'])
    for await (const line of child.stdout.lines()) console.log(line)
    console.log(`exit code ${(await child.exited()).code}`)
  }

  // The shell and both its children are gone when this returns.
  const { timedOut } = await moveOnAfter(100, () => exec('sh', ['-c', 'sleep 60 & sleep 60']))
  console.log(`timed out: ${timedOut ? 'yes' : 'no'}`)

  // A build: two at a time, and what fails stops what is under way.
  const steps = ['echo compiled', 'echo linted', 'echo broken >&2; exit 2', 'sleep 60', 'sleep 60']
  try {
    await mapConcurrent(
      steps,
      async (step) => {
        const done = await exec('sh', ['-c', step])
        return done.stdout
      },
      { concurrency: 2 },
    )
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error
    console.log(`build failed: code ${error.exitCode}, ${error.stderr.trim()}`)
  }
}

if (import.meta.main) await run(main)
