import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { MisuseError, throwIfCancelled } from 'corral'
import { withoutCredentials } from '@corral/http'

/**
 * Reads URLs to start from, one a line, from a file or from what is piped in. Blank lines and those that begin with `#` say nothing.
 *
 * Cancellation: between two lines.
 *
 * @param from the name of a file, or a stream such as `process.stdin`
 * @throws MisuseError for a line that is no http or https URL, and for a file that cannot be read
 * @example
 * await crawl({ seeds: await readSeeds('urls.txt'), store: 'crawl.db' })
 */
export async function readSeeds(from: string | NodeJS.ReadableStream): Promise<string[]> {
  const name = typeof from === 'string' ? from : 'stdin'
  const input = typeof from === 'string' ? createReadStream(from) : from
  const seeds: string[] = []
  let number = 0
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      throwIfCancelled()
      number++
      const line = (number === 1 ? text.replace(/^\uFEFF/, '') : text).trim()
      if (line === '' || line.startsWith('#')) continue
      if (!/^https?:$/.test(URL.parse(line)?.protocol ?? '')) {
        throw new MisuseError(
          `readSeeds: line ${number} of ${name} must be an http or https URL, got ${JSON.stringify(withoutCredentials(line.slice(0, 200)))}`,
        )
      }
      seeds.push(line)
    }
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new MisuseError(`readSeeds: ${name} cannot be read (${code}); name a file of URLs`)
  }
  return seeds
}
