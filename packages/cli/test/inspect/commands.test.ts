import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sleep } from 'corral'
import { expect, onTestFinished, test } from 'vitest'
import { chromium, openPage } from '../browser.ts'
import { runCommand, startCommand, temporaryDirectory } from '../command.ts'

const waiting = `
import { Queue, run, sleep, taskGroup } from 'corral'
await run(async () => {
  const orders = new Queue({ name: 'orders of bob@example.org' })
  async function loadOrder() { await orders.get() }
  await taskGroup(async (group) => {
    for (let i = 0; i < 5; i++) group.spawn(loadOrder, { name: 'req#' + i })
    group.spawn(async function worker() { for (;;) { await sleep(1); const end = performance.now() + 4; while (performance.now() < end); } })
    await sleep(10)
    process.stdout.write('ready')
  })
}, { name: 'main' })`

/** A program that is looked into; its module is beside the packages, so that it finds corral. */
async function startProgram(code: string): Promise<number> {
  const folder = temporaryDirectory()
  const file = join(folder, 'program.ts')
  await writeFile(file, code.replace(`'corral'`, JSON.stringify(import.meta.resolve('corral'))))
  const child = spawn(process.execPath, ['--conditions=@corral/source', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid as number
}

test('corral ps shows the tasks of a program that was not prepared', async () => {
  const pid = await startProgram(waiting)
  const { code, stdout, stderr } = await runCommand(['ps', String(pid)])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+ node v\d+\.\S+ program.ts · up .* · 7 tasks · main thread/)
  expect(stdout).toMatch(/├ req ×5 +Queue.get orders of bob@example.org, longest/)
  expect(stdout).toMatch(/└ req#0 +at loadOrder program.ts:5/)

  const json = await runCommand(['ps', String(pid), '--json', '--redact'])
  expect(json.stdout).not.toMatch(/bob|req#/)
  expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, pid, tasks: 7, knots: [] })
  expect((await runCommand(['detach', String(pid)])).stdout).toBe(`${pid} has no inspector open\n`)
})

test('corral ps exits with 3 and a reason where it cannot look', async () => {
  const shell = spawn('sleep', ['60'])
  onTestFinished(() => void shell.kill('SIGKILL'))
  await once(shell, 'spawn')
  for (const [pid, reason] of [
    [shell.pid, `process ${shell.pid} is not a program of Node or Deno`],
    [0, '0 is no number of a process'],
    [-5, undefined],
    [2 ** 30, `there is no process ${2 ** 30}`],
  ] as const) {
    const { code, stderr } = await runCommand(['ps', String(pid)])
    if (reason !== undefined) expect([code, stderr]).toEqual([3, `corral ps: attach: ${reason}\n`])
    else expect(code).toBeGreaterThan(1)
  }
  expect(shell.signalCode).toBeNull()
  expect((await runCommand(['ps'])).code).toBe(2)
  expect((await runCommand(['ps', 'abc'])).code).toBe(2)
})

test('corral top, profile and record say who computes and what the others wait for', async () => {
  const pid = await startProgram(waiting)
  const top = await runCommand(['top', String(pid), '--times', '1', '--json'])
  expect(top.stderr).toBe('')
  const { stems } = JSON.parse(top.stdout) as { stems: { stem: string; cpu: number }[] }
  expect(stems[0]?.stem).toBe('worker')
  expect(stems[0]?.cpu).toBeGreaterThan(20)
  const text = await runCommand(['top', String(pid), '--times', '1'])
  expect(text.stdout).toMatch(/TASKS +N +CPU% +SPAWN\/s +WAITS FOR +LINE +OLDEST +HELD BY\nworker/)

  const folder = temporaryDirectory()
  const profile = await runCommand(
    ['profile', String(pid), '--seconds', '1s', '-o', 'out.folded'],
    folder,
  )
  expect(profile.stdout).toMatch(/% +\[worker\]\n.*worker program.ts:8/)
  expect(await readFile(join(folder, 'out.folded'), 'utf8')).toMatch(
    /^\[main\];\[worker\];worker program.ts:8 \d+$/m,
  )

  const record = await runCommand(
    ['record', String(pid), '--seconds', '500ms', '--format', 'chrome', '-o', 'out.json'],
    folder,
  )
  expect(record.stdout).toMatch(/^out.json: \d+ events of \d+ tasks, /)
  const trace = await readFile(join(folder, 'out.json'), 'utf8')
  const names = (JSON.parse(trace) as { traceEvents: { args?: { name: string } }[] }).traceEvents
  expect(names.map(({ args }) => args?.name)).toContain('req#0 #2')
})

test.runIf(chromium !== undefined)('corral dashboard shows a process in a browser', async () => {
  const pid = await startProgram(waiting)
  const { child } = startCommand(['dashboard', String(pid)])
  const [url] = (await once(child.stdout, 'data')) as [string]
  expect(url).toMatch(/^http:\/\/127.0.0.1:\d+\/[\w-]{20,}\/\n$/)
  expect((await fetch(new URL('/', url))).status).toBe(403)
  await using page = await openPage(url.trim())
  const until = async (expression: string): Promise<void> => {
    for (let i = 0; i < 300 && !(await page.evaluate<boolean>(expression)); i++) await sleep(50)
    expect([expression, await page.evaluate<boolean>(expression)]).toEqual([expression, true])
  }
  await until(`byId('waits').textContent.includes('orders of bob@example.org')`)
  await page.evaluate(`choose('Tree')`)
  await until(`byId('tree').children.length === 1`)
  await page.evaluate(`toggle(byId('tree').firstChild)`)
  await until(`byId('tree').children.length === 7`)
  await page.evaluate(`showStack(byId('tree').children[1])`)
  await until(`byId('tree').textContent.includes('at loadOrder program.ts:5')`)
  await page.evaluate(`choose('Time')`)
  await until(`byId('flame').textContent.includes('worker')`)
  for (const view of ['Resources', 'Loop', 'Timeline', 'Leaks']) {
    await page.evaluate(`choose('${view}')`)
    await until(`!document.querySelector('[data-view=${view}]').hidden`)
  }
  expect(page.complaints).toEqual([])
})
