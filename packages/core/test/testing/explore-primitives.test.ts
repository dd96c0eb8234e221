import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { explorePrimitive, primitives } from './primitives/explore-primitive.ts'
import { mutations } from './primitives/mutations.ts'

/** What neither waits nor is waited for. */
const plain = new Set([
  ...['currentDeadline', 'currentSignal', 'currentTask', 'exponential', 'fixed', 'now'],
  ...['throwIfCancelled', 'timeoutAt'], // `checkpoint` and `timeout` by other names
  'registerCancellation', // a list that it adds to
  'run', // it brings its own runtime; all programs run as it does
  ...['Task', 'TaskGroup'], // `spawn` and `taskGroup` give them
])
const floors = ['scope', 'sync', 'channel', 'flow']

describe('in every order, with every delay, cancelled everywhere', () => {
  test('every primitive is explored', () => {
    const index = readFileSync(new URL('../../src/index.ts', import.meta.url), 'utf8')
    const exported = [...index.matchAll(/^export \{([^}]+)\} from '\.\/(\w+)\//gm)]
      .filter(([, , floor]) => floors.includes(floor as string))
      .flatMap(([, names]) => (names as string).split(',').map((name) => name.trim()))
      .filter((name) => name !== '' && !plain.has(name))
    expect(exported.length).toBeGreaterThan(40)

    const folder = new URL('primitives/', import.meta.url)
    const programs = readdirSync(folder)
      .filter((file) => file.endsWith('-programs.ts'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n')
    const missing = exported.filter(
      (name) => !new RegExp(`[^.\\w]${name}[(<]`).test(programs.replaceAll(/name: '.*'/g, '')),
    )
    expect(missing).toEqual([])
  })

  test('what `npm run mutants:explore` breaks is still there, once', () => {
    expect(mutations.length).toBeGreaterThan(50)
    const src = new URL('../../src/', import.meta.url)
    const stale = mutations.filter(
      ([, file, from]) => readFileSync(new URL(file, src), 'utf8').split(from).length !== 2,
    )
    expect(stale.map(([what]) => what)).toEqual([])
  })

  test.each(primitives)('$name', { timeout: 60_000 }, async (primitive) => {
    expect(await explorePrimitive(primitive)).toBeGreaterThan(3)
  })
})
