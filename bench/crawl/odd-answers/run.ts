// npm run bench:crawl:odd [-- number...]: serves answers that are odd, and has them read by the crawler,
// by Chromium without scripts, and by curl. Compares titles, links and what each asked for. Writes bench/results/crawl-odd-answers.md,
// unless numbers of cases are given. Exit 1 when the crawler does otherwise than Chromium and nothing says why, or something does and it
// does not.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crawl, openReader } from '@corral/crawl'
import { run } from 'corral'
import { oddAnswers, reasons, type OddAnswer } from './cases.ts'
import { Chromium, type Seen } from './chromium.ts'
import { OddSite } from './odd-site.ts'

/** What one of them made of an answer. */
interface Reading {
  /** Why there is nothing. */
  readonly error?: string
  readonly title?: string
  readonly links?: readonly string[]
  readonly asked: readonly string[]
  readonly body?: Uint8Array | undefined
}

const directory = mkdtempSync(join(tmpdir(), 'odd-answers-'))

async function byCrawler(url: string, index: number): Promise<Omit<Reading, 'asked'>> {
  const store = join(directory, `${index}.db`)
  await crawl({
    seeds: [url],
    store,
    keep: 'bodies',
    obeyRobots: false,
    scope: { within: 'anywhere' },
    followKinds: ['refresh'],
    limits: { attempts: 1, timeout: 8000 },
  })
  await using reader = await openReader(store)
  let error: string | undefined
  for await (const { kind, code } of reader.errors()) error = `${kind} ${code}`
  let title: string | undefined
  let last: string | undefined
  for await (const page of reader.pages()) {
    if (page.redirect_url !== null) continue
    title = page.title ?? ''
    last = page.url
  }
  if (last === undefined) return { error: error ?? 'nothing' }
  const links: string[] = []
  for await (const { from_url, to_url, kind } of reader.links()) {
    if (from_url === last && (kind === 'anchor' || kind === 'area')) links.push(to_url)
  }
  let body: Uint8Array | undefined
  for await (const row of reader.bodies()) if (row.url === last) body = row.body
  return { title: title ?? '', links, body }
}

async function byCurl(url: string, index: number): Promise<Omit<Reading, 'asked'>> {
  const file = join(directory, `${index}.body`)
  const args = [
    '-sS',
    '-L',
    '--max-redirs',
    '5',
    '--compressed',
    '--max-time',
    '8',
    '-o',
    file,
    url,
  ]
  try {
    await promisify(execFile)('curl', args)
  } catch (error) {
    return { error: `exit ${(error as { code?: number }).code}` }
  }
  return { body: await readFile(file).catch(() => new Uint8Array()) }
}

/** Links as they can be compared: those of the web, without fragments, each once. */
function comparable(links: readonly string[], url: string): string[] {
  const found = links.flatMap((link) => {
    const parsed = URL.parse(link)
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) return []
    parsed.hash = ''
    return [parsed.href.replace(url, '').replace(new URL(url).origin, '')]
  })
  return [...new Set(found)].toSorted()
}

