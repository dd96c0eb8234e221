import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  connect,
  exec,
  fileLock,
  frames,
  lines,
  openFile,
  openProcess,
  sh,
  walk,
  writeAtomic,
} from '@corral/node'
import { currentSignal, run } from 'corral'
import { env, folder, outcome } from './row.ts'
import type { Row } from './row.ts'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const HUNDRED = 'head -c 100000000 /dev/zero | tr "\\0" x; echo'

export const input: readonly Row[] = [
  {
    what: 'a line of 100 MB from a process, max 1 MiB',
    expected: 'FrameError TOO_LONG, grew by less than 64 MB',
    run: () =>
      run(async () => {
        const before = process.memoryUsage.rss()
        const how = await outcome(async () => {
          await using child = await openProcess('sh', ['-c', HUNDRED], { env, grace: 300 })
          await all(child.stdout.lines())
        })
        const grown = (process.memoryUsage.rss() - before) / 1e6
        return `${how}, grew by ${grown < 64 ? 'less than 64' : Math.round(grown)} MB`
      }),
  },
  {
    what: 'a line of 100 MB that is wanted (max: Infinity)',
    expected: '100000000 characters',
    run: () =>
      run(async () => {
        await using child = await openProcess('sh', ['-c', HUNDRED], { env })
        const found = await all(child.stdout.lines({ max: Infinity }))
        return `${found.map((line) => line.length).join()} characters`
      }),
  },
  {
    what: 'exec prints 100 MB, maxBytes 16 MiB',
    expected: 'ProcessError OUTPUT_LIMIT',
    run: () => outcome(() => exec('sh', ['-c', HUNDRED], { env, grace: 300 })),
  },
  {
    what: 'lone surrogates and a BOM in what is written, and read back',
    expected: 'U+FFFD in their place, the BOM stays',
    run: async () => {
      const { stdout } = await exec('cat', [], { input: '\uFEFFa\uD800b\uDC00c' })
      return stdout === '\uFEFFa\uFFFDb\uFFFDc'
        ? 'U+FFFD in their place, the BOM stays'
        : JSON.stringify(stdout)
    },
  },
  {
    what: 'bytes that are no UTF-8, cut into chunks of one byte: lines',
    expected: '["ä\uFFFD","€"]',
    run: async () => {
      const bytes = Buffer.concat([Buffer.from('ä'), Buffer.from([0xff, 0x0a]), Buffer.from('€')])
      const chunks = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])))
      return JSON.stringify(await all(lines(chunks)))
    },
  },
  {
    what: 'NUL in a program, an argument, a variable, cwd, a file name, a path of a socket',
    expected: 'refused x 6',
    run: async () => {
      const seen = [
        await outcome(() => exec('tr\0ue')),
        await outcome(() => exec('true', ['a\0b'])),
        await outcome(() => exec('true', [], { env: { A: 'a\0b' } })),
        await outcome(() => exec('true', [], { cwd: '/tm\0p' })),
        await outcome(() => openFile('/tmp/a\0b', { flags: 'w' })),
        await outcome(() => connect({ path: '/tmp/a\0b' })),
      ]
      return seen.every((one) => one !== 'done') ? 'refused x 6' : seen.join(', ')
    },
  },
  {
    what: 'NUL in the path of a lock, of writeAtomic, of a folder to walk',
    expected: 'refused x 3',
    run: async () => {
      const root = folder()
      const seen = [
        await outcome(async () => {
          await using _lock = await fileLock(join(root, 'a\0b'))
        }),
        await outcome(() => writeAtomic(join(root, 'a\0b'), 'x')),
        await outcome(() => all(walk(`${root}/a\0b`))),
      ]
      return seen.every((one) => one !== 'done') ? 'refused x 3' : seen.join(', ')
    },
  },
  {
    what: 'a file called -rf: sh with --, openFile, writeAtomic, walk',
    expected: 'read, kept, found',
    run: async () => {
      const root = folder()
      const path = join(root, '-rf')
      await mkdir(join(root, 'kept'))
      await writeAtomic(path, 'x')
      process.chdir(root)
      const name = '-rf'
      const { stdout } = await sh`cat -- ${name}`
      await using file = await openFile('-rf')
      const read = stdout === 'x' && String(await file.readAll()) === 'x'
      const found = (await all(walk('.'))).some((entry) => entry.path.endsWith('-rf'))
      return `${read ? 'read' : 'not read'}, ${(await readdir(root)).includes('kept') ? 'kept' : 'gone'}, ${found ? 'found' : 'not found'}`
    },
  },
  {
    what: 'names with newlines, quotes, spaces, dots and a lone surrogate: sh and walk',
    expected: 'all 6 are found and read',
    run: async () => {
      const root = folder()
      const names = ['a\nb', "it's", '  ', '...', '$(id)', '\uFFFD']
      for (const name of names) await writeFile(join(root, name), 'x')
      const found = await all(walk(root))
      const { stdout } = await sh`cat -- ${found.map((entry) => entry.path)}`
      return stdout.length === names.length && found.length === names.length
        ? `all ${names.length} are found and read`
        : `${found.length} found, ${stdout.length} read`
    },
  },
  {
    what: 'an argument list of 4 MB (E2BIG), an empty program, a folder as a program',
    expected: 'ProcessError START, ProcessError NOT_FOUND or START x 2',
    run: async () => {
      const big = await outcome(() =>
        exec(
          'true',
          Array.from({ length: 40 }, () => 'x'.repeat(100_000)),
        ),
      )
      const rest = [await outcome(() => exec('')), await outcome(() => exec('/tmp'))]
      return rest.every((one) => /ProcessError (NOT_FOUND|START)/.test(one))
        ? `${big}, ProcessError NOT_FOUND or START x 2`
        : `${big}, ${rest.join()}`
    },
  },
  {
    what: 'a frame whose length is 4 GiB - 1',
    expected: 'FrameError TOO_LONG, nothing allocated',
    run: async () => {
      const before = process.memoryUsage().arrayBuffers
      const source = Readable.from([Buffer.from([0xff, 0xff, 0xff, 0xff, 1])])
      const how = await outcome(() => all(frames(source)))
      const grown = process.memoryUsage().arrayBuffers - before
      return `${how}, ${grown < 1e6 ? 'nothing' : `${grown} bytes`} allocated`
    },
  },
  {
    what: 'our stdout is gone while we print 100 000 lines with stdout.write',
    expected: 'the program ends by itself with 0',
    run: () =>
      printing(`
      import { stdout } from '@corral/node'
      for (let i = 0; i < 100_000; i++) if (!(await stdout.write('line ' + i + '\\n'))) break`),
  },
  {
    what: 'our stdout is gone, and a child prints to it (stdout: inherit)',
    expected: 'the program ends by itself with 0',
    run: () =>
      printing(`
      import { exec } from '@corral/node'
      await exec('sh', ['-c', 'yes | head -100000'], { stdout: 'inherit', check: false })`),
  },
]

/** A program whose reader goes away after the first bytes. */
async function printing(source: string): Promise<string> {
  const args = [...process.execArgv, '--input-type=module', '-e', source]
  const cwd = new URL('../../..', import.meta.url).pathname
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)))
  child.stdout.once('data', () => child.stdout.destroy())
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [code] = (await once(child, 'exit', { signal: currentSignal() })) as [number | null]
  clearTimeout(timer)
  if (code === 0) return 'the program ends by itself with 0'
  return `code ${code}: ${said.trim().split('\n').slice(0, 4).join(' ')}`
}
