import { checkRule } from './check-rule.ts'

const head = `import { sleep, currentSignal, cancellable } from 'corral'`
const inside = (expression: string): string => `${head}
export async function f(options) { return ${expression} }`

checkRule(
  'pass-signal',
  {
    'a file without us': `export const f = () => fetch('a')`,
    'only types of us': `import type { Lock } from 'corral'; export const f = () => fetch('a')`,
    'a signal': inside(`fetch('a', { signal: currentSignal() })`),
    'options that may have one': inside(
      `[fetch('a', options), fetch('a', { ...options }), fetch(...options)]`,
    ),
    'a request that may have one': inside(`fetch(new Request('a', options))`),
    'another fetch': `${head}; export const f = (fetch) => fetch('a')`,
    'a wait that is given up': inside(`[cancellable(fetch('a')), cancellable((fetch('a')))]`),
    'the top of a module and a test': `${head}; await fetch('a'); test('it', async () => { await fetch('a') })`,
    'setTimeout of another module': `${head}; export const f = () => setTimeout(g, 1)`,
  },
  {
    'no options': {
      code: inside(`fetch('a')`),
      errors: ['signal'],
      output: inside(`fetch('a', { signal: currentSignal() })`),
    },
    'options without one': {
      code: inside(`[fetch('a', {}), fetch('b', { method: 'PUT', })]`),
      errors: ['signal', 'signal'],
      output: inside(
        `[fetch('a', { signal: currentSignal() }), fetch('b', { method: 'PUT', signal: currentSignal(), })]`,
      ),
    },
    'options with a type': {
      code: inside(
        `[fetch('a', { method: 'PUT' } as RequestInit), fetch('b', {} satisfies RequestInit), fetch('c', undefined!), fetch('d', ({ method: 'PUT' })!)]`,
      ),
      errors: ['signal', 'signal', 'signal', 'signal'],
      output: inside(
        `[fetch('a', { method: 'PUT', signal: currentSignal() } as RequestInit), fetch('b', { signal: currentSignal() } satisfies RequestInit), fetch('c', { signal: currentSignal() }!), fetch('d', ({ method: 'PUT', signal: currentSignal() })!)]`,
      ),
    },
    'options with a type in the last place': {
      code: `import { pipeline } from 'node:stream/promises'; import { currentSignal } from 'corral'
export const f = () => pipeline(x, y, { end: false } as const)`,
      errors: ['signal'],
      output: `import { pipeline } from 'node:stream/promises'; import { currentSignal } from 'corral'
export const f = () => pipeline(x, y, { end: false, signal: currentSignal() } as const)`,
    },
    'no edit where it is not clear how': {
      code: `import { pipeline } from 'node:stream/promises'; import { currentSignal } from 'corral'
export const f = () => [pipeline(x, y, z ? {} : y), pipeline(), fetch((a))]`,
      errors: ['signal', 'signal', 'signal'],
    },
    'no import without an edit of the call': {
      code: `import { setImmediate } from 'node:timers/promises'; import { sleep } from 'corral'
export const f = () => setImmediate()`,
      errors: ['signal'],
    },
    'places in between': {
      code: `import { setTimeout as delay, scheduler } from 'timers/promises'
import { on } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { currentSignal } from 'corral'
export const f = () => [delay(1), delay(1, undefined, undefined), scheduler.wait(1), on(x, 'a'), pipeline(x, y)]`,
      errors: ['signal', 'signal', 'signal', 'signal', 'signal'],
      output: `import { setTimeout as delay, scheduler } from 'timers/promises'
import { on } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { currentSignal } from 'corral'
export const f = () => [delay(1, undefined, { signal: currentSignal() }), delay(1, undefined, { signal: currentSignal() }), scheduler.wait(1, { signal: currentSignal() }), on(x, 'a', { signal: currentSignal() }), pipeline(x, y, { signal: currentSignal() })]`,
    },
    'what the options name': {
      code: `import { sleep } from 'corral'; import { readFile } from 'node:fs/promises'
        export const f = () => readFile('a')`,
      errors: ['signal'],
      options: [{ also: { 'node:fs/promises': { readFile: 1 } } }],
      output: `import { sleep, currentSignal } from 'corral'; import { readFile } from 'node:fs/promises'
        export const f = () => readFile('a', { signal: currentSignal() })`,
    },
    'a test that opens a scope': {
      code: `import { run, currentSignal } from 'corral'; test('it', () => run(() => fetch('a')))`,
      errors: ['signal'],
      output: `import { run, currentSignal } from 'corral'; test('it', () => run(() => fetch('a', { signal: currentSignal() })))`,
    },
    'a test of ours': {
      code: `import { test } from '@corral/vitest'; test('it', () => fetch('a'))`,
      errors: ['signal'],
      output: `import { currentSignal } from 'corral'
import { test } from '@corral/vitest'; test('it', () => fetch('a', { signal: currentSignal() }))`,
    },
  },
)
