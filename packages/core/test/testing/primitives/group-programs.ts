import {
  CancelScope,
  checkpoint,
  now,
  openGroup,
  shield,
  sleep,
  spawn,
  supervisor,
  taskGroup,
} from '../../../src/index.ts'
import { isCancelled, must } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const groupPrograms: readonly Primitive[] = [
  {
    name: 'taskGroup: ends after its tasks, throws the first failure, cancels the others',
    program: async () => {
      let [ended, failedAt] = [0, 0]
      const error = new RangeError('first')
      const thrown: unknown = await taskGroup(async (group) => {
        group.spawn(async () => {
          try {
            await sleep(1000)
          } finally {
            ended += 1
          }
        })
        group.spawn(async () => {
          try {
            await checkpoint()
            failedAt = now()
            throw error
          } finally {
            ended += 1
          }
        })
      }).catch((thrown: unknown) => thrown)
      must(ended === 2, 'a task outlived its group')
      must(thrown === error || thrown === undefined || isCancelled(thrown), 'another error')
      must(thrown !== error || now() === failedAt, 'the others were not cancelled')
    },
  },
  {
    name: 'spawn: a parent does not end before its children',
    program: async () => {
      let alive = 0
      await spawn(async () => {
        for (let i = 0; i < 2; i++) {
          spawn(async () => {
            alive += 1
            try {
              await checkpoint()
            } finally {
              alive -= 1
            }
          })
        }
      }).settled()
      must(alive === 0, 'a child outlived its parent')
    },
  },
  {
    name: 'TaskGroup.start: comes back when it has started; from then on it is a task of the group',
    needsAll: true,
    program: async () => {
      const scope = new CancelScope()
      let [alive, ready] = [0, false]
      await taskGroup(async (group) => {
        const serve = async (started: (port: number) => void): Promise<void> => {
          alive += 1
          try {
            await checkpoint()
            ready = true
            started(80)
            await sleep(5)
          } finally {
            alive -= 1
          }
        }
        group.spawn(async () => {
          await checkpoint()
          scope.cancel()
        })
        const port = await scope.run(() => group.start(serve))
        must(port === undefined ? scope.cancelledCaught : ready && port === 80, `got ${port}`)
        must(port === 80 || alive === 0, 'given up, it lives on')
      })
      must(alive === 0, 'the task outlived its group')
    },
  },
  {
    name: 'openGroup: leaving the block cancels the tasks and awaits them',
    program: async () => {
      let [alive, left] = [0, 0]
      const work = async (): Promise<void> => {
        alive += 1
        try {
          await sleep(1000)
        } finally {
          await shield(checkpoint)
          alive -= 1
        }
      }
      {
        await using group = openGroup()
        group.spawn(work)
        group.spawn(work)
        await checkpoint()
        left = now()
      }
      must(alive === 0 && now() === left, 'a task outlived its block')
    },
  },
  {
    name: 'supervisor: a failure is told once and disturbs nobody',
    needsAll: true,
    program: async () => {
      const told: unknown[] = []
      let ended = 0
      await supervisor(
        async (group) => {
          for (const fails of [true, false, true]) {
            group.spawn(async () => {
              await checkpoint()
              if (fails) throw new RangeError('fails')
              await checkpoint()
              ended += 1
            })
          }
        },
        { onError: (error) => void told.push(error) },
      )
      must(told.length === 2 && ended === 1, `${told.length} told, ${ended} ended`)
    },
  },
]
