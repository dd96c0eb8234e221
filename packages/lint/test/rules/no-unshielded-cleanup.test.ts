import { checkRule } from './check-rule.ts'

const head = `import { sleep, shield, run, Lock } from 'corral'\nconst lock = new Lock()`
const inside = (body: string): string => `${head}\nexport async function f() { ${body} }`

checkRule(
  'no-unshielded-cleanup',
  {
    'a wait in a shield': inside(`try { await g() } finally { await shield(() => sleep(1)) }`),
    'a function of the file that shields': `${head}
      const close = () => shield(async () => { await sleep(1) })
      export async function f() { try { await g() } finally { await close() } }`,
    'a finally in the work of a shield': inside(`
      await shield(async () => { try { await g() } finally { await sleep(1) } })`),
    'cleanup that waits for nothing, or for what is not ours': inside(`
      try { await g() } finally { lock.tryAcquire(); await close(); g(() => sleep(1)) }`),
    'nothing to wait for before': inside(`try { g() } finally { await sleep(1) }`),
    'a wait with a catch of its own': inside(`
      try { await g() } finally { try { await sleep(1) } catch (error) { log(error) } }`),
    'a program, the top of a module and a test': `${head}
      try { await g() } finally { await sleep(1) }
      test('it', async () => { try { await g() } finally { await sleep(1) } })
      export async function f() { try { await g() } finally { await run(g) } }`,
  },
  {
    'a wait after a wait, a loop or a catch that waits': {
      code: inside(`
        try { await g() } finally { await sleep(1) }
        try { for await (const x of g()) h(x) } finally { if (h) await lock.acquire() }
        try { g() } catch { await g() } finally { await sleep(2) }`),
      errors: ['wait', 'wait', 'wait'],
      suggestions: [
        inside(`
        try { await g() } finally { await shield(() => sleep(1)) }
        try { for await (const x of g()) h(x) } finally { if (h) await lock.acquire() }
        try { g() } catch { await g() } finally { await sleep(2) }`),
        inside(`
        try { await g() } finally { await sleep(1) }
        try { for await (const x of g()) h(x) } finally { if (h) await shield(() => lock.acquire()) }
        try { g() } catch { await g() } finally { await sleep(2) }`),
        inside(`
        try { await g() } finally { await sleep(1) }
        try { for await (const x of g()) h(x) } finally { if (h) await lock.acquire() }
        try { g() } catch { await g() } finally { await shield(() => sleep(2)) }`),
      ],
    },
    'a function of the file that waits, a scope in a shield, no suggestion where it awaits its arguments':
      {
        code: `import { sleep, shield, timeout, Queue } from 'corral'
        const queue = new Queue()
        async function close(x) { await sleep(x) }
        export async function f() {
          try { await g() } finally { await queue.put(await g()) }
          await shield(() => timeout(5, async () => { try { await g() } finally { await queue.put(await g()) } }))
          try { await g() } finally { await close(await g()) }
        }`,
        errors: ['wait', 'wait', 'wait'],
      },
  },
)
