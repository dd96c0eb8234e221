import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('programs/no-context.ts', import.meta.url))
const bare = 'data:text/javascript,delete process.getBuiltinModule'

test('streams that are left early end where no scope travels along the awaits', async () => {
  const args = ['--conditions=@corral/source', `--import=${bare}`, program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 })
  const names = ['map', 'buffer', 'merge', 'zip', 'flatMap', 'debounce', 'throttle', 'chunk']
  names.push('takeUntil', 'timeout', 'share', 'retry')
  expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name} 3 0`))
})
