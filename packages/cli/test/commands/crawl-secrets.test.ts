import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand, temporaryDirectory } from '../command.ts'

test('corral crawl uses user, password and headers, and shows them nowhere', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization, request.headers['x-key'] as string | undefined)
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<a href="/a">a</a><a href="/b">b</a>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const directory = temporaryDirectory()
  const files = ['--export', 'out.jsonl', '--report', 'out.html', '--dashboard', '--debug']
  const secret = ['--header', 'X-Key: hidden-key', `http://hidden-user:hidden%20pw@${host}/`]
  const args = ['crawl', '--max-pages', '1', '--concurrency', '1', ...files, ...secret]
  const { code, stdout, stderr } = await runCommand(args, directory)
  expect(code).toBe(0)
  const basic = `Basic ${Buffer.from('hidden-user:hidden pw').toString('base64')}`
  expect(new Set(seen)).toEqual(new Set([basic, 'hidden-key']))
  expect(stdout).toContain(`'X-Key: ***' 'http://***@${host}/'`)
  expect(stderr).toContain(`Crawling http://***@${host}/`)
  const written = ['crawl.db', 'out.jsonl', 'out.html'].map((name) =>
    readFileSync(join(directory, name), 'latin1'),
  )
  expect([stdout, stderr, ...written].join('\n')).not.toMatch(/hidden|aGlkZGVu/)
})

test.each([
  [['crawl', 'http://hidden:pw-hidden@:x/']],
  [['crawl', 'hidden:pw-hidden@a.test/']],
  [['crawl', 'http://a.test/', '--header', 'Authorization=hidden']],
  [['crawl', 'http://a.test/', '--header', 'Authorization: hidden\u00e4']],
  [['crawl', 'http://a.test/', '--proxy', 'ftp://u:hidden@a.test']],
  [['crawl', '--sitemap', 'http://a.test/', '--header', 'Authorization: hidden']],
  [['crawl', 'status', 'http://u:hidden@a.test/']],
  [['crawl', 'http://u:hidden@a.test/', 'http://u:hidden2@a.test/']],
  // Words that are no URL to the command, and may have been meant as one.
  [['crwl', 'http://u:hidden@a.test/']],
  [['http://u:hidden@a.test/']],
  [['crawl', 'export', 'http://u:hidden@a.test/', '--debug']],
  [['crawl', '--exclude', '(http://u:hidden@a.test/', 'http://a.test/']],
  [['crawl', '--store', 'http://u:hidden@a.test/x', 'http://a.test/']],
  [['completion', 'http://u:hidden@a.test/']],
])('corral %j is refused, and what may be a secret is not repeated', async (args) => {
  const { code, stdout, stderr } = await runCommand(args, temporaryDirectory())
  expect(code).toBeGreaterThan(0)
  expect(stderr).not.toBe('')
  expect(stdout + stderr).not.toMatch(/hidden/)
})
