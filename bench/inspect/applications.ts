// node --conditions=@corral/source bench/inspect/applications.ts [--pictures FOLDER] [--write]: the crawl of the demo site, a worker of jobs and
// a web API under load, as the commands show them; with pictures of each view of the dashboard, where there is a Chromium.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { currentSignal, run, sleep, timeout } from 'corral'
import { openPage } from '../../packages/cli/test/browser.ts'

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, pictures: { type: 'string' } },
})
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const main = pathOf('../../packages/cli/src/main.ts')
const sections: string[] = []

function started(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=@corral/source', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function show(pid: number, command: string, ...args: string[]): Promise<void> {
  const child = started(main, command, String(pid), ...args)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  }
  await once(child, 'close', { signal: currentSignal() })
  const shown = text.trimEnd().replaceAll(String(pid), '4711')
  sections.push(
    `\`corral ${[command, '4711', ...args].join(' ')}\`\n\n\`\`\`text\n${shown}\n\`\`\`\n`,
  )
  console.log(sections.at(-1))
}

async function pictures(pid: number, name: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const dashboard = started(main, 'dashboard', String(pid), '--port=0')
  const [url] = (await timeout(30_000, () =>
    once(dashboard.stdout as NodeJS.ReadableStream, 'data', { signal: currentSignal() }),
  )) as [Buffer]
  await using page = await openPage(String(url).trim())
  await sleep(12_000)
  for (const view of ['Waiting', 'Resources', 'Loop', 'Time', 'Tree', 'Timeline', 'Leaks']) {
    await page.evaluate(`choose('${view}')`)
    if (view === 'Timeline') await page.evaluate(`byId('record').click()`)
    if (view === 'Tree') {
      await sleep(1000)
      await page.evaluate(`byId('tree').firstChild?.click()`)
    }
    await sleep(view === 'Timeline' ? 4000 : 1500)
    const picture = await page.screenshot({ width: 1200, height: 760, dark: view === 'Time' })
    writeFileSync(join(folder, `${name}-${view}.png`), picture)
  }
  if (page.complaints.length > 0) console.log(page.complaints)
  dashboard.kill('SIGINT')
}

async function look(title: string, name: string, child: ChildProcess): Promise<void> {
  sections.push(`## ${title}\n`)
  const pid = child.pid as number
  await show(pid, 'ps')
  await show(pid, 'top', '--times', '1')
  if (values.pictures !== undefined) await pictures(pid, name, values.pictures)
  child.kill('SIGKILL')
}

async function ready(child: ChildProcess): Promise<ChildProcess> {
  await timeout(60_000, () =>
    once(child.stdout as NodeJS.ReadableStream, 'data', { signal: currentSignal() }),
  )
  return child
}

await run(async () => {
  const site = started(main, 'demo', '--serve')
  const [said] = (await timeout(60_000, () =>
    once(site.stderr as NodeJS.ReadableStream, 'data', { signal: currentSignal() }),
  )) as [Buffer]
  const [address = ''] = /http:\/\/\S+/.exec(String(said)) ?? []
  const crawl = started(main, 'crawl', address, '--delay=150ms')
  crawl.stderr?.resume()
  crawl.stdout?.resume()
  await sleep(3000)
  await look('The crawl of the demo site', 'crawl', crawl)
  site.kill('SIGKILL')
  await look('A worker of jobs', 'jobs', await ready(started(pathOf('worker.ts'))))
  await look('A web API under load', 'api', await ready(started(pathOf('api.ts'))))
})
const page = `# What the commands show of applications

Node ${process.versions.node}. Written by \`bench/inspect/applications.ts\`; the programs are \`corral crawl\` on the demo site, \`bench/inspect/worker.ts\` and \`bench/inspect/api.ts\`.

${sections.join('\n')}`
const results = new URL('../results/inspect-applications.md', import.meta.url)
if (values.write) writeFileSync(results, page)
process.exit(0)
