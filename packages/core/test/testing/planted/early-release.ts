import { Semaphore, sleep, spawn, taskGroup } from '../../../src/index.ts'
import { always, failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const earlyRelease: Planted = {
  what: 'the permit is given back when the upload was started, not when it has ended',
  needs: 1,
  program: (mended) => async () => {
    const permits = new Semaphore(1)
    let running = 0
    always('one upload runs at a time', () => running <= 1)
    const upload = async (): Promise<void> => {
      running += 1
      try {
        await failpoint('socket.write')
      } finally {
        running -= 1
      }
    }
    await taskGroup(async (group) => {
      for (let i = 0; i < 2; i++) {
        group.spawn(async () => {
          await sleep(10 * i)
          await permits.use(async () => {
            const task = spawn(upload, { name: `upload ${i}` })
            if (mended) await task
          })
        })
      }
    })
  },
}
