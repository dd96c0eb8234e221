import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const logClose: Service = {
  what: 'a line that is written while close flushes stays in the buffer for ever',
  program: (mended) => async () => {
    let buffer: string[] = []
    const disk: string[] = []
    let closed = false
    let accepted = 0
    function write(line: string): void {
      if (closed) return
      accepted += 1
      buffer.push(line)
    }
    async function flush(): Promise<void> {
      const lines = buffer
      buffer = []
      await sleep(5)
      disk.push(...lines)
    }
    async function close(): Promise<void> {
      if (mended) closed = true
      await flush()
      closed = true
    }
    await gather({
      app: async () => {
        for (let i = 0; i < 3; i++) {
          write(`line ${i}`)
          await sleep(7)
        }
      },
      exit: async () => {
        await sleep(30)
        await close()
      },
    })
    if (disk.length !== accepted) throw new Error(`${accepted} accepted, ${disk.length} on disk`)
  },
}
