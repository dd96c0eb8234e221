import { checkRule } from './check-rule.ts'

const head = `import { openGroup, stream } from 'corral'`

checkRule(
  'no-scope-across-yield',
  {
    'a group that is left before': `${head}
      export async function* f() { yield 0; { await using group = openGroup(); g(group) } yield 1 }`,
    'a yield of another function': `${head}
      export async function* f() { await using group = openGroup(); g(group, function* () { yield 1 }) }`,
    'a function that is no generator': `${head}; export async function f() { await using g = openGroup() }`,
    'another openGroup': `export async function* f() { const group = openGroup(); yield group }`,
    'what is given to stream, which runs it in a task of its own': `${head}
      export const f = () => stream(async function* () { await using group = openGroup(); yield 1 })
      export const g = () => [stream(source()), stream(source)]
      async function* source() { await using group = openGroup(); yield 1 }`,
  },
  {
    'a group that is open': {
      code: `${head}; export async function* f() { const group = openGroup(); yield 1; yield* g(); await group.join() }`,
      errors: ['across', 'across'],
    },
    'in a loop, by the module': {
      code: `import * as corral from 'corral'
        export class C { async *f() { for (;;) { await using group = corral.openGroup(); if (group) yield 1 } } }`,
      errors: ['across'],
    },
    'a source that is read by others, too': {
      code: `${head}
        export const g = () => [stream(source()), source()]
        async function* source() { await using group = openGroup(); yield 1 }`,
      errors: ['across'],
    },
  },
)
