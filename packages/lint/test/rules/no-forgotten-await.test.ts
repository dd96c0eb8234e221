import { checkRule } from './check-rule.ts'

const sleep = `import { sleep } from 'corral'`

checkRule(
  'no-forgotten-await',
  {
    'a wait that is awaited, returned, kept or given on': `${sleep}
      async function f() { await sleep(1); const p = sleep(1); g(sleep(1)); await p; return sleep(1) }
      const g = (p) => p, h = () => sleep(1)`,
    'one that is said to be meant': `${sleep}; void sleep(1)`,
    'one with a handler for errors': `${sleep}; sleep(1).catch(console.error); sleep(1).then(f, console.error); function f() {}`,
    'a group that is awaited, later too, or outside of any scope': `import { taskGroup } from 'corral'
      void taskGroup(g)
      export const done = taskGroup(g)
      export async function f() { const p = taskGroup(g); await p; return taskGroup(g) }
      test('it', async () => { void taskGroup(g) })`,
    'a function of the same name that is not ours': `import { sleep } from 'somewhere'; sleep(1)`,
    'a name that hides ours': `${sleep}; export function f(sleep) { sleep(1) }`,
    'a task, which its parent awaits': `import { spawn } from 'corral'; spawn(() => 1)`,
    'a task of a group': `import { taskGroup } from 'corral'
      await taskGroup(async (group) => { group.spawn(() => 1); group.cancel() })`,
    'run as the last word of a program': `import { run } from 'corral'; run(async () => {})`,
    'what does not wait': `import { Lock, Queue, Event } from 'corral'
      const lock = new Lock(), queue = new Queue(), event = new Event()
      lock.tryAcquire(); queue.tryPut(1); queue.close(); event.set()
      if (lock.locked && !queue.tryGet()) event.clear()`,
    'a task that is compared, or asked about': `import { spawn } from 'corral'
      const task = spawn(() => 1), other = spawn(() => 2)
      console.log(task === other, task.status, task.name, \`\${task.id}\`); task.cancel()`,
    'a task that may be none': `import { spawn } from 'corral'
      let task; if (x) task = spawn(() => 1); if (task) task.cancel()`,
    'a stream that is read': `import { stream } from 'corral'
      export const all = await stream([1]).map((n) => n).toArray()
      for await (const n of stream([1]).take(1)) console.log(n)`,
    'a method of something else': `import { Lock } from 'corral'
      class Mine { lock = new Other(); f() { this.lock.acquire() } }`,
    'names that stand for each other': `const a = b, b = a; a.acquire()`,
    'the then of a promise': `${sleep}; const p = sleep(1).then(() => 1)`,
    'a wait with a default, and the type of one': `${sleep}; const p = sleep(1) ?? 1; export type T = typeof sleep; console.log(typeof sleep(1))`,
  },
  {
    'a pure wait gets its await': {
      code: `${sleep}; async function f() { sleep(1) }`,
      errors: ['floating'],
      output: `${sleep}; async function f() { await sleep(1) }`,
    },
    'at the top of a module, too': {
      code: `${sleep}; sleep(1)`,
      errors: ['floating'],
      output: `${sleep}; await sleep(1)`,
    },
    'no await where none can stand': {
      code: `${sleep}; export function f() { sleep(1) }; class C { static { sleep(1) } }`,
      errors: ['floating', 'floating'],
    },
    'by another name, by the module, by require and by import()': {
      code: `import { sleep as nap } from 'corral'
        import * as corral from 'corral'
        const { gather: all } = require('corral')
        const { testRun } = await import('corral/testing')
        nap(1); corral.sleep(1); corral['sleep'](1); all([]); testRun(f)`,
      errors: ['floating', 'floating', 'floating', 'floating', 'floating'],
      output: `import { sleep as nap } from 'corral'
        import * as corral from 'corral'
        const { gather: all } = require('corral')
        const { testRun } = await import('corral/testing')
        await nap(1); await corral.sleep(1); await corral['sleep'](1); all([]); testRun(f)`,
      suggestions: [
        undefined,
        undefined,
        undefined,
        `import { sleep as nap } from 'corral'
        import * as corral from 'corral'
        const { gather: all } = require('corral')
        const { testRun } = await import('corral/testing')
        nap(1); corral.sleep(1); corral['sleep'](1); await all([]); testRun(f)`,
        `import { sleep as nap } from 'corral'
        import * as corral from 'corral'
        const { gather: all } = require('corral')
        const { testRun } = await import('corral/testing')
        nap(1); corral.sleep(1); corral['sleep'](1); all([]); await testRun(f)`,
      ],
    },
    'what is an end of an expression that is a statement': {
      code: `${sleep}; x && sleep(1); x ? sleep(1) : 0; (x, sleep(1))`,
      errors: ['floating', 'floating', 'floating'],
      output: `${sleep}; x && await sleep(1); x ? await sleep(1) : 0; (x, await sleep(1))`,
    },
    'a wait with something after it, which may be meant to go on alone': {
      code: `${sleep}; sleep(1).then(() => x()); sleep(1)!.then(x).finally(x)`,
      errors: ['floating', 'floating'],
      suggestions: [
        `${sleep}; await sleep(1).then(() => x()); sleep(1)!.then(x).finally(x)`,
        `${sleep}; sleep(1).then(() => x()); await sleep(1)!.then(x).finally(x)`,
      ],
    },
    'an object that is annotated, a field, a private field, an end of a channel': {
      code: `import { openChannel, type Lock, Queue } from 'corral'
        const [sender, receiver] = openChannel({ capacity: 1 })
        export function f(lock: Lock) { lock!.acquire(); sender.send(1); receiver.receive() }
        export class C {
          #queue = new Queue<string>()
          readonly lock: Lock
          f() { this.#queue.put('a'); this.lock?.acquire() }
        }`,
      errors: ['floating', 'floating', 'floating', 'floating', 'floating'],
    },
    'what a group and a scope are handed': {
      code: `import { taskGroup, CancelScope } from 'corral'
        const scope = new CancelScope()
        await taskGroup(async (group) => { group.join() })
        await scope.run(async (inner) => { inner.run(async () => {}) })`,
      errors: ['floating', 'floating'],
      suggestions: [
        `import { taskGroup, CancelScope } from 'corral'
        const scope = new CancelScope()
        await taskGroup(async (group) => { await group.join() })
        await scope.run(async (inner) => { inner.run(async () => {}) })`,
        `import { taskGroup, CancelScope } from 'corral'
        const scope = new CancelScope()
        await taskGroup(async (group) => { group.join() })
        await scope.run(async (inner) => { await inner.run(async () => {}) })`,
      ],
    },
    'using, which would throw': {
      code: `import { Lock } from 'corral'; const lock = new Lock()
        async function f() { using a = lock.acquire(); await using b = lock.acquire() }`,
      errors: ['using', 'using'],
      output: `import { Lock } from 'corral'; const lock = new Lock()
        async function f() { using a = await lock.acquire(); await using b = await lock.acquire() }`,
    },
    'a promise where only its value makes sense': {
      code: `import { gather } from 'corral'
        export function f() {
          if (gather([])) {} while (!gather([])) {} for (const x of gather([])) {}
          return [...gather([]), gather([]).length, gather([]) + 1, \`\${gather([])}\`, gather([]) || 1]
        }`,
      errors: Array<string>(8).fill('used'),
    },
    'a stream that nobody reads or awaits': {
      code: `import { merge, stream } from 'corral'
        import { WorkerPool } from '@corral/workers'
        const pool = new WorkerPool(url)
        export function f() { merge(a, b).tap(g); stream(a).forEach(g); pool.iterate('a'); pool.run('b') }`,
      errors: ['unread', 'floating', 'unread', 'floating'],
    },
    'a task in place of its value': {
      code: `import { spawn } from 'corral'
        async function f() { const user = spawn(load); return user.email }`,
      errors: ['task'],
      suggestions: [
        `import { spawn } from 'corral'
        async function f() { const user = spawn(load); return (await user).email }`,
      ],
    },
    'a group that nobody awaits, whatever becomes of its errors': {
      code: `import { taskGroup, supervisor } from 'corral'
        export async function f() {
          void taskGroup(g)
          taskGroup(g).catch(console.error)
          void supervisor(g).finally(h)
          const done = taskGroup(g)
        }`,
      errors: ['owner', 'owner', 'owner', 'owner'],
    },
    'a wait in a constant that nobody reads': {
      code: `${sleep}; export async function f() { const pause = sleep(1) }`,
      errors: ['floating'],
      suggestions: [`${sleep}; export async function f() { const pause = await sleep(1) }`],
    },
  },
)
