import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { openStore } from '@corral/crawl'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../command.ts'

/** Where there is a disk that is always full. */
const hasFull = existsSync('/dev/full')

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Runs a command with the rest of a line of shell behind it; its exit code is the last line of stderr. */
async function shell(args: readonly string[], rest: string, cwd: string) {
  const script = `{ "$@"; echo "code $?" >&2; } ${rest}`
  const command = [process.execPath, '--conditions=@corral/source', main, ...args]
  const child = spawn('sh', ['-c', script, 'sh', ...command], { cwd })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  await new Promise((resolve) => child.on('close', resolve))
  return { stdout, stderr }
}

/** What a command says to a slow reader, to one that goes away and to a full disk, each time in a directory of its own. */
async function outputs(args: readonly string[], prepare: () => Promise<string>) {
  const [slow, gone, full] = await Promise.all([
    prepare().then((cwd) => shell(args, '| (sleep 2; cat)', cwd)),
    prepare().then((cwd) => shell(args, '| true', cwd)),
    prepare().then((cwd) => shell(args, '> /dev/full', cwd)),
  ])
  return { slow, gone, full }
}

/** How it ought to be; what stands before on stderr is how a crawl goes. */
function whole(stdout: RegExp) {
  const full = /the output cannot be written: ENOSPC.*not complete\n(.*\n)*code 1\n$/
  return {
    slow: {
      stdout: expect.stringMatching(stdout) as string,
      stderr: expect.stringMatching(/code 0\n$/) as string,
    },
    gone: {
      stdout: '',
      stderr: expect.stringMatching(/^(?![^]*(EPIPE|error))[^]*code 0\n$/) as string,
    },
    full: { stdout: '', stderr: expect.stringMatching(full) as string },
  }
}

const directory = (): Promise<string> => Promise.resolve(temporaryDirectory())

test.runIf(hasFull)(
  'corral crawl gives all of its output or says so',
  { timeout: 60_000 },
  async () => {
    const site = createServer((request, response) => {
      response.setHeader('content-type', 'text/html').end(`<title>${request.url}</title>`)
    })
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void site.close())
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
    expect(await outputs(['crawl', url], directory)).toEqual(
      whole(/^Crawl complete\n[^]* {2}store .*\n/),
    )
    expect(await outputs(['crawl', url, '--json'], directory)).toEqual(
      whole(/\{"type":"summary".*\}\n$/),
    )
  },
)

test.runIf(hasFull)(
  'corral crawl retry-failed gives all of its output or says so',
  { timeout: 60_000 },
  async () => {
    const prepare = async (): Promise<string> => {
      const cwd = temporaryDirectory()
      await using store = await openStore(join(cwd, 'crawl.db'))
      await store.seed(['http://a.test/'])
      const failure = { kind: 'http', code: '404', message: 'gone', attempts: 1, failedAt: 1 }
      const entries = await store.claim(1, 1)
      await store.commit(entries.map((entry) => ({ result: 'failure', entry, failure })))
      return cwd
    }
    expect(await outputs(['crawl', 'retry-failed'], prepare)).toEqual(
      whole(/^1 URLs of crawl\.db queued again: .*\n$/),
    )
  },
)

test.runIf(hasFull)(
  'corral crawl extract gives all of its output or says so',
  { timeout: 60_000 },
  async () => {
    const prepare = async (): Promise<string> => {
      const cwd = temporaryDirectory()
      await using store = await openStore(join(cwd, 'crawl.db'))
      await store.seed(['http://a.test/'])
      const body = zstdCompressSync('<h1>Hay</h1>').toString('base64')
      const page = {
        status: 200,
        charset: 'utf-8',
        bytes: 12,
        noindex: false,
        attempts: 1,
        fetchedAt: 1,
      }
      const entries = await store.claim(1, 1)
      await store.commit(
        entries.map((entry) => {
          return { result: 'page', entry, page: { ...page, durationMs: 1, body }, links: [] }
        }),
      )
      return cwd
    }
    expect(await outputs(['crawl', 'extract', 'heading=h1'], prepare)).toEqual(
      whole(/^1 records of crawl\.db extracted from the bodies that were kept\n$/),
    )
  },
)

test.runIf(hasFull)(
  'corral demo gives all of its output or says so',
  { timeout: 90_000 },
  async () => {
    const args = ['demo', '--store', 'demo.db']
    expect(await outputs(args, directory)).toEqual(
      whole(/^Crawl complete\n[^]* {2}store {4}demo\.db\n/),
    )
  },
)