function sameLists(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** What is different, in words; nothing when all is the same. */
function difference(chromium: Reading, crawler: Reading): string[] {
  const found: string[] = []
  if ((chromium.error === undefined) !== (crawler.error === undefined)) {
    return [`${shownOf(chromium)} against ${shownOf(crawler)}`]
  }
  if (chromium.title !== crawler.title) {
    found.push(`title ${JSON.stringify(chromium.title)} against ${JSON.stringify(crawler.title)}`)
  }
  if (!sameLists(chromium.links, crawler.links)) {
    found.push(`links ${JSON.stringify(chromium.links)} against ${JSON.stringify(crawler.links)}`)
  }
  if (!sameLists(chromium.asked, crawler.asked)) {
    found.push(`asked ${JSON.stringify(chromium.asked)} against ${JSON.stringify(crawler.asked)}`)
  }
  return found
}

interface Row {
  readonly number: number
  readonly odd: OddAnswer
  readonly differences: readonly string[]
  readonly shown: string
  readonly curl: string
}

function shownOf({ error, title, links = [], asked }: Reading): string {
  const led = asked.length > 1 ? `, by way of ${asked.length} requests` : ''
  return error ?? `${JSON.stringify(title)}, ${links.length} links${led}`
}

function curlAgainst(curl: Reading, crawler: Reading): string {
  const asked = sameLists(curl.asked, crawler.asked)
    ? ''
    : `; asked ${JSON.stringify(curl.asked)} against ${JSON.stringify(crawler.asked)}`
  if (curl.error !== undefined) return `${curl.error}${asked}`
  if (crawler.body === undefined) return `${curl.body?.length} bytes${asked}`
  const isSame = Buffer.compare(curl.body ?? new Uint8Array(), crawler.body) === 0
  return `${isSame ? 'the same bytes' : `${curl.body?.length} bytes against ${crawler.body.length}`}${asked}`
}

async function readAll(numbers: readonly number[]): Promise<Row[]> {
  await using site = new OddSite(oddAnswers)
  await site.listen()
  await using browser = new Chromium('chromium')
  await browser.open()
  const rows: Row[] = []
  for (const [index, odd] of oddAnswers.entries()) {
    if (numbers.length > 0 && !numbers.includes(index + 1)) continue
    const url = site.urlOf(index)
    const crawled = await byCrawler(url, index)
    const crawler: Reading = {
      ...crawled,
      ...(crawled.links === undefined ? {} : { links: comparable(crawled.links, url) }),
      asked: site.takeAsked(index),
    }
    const curl: Reading = { ...(await byCurl(url, index)), asked: site.takeAsked(index) }
    const seen: Seen | string = await browser.visit(url)
    const asked = site.takeAsked(index)
    const chromium: Reading =
      typeof seen === 'string'
        ? { error: seen, asked }
        : { title: seen.title, links: comparable(seen.links, url), asked }
    const differences = difference(chromium, crawler)
    rows.push({
      number: index + 1,
      odd,
      differences,
      shown: shownOf(chromium),
      curl: curlAgainst(curl, crawler),
    })
    const sign =
      differences.length === 0 ? 'same' : reasons[odd.name] === undefined ? 'OTHER' : 'other'
    console.log(
      `${index + 1} ${sign} ${odd.name}: ${[...differences, curl.error ?? ''].join('; ')}`,
    )
  }
  return rows
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const rows = await run(() => readAll(process.argv.slice(2).map(Number)))
rmSync(directory, { recursive: true, force: true })
const wrong = rows.filter(
  ({ odd, differences }) => (reasons[odd.name] === undefined) !== (differences.length === 0),
)
if (process.argv.length === 2) {
  const same = rows.filter(({ differences }) => differences.length === 0).length
  const { stdout: version } = await promisify(execFile)('chromium', ['--version'])
  const { stdout: curl } = await promisify(execFile)('curl', ['--version'])
  const table = rows.map(({ number, odd, differences, shown, curl: said }) => {
    const told =
      differences.length === 0
        ? 'the same'
        : `${differences.join('; ')}. ${reasons[odd.name] ?? 'NOT EXPLAINED'}`
    return `| ${number} | ${[odd.name, odd.from, shown, told, said].map(escaped).join(' | ')} |`
  })
  const text = `# Odd answers, read by the crawler, Chromium and curl

Made by \`npm run bench:crawl:odd\` (two minutes; needs Chromium and curl). ${rows.length} answers that servers give
and standards forbid, or that are seldom; collected from the RFCs, from WHATWG's standards and from what web-platform-tests has folders for.
Compared are title, links (\`a\` and \`area\`), and what was asked for; of curl, which reads no pages, the bytes of the body.
Chromium runs without scripts. ${same} of ${rows.length} are read as Chromium reads them; of the others the table says why.

${version.trim()}, ${curl.split('\n')[0]?.split(' (')[0]}, Node ${process.versions.node}.

| | answer | from | Chromium | crawler | curl against the crawler |
|---|---|---|---|---|---|
${table.join('\n')}
`
  writeFileSync(new URL('../../results/crawl-odd-answers.md', import.meta.url), text)
}
process.exitCode = wrong.length === 0 ? 0 : 1
