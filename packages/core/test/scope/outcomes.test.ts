import { AsyncResource } from 'node:async_hooks'
import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CancelScope,
  moveOnAfter,
  now,
  run,
  shield,
  sleep,
  spawn,
  supervisor,
  taskGroup,
  timeout,
  timeoutAt,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

// Every cell of the tables in docs/design.md is a program that is run here; what it did is the cell.
// OUTCOMES=write npx vitest run packages/core/test/scope/outcomes.test.ts   writes them into the page.

/** What a body can do with the scope it is in. */
interface Handle {
  cancel(): void
}

type Body = (handle: Handle) => Promise<unknown>

/** A call that makes a scope; `limit` is its deadline, milliseconds from now. */
interface Kind {
  readonly name: string
  readonly open: (body: Body, limit: number) => Promise<unknown>
  /** It cannot be given a deadline. */
  readonly unlimited?: boolean
  /** It is a program of its own, in real time; none of these programs waits for time to pass. */
  readonly real?: boolean
}

const failures: unknown[] = []

const kinds: readonly Kind[] = [
  {
    name: 'run',
    open(body) {
      const controller = new AbortController()
      const main = (): Promise<unknown> => body({ cancel: () => controller.abort() })
      return run(main, { signal: controller.signal, handleSignals: false })
    },
    unlimited: true,
    real: true,
  },
  {
    name: 'a task',
    open: (body) => {
      const task: Task<unknown> = spawn(() => body({ cancel: () => task.cancel() }))
      return Promise.resolve(task)
    },
    unlimited: true,
  },
  {
    name: 'taskGroup',
    open: (body, limit) =>
      taskGroup((group) => {
        group.scope.deadline = now() + limit
        return body(group)
      }),
  },
  {
    name: 'supervisor',
    open: (body, limit) =>
      supervisor(
        (group) => {
          group.scope.deadline = now() + limit
          return body(group)
        },
        { onError: (error) => void failures.push(error) },
      ),
  },
  { name: 'timeout', open: (body, limit) => timeout(limit, body) },
  { name: 'timeoutAt', open: (body, limit) => timeoutAt(now() + limit, body) },
  { name: 'moveOnAfter', open: (body, limit) => moveOnAfter(limit, body) },
  {
    name: 'CancelScope.run',
    open: (body, limit) => new CancelScope({ deadline: now() + limit }).run(body),
  },
  {
    name: 'shield',
    open: (body, limit) =>
      shield((scope) => {
        scope.deadline = now() + limit
        return body(scope)
      }),
  },
]

const value = 'value'
const error = new Error('failed')

type Fate = 'runs' | 'ended' | 'cancelled'

/** What became of the body and of its tasks when the call settled. */
class Course {
  readonly #work = new Map<string, Fate>()

  /** Does `fn` and notes how it ends. */
  async note(name: string, fn: () => Promise<unknown>): Promise<void> {
    this.#work.set(name, 'runs')
    try {
      await fn()
      this.#work.set(name, 'ended')
    } catch (thrown) {
      this.#work.set(name, 'cancelled')
      throw thrown
    }
  }

  of(name: string): Fate | undefined {
    return this.#work.get(name)
  }
}

type Scenario = (course: Course, handle: Handle) => Promise<unknown>

const long = 1000

function child(course: Course, ms: number): void {
  spawn(() => course.note('task', () => sleep(ms)))
}

const scenarios: Readonly<Record<string, Scenario>> = {
  async 'body returns'(course) {
    child(course, 20)
    return value
  },
  async 'body fails'(course) {
    child(course, long)
    await sleep(0)
    throw error
  },
  async 'child fails'(course) {
    child(course, long)
    spawn(async () => {
      await sleep(0)
      throw error
    })
    await course.note('body', () => sleep(20))
    return value
  },
  async deadline(course) {
    child(course, long)
    await sleep(long)
    return value
  },
  async 'deadline after the body'(course) {
    child(course, long)
    return value
  },
  async cancel(course, handle) {
    child(course, long)
    await sleep(0)
    handle.cancel()
    await sleep(long)
    return value
  },
  async 'cancel after the body'(course, handle) {
    child(course, long)
    spawn(async () => {
      await sleep(0)
      handle.cancel()
    })
    return value
  },
}

function nameOf(thrown: unknown): string {
  if (thrown === error) return 'the error'
  return `\`${(thrown as object).constructor.name}\``
}

function resultOf(settled: PromiseSettledResult<unknown>): string {
  if (settled.status === 'rejected') return nameOf(settled.reason)
  const result = settled.value
  if (typeof result !== 'object' || result === null) {
    return result === value ? 'value' : `\`${String(result)}\``
  }
  const { timedOut, ...rest } = result as { timedOut: boolean; value?: unknown }
  return timedOut ? '`timedOut: true`' : resultOf({ status: 'fulfilled', value: rest.value })
}

const words = { ended: 'waits', cancelled: 'cancels', runs: 'leaves it running', none: '' } as const

/** Runs a program in the kind of time it needs. */
async function inTime(kind: Kind, main: () => Promise<string>): Promise<string> {
  return kind.real === true ? main() : testRun(main)
}

