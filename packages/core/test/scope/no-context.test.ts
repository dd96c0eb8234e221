import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('programs/no-context.ts', import.meta.url))
const bare = 'data:text/javascript,delete process.getBuiltinModule'

it('a deadline that reaches nobody, and tests, are refused where no scope travels along the awaits', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [`--import=${bare}`, program])
  const went = 'the time was over, and its work went on where no scope travels along the awaits'
  const test =
    'no scope travels along the awaits here, so that it cannot know what belongs to the run'
  expect(stdout.trim().split('\n')).toEqual([
    `late: MisuseError: moveOnAfter: ${went}`,
    `too late: MisuseError: timeout: ${went}`,
    'in time: "late"',
    'one wait: {"timedOut":true}',
    'by hand: {"timedOut":true}',
    `testRun: MisuseError: testRun: ${test}`,
    `explore: MisuseError: explore: ${test}`,
  ])
})
