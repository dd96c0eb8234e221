import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readSeeds } from '../../src/crawl/read-seeds.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

test('readSeeds reads a URL a line, and passes over blank lines, comments, a byte order mark and line ends of any kind', async () => {
  const file = join(temporaryDirectory(), 'urls.txt')
  writeFileSync(
    file,
    '\uFEFFhttp://a.test/\r\n\n# not yet: http://b.test/\n  https://c.test/x?y#z  \nhttp://d.test',
  )
  const urls = ['http://a.test/', 'https://c.test/x?y#z', 'http://d.test']
  expect(await readSeeds(file)).toEqual(urls)
  expect(
    await readSeeds(
      Readable.from(['http://a.t', 'est/\n\nhttps://c.test/x?y#z\nhttp', '://d.test']),
    ),
  ).toEqual(urls)
})

test('readSeeds refuses what is no URL with its line, without the password in it, and a file that cannot be read', async () => {
  const lines = Readable.from(['http://a.test/\n\nftp://user:secret@b.test/\n'])
  const refusal = await readSeeds(lines).catch((error: Error) => error.message)
  expect(refusal).toMatch(/^readSeeds: line 3 of stdin must be an http or https URL, got "ftp:/)
  expect(refusal).not.toContain('secret')
  await expect(readSeeds('no-such-file.txt')).rejects.toThrow(
    'readSeeds: no-such-file.txt cannot be read (ENOENT); name a file of URLs',
  )
})
