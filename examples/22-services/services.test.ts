import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('22-services hands on the time that is left, and the end of its client', async () => {
  const script = fileURLToPath(new URL('../../scripts/example.ts', import.meta.url))
  const child = spawn(process.execPath, [script, '22'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  const left: number[] = []
  const shown = stdout.replaceAll(/(\d+) ms left/g, (_, ms: string) => {
    left.push(Number(ms))
    return '... ms left'
  })
  expect([code, stderr, shown]).toEqual([
    0,
    '',
    `an order, with 5 s
  inventory: looks for book, ... ms left
  200 {"ordered":{"sku":"book","count":3}}
a client that goes after half a second
  inventory: looks for rare, ... ms left
  inventory: gave up rare
another client says that it has one second, and waits
  inventory: looks for rare, ... ms left
  inventory: gave up rare
  504
`,
  ])
  // Less than each client gave the first service, which took 100 ms of it.
  for (const [index, given] of [5000, 500, 1000].entries()) {
    expect(left[index]).toBeGreaterThan(0)
    expect(left[index]).toBeLessThanOrEqual(given - 99)
  }
})
