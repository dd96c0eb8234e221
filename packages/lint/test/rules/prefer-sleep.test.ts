import { checkRule } from './check-rule.ts'

const head = `import { sleep } from 'corral'`
const inside = (body: string): string => `${head}\nexport async function f() { ${body} }`

checkRule(
  'prefer-sleep',
  {
    'a promise that does more, or is not awaited': inside(`
      await new Promise((resolve, reject) => { setTimeout(reject, 1); g(resolve) })
      await new Promise((resolve) => { const timer = setTimeout(resolve, 1); g(timer) })
      await new Promise((resolve) => setTimeout(() => { g(); resolve() }, 1))
      const p = new Promise((resolve) => setTimeout(resolve, 1))
      await new Promise((_, reject) => setTimeout(reject, 1))
      await new Promise((resolve) => g.setTimeout(resolve, 1))`),
    'another setTimeout': `${head}
      import { setTimeout } from 'fakes'
      export const f = async () => { await new Promise((resolve) => setTimeout(resolve, 1)) }`,
    'a file without corral': `export const f = () => new Promise((resolve) => setTimeout(resolve, 1))`,
    'the top of a module and a test': `${head}
      await new Promise((resolve) => setTimeout(resolve, 1))
      test('it', async () => { await new Promise((resolve) => setTimeout(resolve, 1)) })`,
  },
  {
    'awaited and returned, in all its forms': {
      code: inside(`
        await new Promise((resolve) => setTimeout(resolve, 1))
        await new Promise<void>((r) => { setTimeout(r, 2 * ms) })
        await new Promise(function (r) { globalThis.setTimeout(() => r(), 3) })
        await new Promise((r) => setTimeout(r))
        return new Promise((r) => { return setTimeout(r, 4) })`),
      errors: ['sleep', 'sleep', 'sleep', 'sleep', 'sleep'],
      output: inside(`
        await sleep(1)
        await sleep(2 * ms)
        await sleep(3)
        await sleep(0)
        return sleep(4)`),
    },
    'an arrow, with the import': {
      code: `import { Lock } from 'corral'
        export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))`,
      errors: ['sleep'],
      output: `import { Lock, sleep } from 'corral'
        export const pause = (ms) => sleep(ms)`,
    },
    'one with a value is left alone': {
      code: inside(`
        return new Promise((resolve) => setTimeout(resolve, 1, 'x'))
        return new Promise((resolve) => setTimeout(() => resolve('x'), 1))`),
      errors: ['sleep', 'sleep'],
    },
  },
)
