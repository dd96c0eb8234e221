// A program that records itself and ends badly: `node crashing.ts FILE uncaught|rejected|SIGTERM|SIGUSR2`.
import { run, sleep, taskGroup } from 'corral'
import { recorder } from '../../src/recorder/recorder.ts'

const [path = '', how = ''] = process.argv.slice(2)
const flight = recorder()
flight.onCrash(path, how.startsWith('SIG') ? { signals: [how as NodeJS.Signals] } : {})
process.on('SIGUSR2', () => setImmediate(() => process.exit(0)))

await run(
  () =>
    taskGroup(async (group) => {
      for (let i = 0; i < 100; i++) group.spawn(() => sleep(60_000), { name: `sleeper#${i}` })
      await sleep(0)
      console.log('ready')
      if (how === 'uncaught') setImmediate(() => (undefined as unknown as () => void)())
      if (how === 'rejected') throw new Error('on purpose')
    }),
  { handleSignals: false },
)
