import { spawn } from 'corral'
import { testRun } from 'corral/testing'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { logFields } from '../src/log-fields.ts'

describe('logFields', () => {
  test('are the fields of who logs, for pino', async () => {
    const lines: string[] = []
    const log = pino({ mixin: () => logFields() }, { write: (line: string) => lines.push(line) })
    await testRun(() => spawn(() => log.info('hello'), { name: 'req#7' }))
    log.info('outside')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ task: 'req#7', taskId: 2, msg: 'hello' })
    expect(JSON.parse(lines[1] ?? '')).not.toHaveProperty('task')
  })
})
