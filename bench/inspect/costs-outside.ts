// One look from outside: `node costs-outside.ts TASKS` looks into a program with so many tasks and prints what that took, as JSON.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attach, type Attached } from '@corral/inspect/attach'
import { openPageServer, readPage } from '@corral/web'
import { currentSignal, run, sleep, taskGroup, timeout } from 'corral'
import { InspectDashboard } from '../../packages/cli/src/inspect/inspect-dashboard.ts'
import { chromium, openPage } from '../../packages/cli/test/browser.ts'

/** All in milliseconds, unless said otherwise; medians. */
export interface OutsideCosts {
  /** Attaching, reading all tasks and taking 100 stacks. */
  readonly ps: number
  /** The same by the command, its start included. */
  readonly command: number
  /** Attaching and reading, of a loop that is blocked; and of the same program when it is not. */
  readonly blocked: number
  readonly idle: number
  /** The processor time of the target for a reading, its longest slice, and its own snapshot. */
  readonly reading: number
  readonly slice: number
  readonly snapshot: number
  readonly rows: number
  /** The processor time of the target for a reading of up to 500 tasks, and how long that takes. */
  readonly polling: number
  readonly poll: number
  readonly dashboard: DashboardCosts
}

export interface DashboardCosts {
  readonly bytes: number
  /** The part of the target's time, 0 to 1, at the interval that it has chosen. */
  readonly share: number
  readonly interval: number
  /** The slowest view in a browser: to draw an update. Undefined without a browser. */
  readonly draw: number | undefined
  readonly view: string
}

const tasks = process.argv[2] ?? '1000'
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const flags = '--conditions=@corral/source'

async function start(script: string, ...args: string[]): Promise<[ChildProcess, string]> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [flags, file, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [text] = (await timeout(120_000, () =>
    once(child.stdout, 'data', { signal: currentSignal() }),
  )) as [Buffer]
  return [child, String(text)]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

async function medianOf(times: number, act: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    const begun = performance.now()
    await act()
    took.push(performance.now() - begun)
    await sleep(50)
  }
  return median(took)
}

/** Milliseconds of a processor that the main thread of a process uses each time. */
async function cpuOf(pid: number, times: number, act: () => Promise<unknown>): Promise<number> {
  const used = (): number =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6
  const before = used()
  for (let i = 0; i < times; i++) await act()
  return (used() - before) / times
}

/** What `corral ps` does: the tasks, and the stacks of those that wait longest. */
async function look(pid: number): Promise<void> {
  using target = await attach(pid)
  const { rows } = target.blocked ?? (await target.read())
  if (target.blocked !== undefined) return
  const waiting = rows.filter(({ waits }) => waits.length > 0).slice(0, 100)
  await target.stacks(waiting.map(({ ref }) => ref))
}

/** A program of 1 000 tasks with its loop at rest, then blocked. */
async function blockedAndIdle(): Promise<readonly [blocked: number, idle: number]> {
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'))
  const flag = join(folder, 'flag')
  const [child] = await start('attach-target.ts', 'blocked', flag)
  const pid = child.pid as number
  const blocked: number[] = []
  const idle: number[] = []
  for (let i = 0; i < 7; i++) {
    idle.push(await medianOf(1, () => look(pid)))
    await sleep(500)
    writeFileSync(flag, '')
    await sleep(50)
    blocked.push(await medianOf(1, () => look(pid)))
    rmSync(flag)
    await sleep(500)
  }
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
  return [median(blocked), median(idle)]
}

async function dashboardCosts(target: Attached): Promise<DashboardCosts> {
  const dashboard = new InspectDashboard(target, false)
  // As many as its charts hold.
  for (let i = 0; i < 130; i++) await dashboard.look()
  const spent = target.connection?.spent ?? 0
  const begun = performance.now()
  let interval = 0
  for (let i = 0; i < 3; i++) {
    interval = dashboard.pause(1000)
    await sleep(interval)
    await dashboard.look()
  }
  const share = ((target.connection?.spent ?? 0) - spent) / (performance.now() - begun)
  const bytes = JSON.stringify(dashboard.state).length
  const [view, draw] = chromium === undefined ? ['', undefined] : await drawn(dashboard)
  return { bytes, share, interval, draw, view }
}

/** The slowest view, and how long an update with all new texts takes there, layout included. */
async function drawn(dashboard: InspectDashboard): Promise<readonly [string, number]> {
  await using server = await openPageServer({
    name: 'bench',
    page: readPage(new URL('../../packages/cli/assets/inspect.html', import.meta.url)),
    state: () => dashboard.state,
    port: 0,
    usualPort: 0,
    token: true,
  })
  return await taskGroup(async (group) => {
    group.spawn(() => server.run())
    await using page = await openPage(server.url)
    while (!(await page.evaluate<boolean>('shown !== undefined'))) await sleep(50)
    const times = await page.evaluate<[string, number][]>(`views.map((name) => {
      choose(name)
      const took = []
      for (let i = 1; i <= 15; i++) {
        const state = structuredClone(shown)
        for (const wait of state.waits) wait.longest += 1000 * i
        for (const row of state.stems) { row.cpu = (row.cpu ?? 0) + i; row.count += i }
        for (const row of state.oldest) row.since = (row.since ?? 0) + 1000 * i
        const begun = performance.now()
        show(state)
        document.body.getBoundingClientRect()
        took.push(performance.now() - begun)
      }
      return [name, took.toSorted((a, b) => a - b)[7]]
    })`)
    group.cancel()
    return times.toSorted((a, b) => b[1] - a[1])[0] ?? ['', Number.NaN]
  })
}

await run(async () => {
  const [child, text] = await start('costs-target.ts', tasks)
  const pid = child.pid as number
  await look(pid) // the first one compiles
  const ps = await medianOf(7, () => look(pid))
  const command = await medianOf(5, async () => {
    spawnSync(process.execPath, [flags, main, 'ps', String(pid), '--stacks=100'])
  })
  const [blocked, idle] = tasks === '1000' ? await blockedAndIdle() : [Number.NaN, Number.NaN]
  using target = await attach(pid)
  for (let i = 0; i < 5; i++) await target.read()
  const slices: number[] = []
  const reading = await cpuOf(pid, 10, async () => {
    slices.push((await target.read()).longestSlice)
  })
  const polling = await cpuOf(pid, 30, () => target.read(500))
  const poll = await medianOf(31, () => target.read(500))
  const costs: OutsideCosts = {
    ps,
    command,
    blocked,
    idle,
    reading,
    slice: median(slices),
    snapshot: Number(text),
    rows: (await target.read()).rows.length,
    polling,
    poll,
    dashboard: await dashboardCosts(target),
  }
  console.log(JSON.stringify(costs))
  child.kill('SIGKILL')
})
process.exit(0)
