import { Future, gather, Queue } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const answerBeforeQuestion: Planted = {
  what: 'the answer arrives before the question is noted, and nobody is there to take it',
  needs: 1,
  program: (mended) => async () => {
    const pending = new Map<number, Future<string>>()
    const wire = new Queue<number>()
    const ask = async (id: number): Promise<string> => {
      const answer = new Future<string>()
      if (mended) pending.set(id, answer)
      wire.tryPut(id)
      await failpoint('socket.flush')
      pending.set(id, answer)
      return answer
    }
    const answer = async (): Promise<void> => {
      const id = await wire.get()
      for (const step of ['server.read', 'server.think', 'server.write']) await failpoint(step)
      const waiting = pending.get(id)
      if (waiting?.settled === false) waiting.resolve('42')
    }
    await gather({ client: () => ask(1), server: answer })
  },
}
