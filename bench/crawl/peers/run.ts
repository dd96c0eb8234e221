// npm run bench:crawl:peers [-- [--rounds 3] [--pages 2000]]: corral beside the bare loop (undici and
// htmlparser2, memory only), Crawlee and Scrapy, all against one local nginx, in turn. What is not installed is left
// out: nginx and scrapy come from the system, Crawlee from a directory named in CRAWLEE (npm install @crawlee/cheerio).
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

interface Sample {
  readonly pages: number
  readonly seconds: number
  readonly cpu: number
  readonly megabytes: number
}

const exec = promisify(execFile)
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    pages: { type: 'string', default: '2000' },
  },
})
const pages = Number(values.pages)
/** The system's, which Debian's Scrapy is installed for. */
const python = '/usr/bin/python3'
const crawlee = process.env['CRAWLEE'] ?? ''

const candidates: readonly (readonly [
  title: string,
  command: readonly string[],
  there: boolean,
])[] = [
  ['undici + htmlparser2, memory only', [process.execPath, here('bare-loop.js')], true],
  ['corral crawl, parsed and stored', [process.execPath, here('../ours.js')], true],
  [
    'Crawlee (cheerio), memory only',
    [process.execPath, here('crawlee.js')],
    existsSync(join(crawlee, 'node_modules/@crawlee/cheerio')),
  ],
  [
    'Scrapy, memory only',
    [python, here('scrapy_spider.py')],
    await runs(python, '-c', 'import scrapy'),
  ],
]

const home = await mkdtemp(join(tmpdir(), 'corral-peers-'))
try {
  await generate()
  const { base, stop } = await startNginx()
  try {
    await compare(base)
  } finally {
    await stop()
  }
} finally {
  await rm(home, { recursive: true, force: true })
}

async function compare(base: string): Promise<void> {
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [title, [program = '', ...args], there] of candidates) {
      if (!there) continue
      const all = [...args, base, String(pages), crawlee]
      const { stdout } = await exec(program, all, { timeout: 120_000, cwd: home })
      const sample = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Sample
      if (sample.pages !== pages) throw new Error(`${title}: ${sample.pages} of ${pages} pages`)
      samples.set(title, [...(samples.get(title) ?? []), sample])
    }
  }
  console.log(
    `| ${pages} pages from nginx, concurrency 100 | pages/s | CPU s | MB |\n|---|---|---|---|`,
  )
  for (const [title, of] of samples) {
    const figures = [
      median(of, (sample) => sample.pages / sample.seconds).toFixed(0),
      median(of, (sample) => sample.cpu).toFixed(2),
      median(of, (sample) => sample.megabytes).toFixed(0),
    ]
    console.log(`| ${title} | ${figures.join(' | ')} |`)
  }
  const left = candidates.filter(([, , there]) => !there).map(([title]) => title)
  if (left.length > 0) console.log(`\nnot installed: ${left.join(', ')}`)
}

function median(of: readonly Sample[], figure: (sample: Sample) => number): number {
  return of.map(figure).toSorted((a, b) => a - b)[of.length >> 1] ?? Number.NaN
}

async function runs(...[program = '', ...args]: string[]): Promise<boolean> {
  try {
    await exec(program, args)
    return true
  } catch {
    return false
  }
}

/** Pages of some 5 kB with 20 links each, that lead to all of them. */
async function generate(): Promise<void> {
  const text =
    '<p>The quick brown fox jumps over the lazy dog, and the dog does not mind at all.</p>\n'
  await mkdir(join(home, 'site/page'), { recursive: true })
  for (let index = 0; index < pages; index++) {
    const links = Array.from({ length: 20 }, (_, k) => (index * 20 + k + 1) % pages)
    const list = links.map((link) => `<li><a href="/page/${link}.html">Page ${link}</a></li>`)
    await writeFile(
      join(home, `site/page/${index}.html`),
      `<!doctype html><html><head><meta charset="utf-8"><title>Page ${index}</title></head><body>` +
        `<h1>Page ${index}</h1>\n<ul>${list.join('\n')}</ul>\n${text.repeat(40)}</body></html>`,
    )
  }
}

async function startNginx(): Promise<{ base: string; stop(): Promise<void> }> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${home}/${name};`)
    .join(' ')
  await writeFile(
    join(home, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log; events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000; types { text/html html; } ${temporary}
  server { listen 127.0.0.1:${port}; root ${home}/site; } }`,
  )
  const user = process.getuid?.() === 0 ? ['-g', 'user root;'] : []
  const child = spawn('nginx', ['-c', join(home, 'nginx.conf'), '-p', home, ...user], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await Promise.race([
    once(child, 'spawn'),
    once(child, 'error').then(([error]) => Promise.reject(error as Error)),
  ])
  const base = `http://127.0.0.1:${port}`
  for (let tries = 0; !(await answers(`${base}/page/0.html`)); tries++) {
    if (tries > 50) throw new Error('nginx does not answer')
    await delay(100)
  }
  return {
    base,
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
