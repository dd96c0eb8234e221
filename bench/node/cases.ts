import { execFile, spawn } from 'node:child_process'
import { createReadStream, glob, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { connect as rawConnect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import {
  connect,
  exec,
  lines,
  openLauncher,
  openListener,
  openProcess,
  pipe,
  walk,
  watch,
} from '@corral/node'
import { currentSignal, run, sleep } from 'corral'
import { peers } from './tools.ts'

type Case = () => Promise<number>
interface Group {
  readonly cases: Readonly<Record<string, Case>>
  readonly budget: Readonly<Record<string, string>>
}

/** CPU of this process in milliseconds. */
async function cpu(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await work()
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'corral-bench-'))
}

const LINES = 500_000
function bigFile(): string {
  const path = join(folder(), 'lines')
  writeFileSync(path, 'a line of a log, not too long and not too short\n'.repeat(LINES))
  return path
}

const raw = (): Promise<unknown> =>
  new Promise((done) => {
    const child = spawn('true')
    child.stdout.resume()
    child.stderr.resume()
    child.once('close', done)
  })

const MESSAGES = 20_000
const bytes = Buffer.alloc(100, 'x')

/** The server's side is measured by its own kind; the client is the same for all. */
async function echo(listen: () => Promise<{ port: number }>): Promise<number> {
  const { port } = await listen()
  const client = rawConnect({ port, noDelay: true })
  await new Promise((done) => client.once('connect', done))
  return cpu(
    () =>
      new Promise<void>((done) => {
        let [seen, sent] = [0, 0]
        client.on('data', (chunk: Buffer) => {
          seen += chunk.length
          if (seen >= MESSAGES * 100) return done()
          if (seen >= sent * 100) client.write(bytes, () => {})
          if (seen >= sent * 100) sent += 1
        })
        sent = 1
        client.write(bytes)
      }),
  )
}

function listen(handler: (socket: Socket) => void): Promise<{ port: number }> {
  return new Promise((done) => {
    const server = createServer({ noDelay: true }, handler)
    server.listen(0, () => done(server.address() as { port: number }))
  })
}

/** 200 folders of 100 files. */
function tree(): string {
  const root = folder()
  for (let i = 0; i < 200; i++) {
    mkdirSync(join(root, `${i % 20}`, `${i}`), { recursive: true })
    for (let j = 0; j < 100; j++) writeFileSync(join(root, `${i % 20}`, `${i}`, `${j}`), '')
  }
  return root
}

const FILES = 10_000

async function heapOf(open: () => Promise<unknown>): Promise<number> {
  const kept: unknown[] = []
  for (let i = 0; i < 50; i++) kept.push(await open())
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 500; i++) kept.push(await open())
  globalThis.gc?.()
  return (process.memoryUsage().heapUsed - before) / 500 / 100 // in units of 100 bytes
}

