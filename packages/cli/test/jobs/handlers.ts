import { job } from '@corral/jobs'
import { sleep } from 'corral'

export const quick = job('quick', (input: string) => input.toUpperCase())

export const slow = job('slow', async (): Promise<void> => {
  process.stdout.write('slow begins\n')
  await sleep(500)
})
