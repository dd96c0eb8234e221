import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand, temporaryDirectory } from '../command.ts'

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
