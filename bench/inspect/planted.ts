// node --conditions=@corral/source bench/inspect/planted.ts [--write]: services with a planted deadlock, a blocked loop, a leak, and load,
// as the commands show them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { currentSignal, run, sleep, timeout } from 'corral'
import { chromium, openPage } from '../../packages/cli/test/browser.ts'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const folder = mkdtempSync(join(tmpdir(), 'corral-planted-'))
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const service = fileURLToPath(new URL('service.ts', import.meta.url))
const node = [process.execPath, '--conditions=@corral/source'] as const
const sections: string[] = []

async function started(...args: string[]): Promise<ChildProcess> {
  const child = spawn(node[0], [node[1], service, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ready = (): Promise<unknown> => once(child.stdout, 'data', { signal: currentSignal() })
  if (args[0] === 'blocked') await sleep(3000)
  else await timeout(60_000, ready)
  return child
}

async function show(child: ChildProcess, command: string, ...args: string[]): Promise<void> {
  const start = performance.now()
  const corral = spawn(node[0], [node[1], main, command, String(child.pid), ...args], {
    cwd: folder,
  })
  let text = ''
  for (const stream of [corral.stdout, corral.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  }
  await once(corral, 'close', { signal: currentSignal() })
  const ms = Math.round(performance.now() - start)
  const shown = text.trimEnd().replaceAll(String(child.pid), '4711')
  sections.push(
    `\`corral ${[command, '4711', ...args].join(' ')}\`, ${ms} ms:\n\n\`\`\`text\n${shown}\n\`\`\`\n`,
  )
  console.log(sections.at(-1))
}

/** What the page says, where there is a browser: waited for until something is found. */
async function showLeaks(child: ChildProcess): Promise<void> {
  if (chromium === undefined) return
  const dashboard = spawn(node[0], [node[1], main, 'dashboard', String(child.pid)])
  const [url] = (await timeout(60_000, () =>
    once(dashboard.stdout, 'data', { signal: currentSignal() }),
  )) as [Buffer]
  await using page = await openPage(`${String(url).trim()}#Leaks`)
  const start = performance.now()
  const found = `byId('leaks').tBodies[0].rows[0]?.cells.length > 1`
  await timeout(120_000, async () => {
    while (!(await page.evaluate<boolean>(`typeof byId === 'function' && ${found}`))) {
      await sleep(50)
    }
  })
  const seconds = Math.round((performance.now() - start) / 1000)
  const text = await page.evaluate<string>(`byId('leaks').innerText`)
  dashboard.kill('SIGINT')
  sections.push(
    `The Leaks view of \`corral dashboard 4711\`, after ${seconds} s:\n\n\`\`\`text\n${text.replaceAll('\t', '  ')}\n\`\`\`\n`,
  )
  console.log(sections.at(-1))
}

await run(async () => {
  sections.push('## Two of 10 000 requests wait for each other\n')
  const deadlock = await started('deadlock', '10000')
  await show(deadlock, 'ps')
  deadlock.kill('SIGKILL')

  sections.push('## A loop that does not turn\n')
  const blocked = await started('blocked')
  await show(blocked, 'ps')
  await show(blocked, 'top', '--wait', '1s')
  blocked.kill('SIGKILL')

  sections.push('## Tasks that are never ended\n')
  const leak = await started('leak')
  await show(leak, 'ps')
  await sleep(5000)
  await show(leak, 'ps', '--stacks=5')
  await showLeaks(leak)
  leak.kill('SIGKILL')

  sections.push('## A pool that is too small, under load\n')
  const load = await started('load')
  await show(load, 'top', '--times', '1')
  await show(load, 'profile', '--seconds', '3s')
  await show(load, 'record', '--seconds', '1s')
  load.kill('SIGKILL')
})
rmSync(folder, { recursive: true, force: true })
const page = `# What the commands show of services with something wrong in them

Node ${process.versions.node}; the times are those of the whole command, its start included. Written by \`bench/inspect/planted.ts\`; the services are in \`bench/inspect/service.ts\`.

${sections.join('\n')}`
if (values.write) writeFileSync(new URL('../results/inspect-planted.md', import.meta.url), page)
