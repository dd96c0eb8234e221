import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { WorkerPool } from '../../src/index.ts'
import { moduleUrl } from '../../src/pool/module-url.ts'

const folder = mkdtempSync(join(tmpdir(), 'corral-workers-'))
const base = pathToFileURL(`${folder}/`)
afterAll(() => rmSync(folder, { recursive: true }))

describe('the URL of a module', () => {
  test('is itself when the file is there', () => {
    writeFileSync(join(folder, 'a.ts'), '')
    writeFileSync(join(folder, 'a.js'), '')
    expect(moduleUrl(new URL('./a.ts', base))).toBe(new URL('./a.ts', base).href)
    expect(moduleUrl(new URL('./a.ts', base).href)).toBe(new URL('./a.ts', base).href)
  })

  test.each([
    ['b.ts', 'b.js'],
    ['c.mts', 'c.mjs'],
    ['d.cts', 'd.cjs'],
  ])('is %s as it was compiled, %s, when only that is there', (source, compiled) => {
    writeFileSync(join(folder, compiled), '')
    expect(moduleUrl(new URL(source, base))).toBe(new URL(compiled, base).href)
  })

  test('is itself when neither is there, so that the error names what was written', () => {
    expect(moduleUrl(new URL('./none.ts', base))).toBe(new URL('./none.ts', base).href)
  })

  test('may be data', async () => {
    const thread = import.meta.resolve('@corral/workers/thread')
    const code = `import { defineWorker } from ${JSON.stringify(thread)}
      export const worker = defineWorker({ twice: (n) => 2 * n })`
    await using pool = new WorkerPool<{ worker: never }>(
      `data:text/javascript,${encodeURIComponent(code)}`,
      { threads: 1 },
    )
    const loose = pool as unknown as { run(name: string, args: unknown[]): Promise<unknown> }
    expect(await loose.run('twice', [21])).toBe(42)
  })

  test('of a program that was compiled leads its pool to the compiled module', async () => {
    const thread = import.meta.resolve('@corral/workers/thread')
    writeFileSync(
      join(folder, 'built.js'),
      `import { defineWorker } from ${JSON.stringify(thread)}
      export const worker = defineWorker({ twice: (n) => 2 * n })`,
    )
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    await using pool = new WorkerPool<{ worker: never }>(new URL('./built.ts', base))
    const loose = pool as unknown as { run(name: string, args: unknown[]): Promise<unknown> }
    expect(await loose.run('twice', [21])).toBe(42)
  })
})
