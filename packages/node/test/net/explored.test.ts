import { openGroup, race, sleep, spawn, taskGroup } from 'corral'
import { explore } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { frames } from '../../src/index.ts'
import { ConnectionTasks } from '../../src/net/connection-tasks.ts'
import { linkedConnections } from './link-duplex.ts'

const weather = { latency: 5, jitter: 5, split: true }

describe('explored, over links that are slow and cut', () => {
  it('lines and frames come whole and in order', async () => {
    await explore(
      async () => {
        const { a, b } = linkedConnections(weather)
        await using _a = a
        await using _b = b
        const writing = spawn(async () => {
          await a.write('one\r\ntwo\nthr')
          await a.write(Buffer.from('ee\n\0\x02ab\0\0\0\x01c'))
          await a.closeWrite()
        })
        const lines: string[] = []
        for await (const line of b.lines()) {
          lines.push(line)
          if (line === 'three') break
        }
        expect(lines).toEqual(['one', 'two', 'three'])
        const cut: string[] = []
        const rest = b[Symbol.asyncIterator]()
        const source = { [Symbol.asyncIterator]: () => rest }
        for await (const frame of frames(source, { lengthBytes: 2 })) cut.push(String(frame))
        expect(cut).toEqual(['ab', '', 'c'])
        await writing
      },
      { budget: 150 },
    )
  })

  it('either side ends by itself, and the answer after the end arrives', async () => {
    await explore(
      async () => {
        const { a, b } = linkedConnections(weather)
        const server = spawn(async () => {
          await using _b = b
          let question = ''
          for await (const chunk of b) question += String(chunk)
          await b.write(question.toUpperCase())
        })
        await using _a = a
        await a.write('hello')
        await a.closeWrite()
        expect(String(await a.readExactly(5))).toBe('HELLO')
        expect(await a.read()).toBe(undefined)
        await server
      },
      { budget: 150 },
    )
  })

  it('a drain answers what was begun, takes nothing else, and leaves nobody', async () => {
    await explore(
      async () => {
        await using group = openGroup()
        const failed: unknown[] = []
        const tasks = new ConnectionTasks(
          group,
          async (connection, draining) => {
            for (;;) {
              const line = await race([
                () => connection.readUntil('\n'),
                () => draining.wait().then(() => undefined),
              ])
              if (line === undefined) return
              await sleep(3)
              await connection.write(line)
            }
          },
          2,
          (error) => {
            // Where the client was faster than the drain, its end is found in the place of a line.
            if ((error as { code?: string }).code !== 'TRUNCATED') failed.push(error)
          },
        )
        const answered: number[] = []
        let ended = 0
        await taskGroup(async (clients) => {
          for (let i = 0; i < 3; i++) {
            const { a, b } = linkedConnections({ latency: 1 })
            tasks.accept(b, `connection ${i}`)
            clients.spawn(async () => {
              await using _a = a
              await a.write(`${i}\n`)
              if (!(await a.isAtEnd())) answered.push(i)
              ended += 1
            })
          }
          await sleep(3)
          await tasks.drain(Infinity)
          expect(tasks.live).toBe(0)
        })
        // Each had its answer, or an end in good order: nobody was reset.
        expect(new Set(answered).size).toBe(answered.length)
        expect(ended).toBe(3)
        expect(failed).toEqual([])
      },
      { budget: 150 },
    )
  })

  it('a grace that is over cancels what goes on for ever', async () => {
    await explore(
      async () => {
        await using group = openGroup()
        const tasks = new ConnectionTasks(
          group,
          () => sleep(Infinity),
          Infinity,
          () => {},
        )
        const { a, b } = linkedConnections()
        tasks.accept(b, 'connection')
        await sleep(1)
        await tasks.drain(10)
        await group.join()
        expect(tasks.live).toBe(0)
        await a.close()
      },
      { budget: 100 },
    )
  })
})
