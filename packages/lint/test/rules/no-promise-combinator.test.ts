import { checkRule } from './check-rule.ts'

const head = `import { sleep, Queue } from 'corral'; const queue = new Queue()`

checkRule(
  'no-promise-combinator',
  {
    'promises of others': `${head}; export const f = () => Promise.all([fetch('a'), read()])`,
    'another Promise': `${head}; export const f = (Promise) => Promise.all([sleep(1)])`,
    'the top of a module, where nobody cancels': `${head}; await Promise.all([sleep(1), sleep(2)])`,
    'the body of a test, and what only that calls': `${head}
      test('it', async () => { await Promise.all([sleep(1), sleep(2)]); await both() })
      it.each([1])('it', async () => { await Promise.race([sleep(1)]); both() })
      async function both() { await Promise.all([sleep(1), sleep(2)]) }`,
    'what is done at once at the top of a module': `${head}
      await Promise.all([1, 2].map(async () => { await Promise.all([sleep(1)]) }))
      function twice(fn) { fn(); fn() }
      twice(() => Promise.all([sleep(1)]))`,
    'tasks that are awaited together': `import { spawn } from 'corral'
      export const f = () => Promise.all([spawn(a), spawn(b)])`,
    ours: `import { gather, sleep } from 'corral'; export const f = () => gather([() => sleep(1)])`,
    'an element that is computed elsewhere': `${head}; export const f = (all) => Promise.all(all)`,
    nothing: `${head}; export const f = () => [Promise.all([]), Promise.all(), Promise.resolve(1)]`,
  },
  {
    'each has one of ours instead': {
      code: `${head}
        export async function f() {
          await Promise.all([sleep(1), sleep(2)])
        }`,
      errors: ['leaves'],
      output: `import { sleep, Queue, gather } from 'corral'; const queue = new Queue()
        export async function f() {
          await gather([() => sleep(1), () => sleep(2)])
        }`,
    },
    'its import is used when it is there, also under another name': {
      code: `import { sleep, race as first } from 'corral'
        export const f = () => Promise.race([sleep(1), g()]), g = () => {}`,
      errors: ['leaves'],
      output: `import { sleep, race as first } from 'corral'
        export const f = () => first([() => sleep(1), () => g()]), g = () => {}`,
    },
    'also as a member of the module': {
      code: `import * as corral from 'corral'
        export const f = () => Promise.any([corral.sleep(1)])`,
      errors: ['leaves'],
      output: `import * as corral from 'corral'
        export const f = () => corral.any([() => corral.sleep(1)])`,
    },
    'no fix where the name is taken, or an element is no call or has to be evaluated at once': {
      code: `${head}
        export async function f(gather) { await Promise.all([sleep(1)]) }
        export async function g(p) { await Promise.all([sleep(1), p]) }
        export async function h() { await Promise.all([sleep(1), queue.put(await sleep(1))]) }`,
      errors: ['leaves', 'leaves', 'leaves'],
    },
    'waits that a map makes': {
      code: `${head}
        export async function f(ids) {
          const all = ids.map(async (id) => { await sleep(id) })
          await Promise.all(all)
          await Promise.all(Array.from({ length: 3 }, () => queue.get()))
          await Promise.all([...ids.map(load), 1])
        }
        const load = (id) => sleep(id)`,
      errors: ['leaves', 'leaves', 'leaves'],
    },
    'functions of the file that wait, also by another and as methods': {
      code: `${head}
        export class C {
          f() { return Promise.allSettled([this.#g()]) }
          async #g() { return await h() }
        }
        async function h() { for await (const item of queue) console.log(item) }`,
      errors: ['leaves'],
      output: `import { sleep, Queue, gatherSettled } from 'corral'; const queue = new Queue()
        export class C {
          f() { return gatherSettled([() => this.#g()]) }
          async #g() { return await h() }
        }
        async function h() { for await (const item of queue) console.log(item) }`,
    },
    'functions that call each other': {
      code: `${head}
        export const a = async () => { await b(); await sleep(1) }, b = async () => { await a() }
        export const f = () => Promise.all([a(), ...x])`,
      errors: ['leaves'],
    },
    'a race of tasks: the loser goes on': {
      code: `import { spawn } from 'corral'; export const f = () => Promise.race([spawn(a), x])`,
      errors: ['leaves'],
    },
    'a handler that others call when they like': {
      code: `${head}; app.get('/', async () => { await Promise.all([sleep(1), x]) })`,
      errors: ['leaves'],
    },
    'the body of a test in which a scope is': {
      code: `import { run, sleep } from 'corral'
        test('it', () => run(async () => { await Promise.all([sleep(1), x]) }))`,
      errors: ['leaves'],
    },
  },
)
