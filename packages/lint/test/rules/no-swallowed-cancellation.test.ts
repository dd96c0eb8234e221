import { checkRule } from './check-rule.ts'

const head = `import { sleep, isCancelled, run } from 'corral'`
const inside = (body: string): string => `${head}\nexport async function f() { ${body} }`

checkRule(
  'no-swallowed-cancellation',
  {
    'a catch that throws, always or sometimes': inside(`
      try { await sleep(1) } catch (error) { throw new Error('x', { cause: error }) }
      try { await sleep(1) } catch (error) { if (!(error instanceof TypeError)) throw error }`),
    'one that asks': inside(`
      try { await sleep(1) } catch (error) { if (isCancelled(error)) return; console.log(error) }
      try { await sleep(1) } catch (error) { if (error instanceof Cancelled) return }
      try { await sleep(1) } catch { throwIfCancelled() }`),
    'one that asks by another name': `import { sleep, isCancelled as over } from 'corral'
      export async function f() { try { await sleep(1) } catch (e) { if (over(e)) return } }`,
    'one that rejects with it': inside(`
      return new Promise(async (resolve, reject) => { try { await sleep(1) } catch (e) { reject(e) } })`),
    'no catch': inside(`try { await sleep(1) } finally { console.log('done') }`),
    'nothing of ours in it': inside(`try { await read() } catch {} try { sleep(1) } catch {}`),
    'a wait in another function': inside(`try { g(async () => { await sleep(1) }) } catch {}`),
    'a program': inside(`try { await run(g) } catch {}`),
    'the top of a module and a test': `${head}
      try { await sleep(1) } catch {}
      test('it', async () => { try { await sleep(1) } catch {} })`,
    'a helper that throws it again, of the file or by its name': `${head}
      import { rethrowIfFatal } from './errors'
      const again = (error) => { if (error) raise(error) }
      function raise(error) { throw error }
      class C {
        async f() { try { await sleep(1) } catch (error) { this.rethrow(error) } }
        rethrow(error) { throw error }
      }
      export async function f() {
        try { await sleep(1) } catch (error) { again(error) }
        try { await sleep(1) } catch (error) { rethrowIfFatal(error); console.log(error) }
        try { await sleep(1) } catch (error) { assert.fail(error) }
      }`,
    'a catch that ends the program': inside(`
      try { await sleep(1) } catch { process.exit(1) }
      try { await sleep(1) } catch (e) { console.error(e); process.exit() }
      try { await sleep(1) } catch (e) { exit(1) }`),
    'a catch in the work of a shield': `import { shield, sleep } from 'corral'
      export const f = () => shield(async () => { try { await sleep(1) } catch {} })`,
    'an AbortError that is thrown again, or of something else': `import { sleep, currentSignal, throwIfCancelled } from 'corral'
      export async function f(signal) {
        try { await sleep(1) } catch (e) { if (e.name === 'AbortError') throw e; console.log(e) }
        try { await sleep(1) } catch (e) { if (e.name !== 'AbortError') { console.log(e) } throw e }
        try { await fetch(x, { signal }) } catch (e) { if (e.name === 'AbortError') return; throw e }
        try { await sleep(1) } catch (e) { throwIfCancelled(); if (e.name === 'AbortError') return; throw e }
      }`,
    'a handler that throws, or is not written here': inside(`
      await sleep(1).catch((e) => { throw e }); await sleep(1).catch(log)`),
  },
  {
    'no parameter': {
      code: inside(`try { await sleep(1) } catch { g() }`),
      errors: ['ours'],
      output: inside(
        `try { await sleep(1) } catch (error) { if (isCancelled(error)) throw error; g() }`,
      ),
    },
    'an empty body': {
      code: inside(`try { await sleep(1) } catch (e) {}`),
      errors: ['ours'],
      output: inside(`try { await sleep(1) } catch (e) { if (isCancelled(e)) throw e }`),
    },
    'lines, with semicolons': {
      code: `import { sleep } from 'corral';
export async function f() {
  try {
    await sleep(1);
  } catch (e) {
    // why
    g(e);
  }
}`,
      errors: ['ours'],
      output: `import { sleep, isCancelled } from 'corral';
export async function f() {
  try {
    await sleep(1);
  } catch (e) {
    // why
    if (isCancelled(e)) throw e;
    g(e);
  }
}`,
    },
    'a name for the error that hides none': {
      code: `${head}
        export async function f(error) { try { await sleep(1) } catch { g(error) } }`,
      errors: ['ours'],
      output: `${head}
        export async function f(error) { try { await sleep(1) } catch (cause) { if (isCancelled(cause)) throw cause; g(error) } }`,
    },
    'a parameter that is taken apart is left alone': {
      code: inside(`try { await sleep(1) } catch ({ message }) { g(message) }`),
      errors: ['ours'],
    },
    'a loop, a task, a function of the file': {
      code: `import { Queue, spawn, isCancelled } from 'corral'
        const queue = new Queue()
        export async function f() {
          try { for await (const x of queue) g(x) } catch (e) { if (g) g(e) }
          const task = spawn(() => 1)
          try { await task } catch ({ message }) { g(message) }
          try { await h() } catch ({ message }) { g(message) }
        }
        async function h() { return queue.get() }`,
      errors: ['ours', 'ours', 'ours'],
      output: `import { Queue, spawn, isCancelled } from 'corral'
        const queue = new Queue()
        export async function f() {
          try { for await (const x of queue) g(x) } catch (e) { if (isCancelled(e)) throw e; if (g) g(e) }
          const task = spawn(() => 1)
          try { await task } catch ({ message }) { g(message) }
          try { await h() } catch ({ message }) { g(message) }
        }
        async function h() { return queue.get() }`,
    },
    'a foreign call with our signal': {
      code: `import { currentSignal } from 'corral'
export const f = async () => { try { await fetch(x, { signal: currentSignal() }) } catch { return 1 } }`,
      errors: ['foreign'],
      output: `import { currentSignal, throwIfCancelled } from 'corral'
export const f = async () => { try { await fetch(x, { signal: currentSignal() }) } catch { throwIfCancelled(); return 1 } }`,
    },
    'an AbortError that is swallowed by its name': {
      code: inside(`
        try { await sleep(1) } catch (e) { if (e.name === 'AbortError') return; throw e }
        try { await sleep(1) } catch (e) { if (e instanceof Error && 'AbortError' == e.name) { g() } else throw e }
        try { await sleep(1) } catch (e) { if (e.name !== 'AbortError') throw e }
        await sleep(1).catch((e) => { if (e?.name !== 'AbortError') throw e })`),
      errors: ['name', 'name', 'name', 'name'],
      output: inside(`
        try { await sleep(1) } catch (e) { if (isCancelled(e)) throw e; if (e.name === 'AbortError') return; throw e }
        try { await sleep(1) } catch (e) { if (isCancelled(e)) throw e; if (e instanceof Error && 'AbortError' == e.name) { g() } else throw e }
        try { await sleep(1) } catch (e) { if (isCancelled(e)) throw e; if (e.name !== 'AbortError') throw e }
        await sleep(1).catch((e) => { if (e?.name !== 'AbortError') throw e })`),
    },
    'a helper that only logs, and a scope inside a shield': {
      code: `import { isCancelled, moveOnAfter, shield, sleep } from 'corral'
        function log(error) { console.log(error) }
        export async function f() {
          try { await sleep(1) } catch (e) { log(e) }
          await shield(() => moveOnAfter(5, async () => { try { await sleep(1) } catch (e) { log(e) } }))
        }`,
      errors: ['ours', 'ours'],
      output: `import { isCancelled, moveOnAfter, shield, sleep } from 'corral'
        function log(error) { console.log(error) }
        export async function f() {
          try { await sleep(1) } catch (e) { if (isCancelled(e)) throw e; log(e) }
          await shield(() => moveOnAfter(5, async () => { try { await sleep(1) } catch (e) { if (isCancelled(e)) throw e; log(e) } }))
        }`,
    },
    'handlers of a promise': {
      code: inside(`await sleep(1).catch(() => {}); await sleep(1).then(g, (e) => { g(e) })`),
      errors: ['ours', 'ours'],
    },
  },
)