export const CASES: Readonly<Record<string, Group>> = {
  'exec true x 100': {
    cases: {
      corral: () => cpu(() => times(100, () => exec('true'))),
      spawn: () => cpu(() => times(100, raw)),
      execFile: () => cpu(() => times(100, () => new Promise((done) => execFile('true', done)))),
      execa: async () => {
        await peers.execa('true', [], process.env)
        return cpu(() => times(100, () => peers.execa('true', [], process.env)))
      },
      'nano-spawn': async () => {
        await peers.nanoSpawn('true', [], process.env)
        return cpu(() => times(100, () => peers.nanoSpawn('true', [], process.env)))
      },
    },
    budget: { spawn: '<= 1.4', execa: '<= 0.9' },
  },
  'lines of 24 MB': {
    cases: {
      corral: async () => {
        const path = bigFile()
        return cpu(async () => {
          let count = 0
          for await (const _line of lines(createReadStream(path))) count += 1
          if (count !== LINES) throw new Error('lines are missing')
        })
      },
      readline: async () => {
        const path = bigFile()
        return cpu(async () => {
          for await (const _line of createInterface({ input: createReadStream(path) }));
        })
      },
      split2: async () => {
        const path = bigFile()
        return cpu(() => peers.split2Lines(createReadStream(path)))
      },
    },
    budget: { readline: '<= 1.1' },
  },
  'lines of a process, 24 MB': {
    cases: {
      corral: async () => {
        const path = bigFile()
        return cpu(() =>
          run(async () => {
            await using child = await openProcess('cat', [path])
            for await (const _line of child.stdout.lines());
          }),
        )
      },
      execa: async () => {
        const path = bigFile()
        return cpu(() => peers.execaLines(path))
      },
    },
    budget: { execa: '<= 0.2' },
  },
  'pipe of 200 MB': {
    cases: {
      corral: () =>
        cpu(() => pipe([['head', '-c', '200000000', '/dev/zero'], ['cat'], ['wc', '-c']])),
      'pipeline()': () =>
        cpu(async () => {
          const head = spawn('head', ['-c', '200000000', '/dev/zero'])
          const cat = spawn('cat')
          const wc = spawn('wc', ['-c'])
          const options = { signal: currentSignal() }
          await Promise.all([
            pipeline(head.stdout, cat.stdin, options),
            pipeline(cat.stdout, wc.stdin, options),
          ])
        }),
    },
    budget: { 'pipeline()': '<= 0.05' },
  },
  'echo x 20 000, client and server': {
    cases: {
      corral: () =>
        echo(async () => {
          const listener = await openListener(async (connection) => {
            for (;;) {
              const chunk = await connection.read()
              if (chunk === undefined) return
              await connection.write(chunk)
            }
          })
          return { port: listener.address.port ?? 0 }
        }),
      'data events': () =>
        echo(() => listen((socket) => socket.on('data', (chunk: Buffer) => socket.write(chunk)))),
      'for await socket': () =>
        echo(() =>
          listen((socket) => {
            void (async () => {
              for await (const chunk of socket) socket.write(chunk as Buffer)
            })()
          }),
        ),
    },
    budget: { 'data events': '<= 1.5', 'for await socket': '<= 1.1' },
  },
  'idle connection, heap of both ends in 100 B': {
    cases: {
      corral: async () => {
        const listener = await openListener(async () => sleep(Infinity))
        const to = { host: '127.0.0.1', port: listener.address.port ?? 0 }
        return heapOf(() => connect(to))
      },
      raw: async () => {
        const kept: Socket[] = []
        const { port } = await listen((socket) => kept.push(socket))
        return heapOf(
          () =>
            new Promise((done) => {
              const socket = rawConnect(port, '127.0.0.1', () => done(socket))
            }),
        )
      },
    },
    budget: { raw: '<= 1.7' },
  },
  'walk of 20 000 files x 5': {
    cases: {
      corral: async () => {
        const root = tree()
        const ms = await cpu(() =>
          times(5, async () => {
            let count = 0
            for await (const { kind } of walk(root)) if (kind === 'file') count += 1
            if (count !== 20_000) throw new Error('files are missing')
          }),
        )
        await rm(root, { recursive: true })
        return ms
      },
      fdir: async () => {
        const root = tree()
        const ms = await cpu(() => times(5, () => peers.fdir(root)))
        await rm(root, { recursive: true })
        return ms
      },
      'fs.glob': async () => {
        const root = tree()
        const ms = await cpu(() =>
          times(
            5,
            () =>
              new Promise((done) => glob('**/*', { cwd: root }, (_error, found) => done(found))),
          ),
        )
        await rm(root, { recursive: true })
        return ms
      },
    },
    budget: { fdir: '<= 1.4', 'fs.glob': '<= 0.3' },
  },
  'watch, 10 000 files written by another process': {
    cases: {
      corral: async () => {
        const root = folder()
        const missing = new Set(Array.from({ length: FILES }, (_, i) => join(root, String(i))))
        const ms = await cpu(async () => {
          const changes = watch(root, { existing: true })
          writer(root)
          while (missing.size > 0) missing.delete((await changes.next()).value.path)
          await changes.return?.()
        })
        await rm(root, { recursive: true })
        return ms
      },
      chokidar: async () => {
        const root = folder()
        const ms = await cpu(() => peers.chokidar(root, FILES, () => writer(root)))
        await rm(root, { recursive: true })
        return ms
      },
    },
    budget: { chokidar: '<= 1.5' },
  },
  'exec true x 50, 1.5 GB held': {
    cases: {
      corral: async () => {
        const held = Buffer.alloc(1_500_000_000, 1)
        await using launcher = await openLauncher()
        const ms = await cpu(() => times(50, () => exec('true', [], { launcher })))
        return held.length > 0 ? ms : 0
      },
      'without the launcher': async () => {
        const held = Buffer.alloc(1_500_000_000, 1)
        const ms = await cpu(() => times(50, () => exec('true')))
        return held.length > 0 ? ms : 0
      },
      'launcher, nothing held': async () => {
        await using launcher = await openLauncher()
        return await cpu(() => times(50, () => exec('true', [], { launcher })))
      },
    },
    budget: { 'launcher, nothing held': '<= 1.2' },
  },
}

function writer(root: string): void {
  const script = `for (let i = 0; i < ${FILES}; i++) require('fs').writeFileSync(process.argv[1] + '/' + i, 'x')`
  spawn(process.execPath, ['-e', script, root], { stdio: 'inherit' })
}
