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
    'handlers of a promise': {
      code: inside(`await sleep(1).catch(() => {}); await sleep(1).then(g, (e) => { g(e) })`),
      errors: ['ours', 'ours'],
    },
  },
)
