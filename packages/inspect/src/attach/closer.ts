/**
 * Closes the inspector of a process whenever it opens, for some minutes: a program of its own, left behind by an attach that was
 * given up.
 */
import { now, run, sleep } from 'corral'
import { AttachError } from './attach-error.ts'
import { detach } from './detach.ts'

const pid = Number(process.argv[2])
const step = 100
const patience = 30 * 60_000

await run(async () => {
  const end = now() + patience
  while (now() < end) {
    await sleep(step)
    try {
      if ((await detach(pid)) === 'closed') return
    } catch (error) {
      if (error instanceof AttachError && error.reason !== 'NO_ANSWER') return
    }
  }
})
