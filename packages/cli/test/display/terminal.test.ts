import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { shellQuote } from '../../src/format/shell-quote.ts'
import { temporaryDirectory } from '../command.ts'
import { TerminalScreen } from '../terminal-screen.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

test.runIf(spawnSync('script', ['-V']).status === 0)(
  'on a terminal of 60 by 12, Ctrl-C leaves the summary and nothing of the display',
  async () => {
    const asked = Promise.withResolvers<void>()
    const server = createServer(({ url = '' }, response) => {
      if (url === '/robots.txt') return void response.writeHead(404).end()
      if (url === '/missing') return void response.writeHead(404).end()
      if (url !== '/') return asked.resolve() // and no answer
      response.writeHead(200, { 'content-type': 'text/html' }).end('<a href=missing><a href=never>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => server.close().closeAllConnections())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

    const words = [process.execPath, '--conditions=@corral/source', main, 'crawl', url]
    const line = `stty cols 60 rows 12; exec ${shellQuote(words)}`
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: temporaryDirectory(),
      env: { ...process.env, TERM: 'xterm', LANG: 'C.UTF-8', NO_COLOR: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    await asked.promise
    const shown = (): string => {
      const screen = new TerminalScreen(60, 12)
      // Up to the end of a drawing.
      screen.write(output.slice(0, output.lastIndexOf('\r\u001B[J')))
      return screen.lines.join('\n')
    }
    await expect
      .poll(shown, { timeout: 10_000 })
      .toMatch(
        /^Crawling http.*\n.*\b1 pages · .*\b1 queued · 1 failed.*\n.*\n {2}404 .*\/missing$/,
      )
    expect(shown()).toMatch(/\n {2}127\.0\.0\.1:\d+ .* 1 in flight {2}1 answers/)

    child.stdin.write('\u0003')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(130)
    const after = new TerminalScreen(60, 12)
    after.write(output)
    const left = after.lines.join('\n')
    expect(left).toContain('\nCrawl interrupted: everything fetched so far is stored\n')
    expect(left).not.toMatch(/in flight|\^C|404 {2}/)
  },
)
