import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { api, files } from '../src/index.ts'
import { dial, get, received, serving } from './serving.ts'

const top = mkdtempSync(join(tmpdir(), 'corral-files-'))
const root = join(top, 'public')
mkdirSync(join(root, 'folder'), { recursive: true })
writeFileSync(join(top, 'secret'), 'secret')
writeFileSync(join(root, '.env'), 'secret')
writeFileSync(join(root, 'digits.txt'), '0123456789')
writeFileSync(join(root, 'empty'), '')
writeFileSync(join(root, 'large.bin'), Buffer.alloc(5_000_000, 7))
writeFileSync(join(root, 'folder', 'index.html'), '<p>hi')
symlinkSync(join(top, 'secret'), join(root, 'link'))
symlinkSync(join(root, 'digits.txt'), join(root, 'inside'))
afterAll(() => rmSync(top, { recursive: true }))

const app = api().get('/files/**:path', files(root, { maxAge: 60_000 }))

describe('files', () => {
  it('serves a file with type, length and dates, and HEAD without it', async () => {
    await serving(app, async ({ server }) => {
      const whole = await fetch(`${server.url}/files/digits.txt`)
      expect([whole.status, await whole.text()]).toEqual([200, '0123456789'])
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'content-length': '10',
        'accept-ranges': 'bytes',
        'cache-control': 'max-age=60',
        'x-content-type-options': 'nosniff',
      })
      const head = await fetch(`${server.url}/files/digits.txt`, { method: 'HEAD' })
      expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
        200,
        '10',
        '',
      ])
      const index = await fetch(`${server.url}/files/folder`)
      expect([index.headers.get('content-type'), await index.text()]).toEqual([
        'text/html; charset=utf-8',
        '<p>hi',
      ])
      expect(await (await fetch(`${server.url}/files/empty`)).text()).toBe('')
      expect(await (await fetch(`${server.url}/files/inside`)).text()).toBe('0123456789')
      const large = await fetch(`${server.url}/files/large.bin`)
      expect((await large.arrayBuffer()).byteLength).toBe(5_000_000)
    })
  })

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=-0', 416, undefined, 'bytes */10'],
    ['bytes=5-3', 200, '0123456789', null],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
    ['bytes=-', 200, '0123456789', null],
  ])('answers %s with %d', async (range, status, text, contentRange) => {
    await serving(app, async ({ server }) => {
      const answer = await fetch(`${server.url}/files/digits.txt`, { headers: { range } })
      expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange])
      if (text !== undefined) expect(await answer.text()).toBe(text)
    })
  })

  it('is 304 for who has it, and the whole for who resumes another', async () => {
    await serving(app, async ({ server }) => {
      const url = `${server.url}/files/digits.txt`
      const { headers } = await fetch(url)
      const [etag, modified] = [headers.get('etag') ?? '', headers.get('last-modified') ?? '']
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await fetch(url, { headers })).status
      expect(await status({ 'if-none-match': etag })).toBe(304)
      expect(await status({ 'if-none-match': `"other", W/${etag}` })).toBe(304)
      expect(await status({ 'if-none-match': '"other"', 'if-modified-since': modified })).toBe(200)
      expect(await status({ 'if-modified-since': modified })).toBe(304)
      expect(await status({ 'if-modified-since': 'nonsense' })).toBe(200)
      const range = { range: 'bytes=1-2' }
      expect(await status({ ...range, 'if-range': etag })).toBe(206)
      expect(await status({ ...range, 'if-range': modified })).toBe(206)
      expect(await status({ ...range, 'if-range': '"other"' })).toBe(200)
    })
  })

  it.each([
    '/files/../secret',
    '/files/%2e%2e/secret',
    '/files/..%2fsecret',
    '/files/folder/..%2f..%2f..%2fsecret',
    '/files/..%5csecret',
    '/files/link',
    '/files/.env',
    '/files/%2eenv',
    '/files//etc/passwd',
    '/files/%2fetc/passwd',
    '/files/digits.txt%00.png',
    '/files/nothing',
    '/files/folder/.',
    `/files/${'x'.repeat(5000)}`,
  ])('finds nothing at %s', async (path) => {
    await serving(app, async ({ server }) => {
      const last = get(path).replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')
      const text = await received(await dial(server, last))
      expect(text).toMatch(/^HTTP\/1\.1 404 /)
      expect(text).not.toContain('secret')
      expect(text).not.toContain('root:')
    })
  })

  it.skipIf(process.platform !== 'linux')('leaves no file open when clients go', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length
    await serving(app, async ({ server, ended }) => {
      await (await fetch(`${server.url}/files/digits.txt`)).text()
      const before = open()
      for (let i = 0; i < 30; i += 1) {
        const socket = await dial(server, get('/files/large.bin'))
        if (i % 2 === 0) await new Promise((resolve) => void socket.once('data', resolve))
        socket.destroy()
      }
      await ended(31)
      expect(open()).toBeLessThan(before + 5)
    })
  })

  it('refuses nonsense', () => {
    expect(() => files('')).toThrow('files: root must be the path of a folder')
    expect(() => files('.', { maxAge: -1 })).toThrow('files: maxAge must be')
  })
})