/** Opens the scope, in a task of its own that may fail, and looks at the moment when the call settles. */
async function settle<R>(
  kind: Kind,
  body: Body,
  limit: number,
  look: (settled: PromiseSettledResult<unknown>) => R,
): Promise<R> {
  const open = async (): Promise<R> => {
    const [settled] = await Promise.allSettled([kind.open(body, limit)])
    return look(settled)
  }
  if (kind.real === true) return open()
  let seen: { readonly looked: R } | undefined
  const opening = async (): Promise<void> => void (seen = { looked: await open() })
  await supervisor(async (group) => void group.spawn(opening), { onError: () => {} })
  if (seen === undefined) throw new Error('the call did not settle')
  return seen.looked
}

async function outcomeOf(kind: Kind, name: string, scenario: Scenario): Promise<string> {
  return inTime(kind, () => {
    failures.length = 0
    const course = new Course()
    const body: Body = (handle) => scenario(course, handle)
    const limit = name.startsWith('deadline') ? 10 : Infinity
    return settle(kind, body, limit, (settled) => {
      const handled = failures.includes(error) ? '`onError`, ' : ''
      return `${handled}${resultOf(settled)}, ${words[course.of('task') ?? 'none']}`
    })
  })
}

/** Where a task lands that is spawned by a callback of a scope which has ended. */
async function afterTheEnd(kind: Kind): Promise<string> {
  const course = new Course()
  const late: Task<void>[] = []
  const seen = await inTime(kind, async () => {
    const around = async (): Promise<void> => {
      let call = (): void => void late.push(spawn(() => course.note('late', () => sleep(1))))
      const body = async (): Promise<void> => void (call = AsyncResource.bind(call))
      await settle(kind, body, Infinity, () => call())
    }
    if (kind.real === true) await around()
    else await taskGroup(around)
    return course.of('late') === 'ended' ? 'the scope around' : 'the root'
  })
  await late[0] // a task of the root is in real time
  return seen
}

type Spawn = (fn: () => Promise<void>) => Task<void>

/** How a task fares that is spawned into a group in some state. */
const states: Readonly<Record<string, (late: () => void, group: Handle) => Promise<void>>> = {
  async 'its body has returned, tasks are alive'(late) {
    spawn(async () => {
      await sleep(5)
      late()
    })
  },
  async 'it is cancelled'(late, group) {
    group.cancel()
    late()
  },
  async 'it is failing'(late) {
    spawn(async () => {
      try {
        await sleep(long)
      } finally {
        late()
      }
    })
    await sleep(0)
    throw error
  },
  async 'all has ended'() {},
}

async function spawnedWhen(state: string, own: boolean): Promise<string> {
  return testRun(async () => {
    const course = new Course()
    let seen = ''
    let task: Task<void> | undefined
    let call: () => void = () => {}
    await taskGroup(async () => {
      const opened = taskGroup(async (group) => {
        const into: Spawn = own ? (fn) => group.spawn(fn) : spawn
        call = AsyncResource.bind(() => {
          try {
            task = into(() => course.note('late', () => sleep(5)))
          } catch (thrown) {
            seen = nameOf(thrown)
          }
        })
        await states[state]?.(call, group)
      })
      await Promise.allSettled([opened])
      if (task === undefined && seen === '') {
        call()
        if (task !== undefined) seen = 'runs in the scope around'
      } else if (seen === '') {
        seen = `runs in it, ${course.of('late')}`
      }
    })
    if (seen === 'runs in the scope around' && course.of('late') !== 'ended') {
      seen = 'runs elsewhere'
    }
    await Promise.allSettled([task])
    return seen
  })
}

const page = new URL('../../../../docs/design.md', import.meta.url)

/** A table as the formatter leaves it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = widths.map((width) => '-'.repeat(width))
  return [rows[0] ?? [], rule, ...rows.slice(1)].map(line).join('\n')
}

describe('the outcomes of scopes', () => {
  let outcomes = ''
  let spawning = ''

  beforeAll(async () => {
    const rows: string[][] = [['scope', ...Object.keys(scenarios), 'spawn after the end']]
    for (const kind of kinds) {
      const row = [`\`${kind.name}\``.replace('`a task`', 'a task')]
      for (const [name, scenario] of Object.entries(scenarios)) {
        const left = kind.unlimited === true && name.startsWith('deadline')
        row.push(left ? '' : await outcomeOf(kind, name, scenario))
      }
      rows.push([...row, await afterTheEnd(kind)])
    }
    outcomes = table(rows)
    const lines = [['of the group', '`spawn(fn)`', '`group.spawn(fn)`']]
    for (const state of Object.keys(states)) {
      lines.push([state, await spawnedWhen(state, false), await spawnedWhen(state, true)])
    }
    spawning = table(lines)
    if (process.env['OUTCOMES'] !== 'write') return
    const text = readFileSync(page, 'utf8')
      .replace(/^\| scope [^]*?\n\n/m, `${outcomes}\n\n`)
      .replace(/^\| of the group [^]*?\n\n/m, `${spawning}\n\n`)
    writeFileSync(page, text)
  })

  it('are those that docs/design.md says', () => {
    expect(/^\| scope [^]*?(?=\n\n)/m.exec(readFileSync(page, 'utf8'))?.[0]).toBe(outcomes)
  })

  it('of spawning into one, too', () => {
    expect(/^\| of the group [^]*?(?=\n\n)/m.exec(readFileSync(page, 'utf8'))?.[0]).toBe(spawning)
  })
})
