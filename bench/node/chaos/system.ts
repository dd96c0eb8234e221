import { openSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  connect,
  exec,
  fileLock,
  openFile,
  openListener,
  openLauncher,
  tempDir,
  walk,
  watch,
  writeAtomic,
} from '@corral/node'
import { gather, moveOnAfter, run, sleep } from 'corral'
import { descriptors, folder, outcome } from './row.ts'
import type { Row } from './row.ts'

const FEW = ['sh', '-c', 'ulimit -n 60; exec "$@"', 'sh']
/** A user of whom the system has no more processes to give. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const SMALL = '/mnt'
/** A disk of 256 KiB. */
const FULL = [
  'unshare',
  '-rm',
  'sh',
  '-c',
  `mount -t tmpfs -o size=256k none ${SMALL}; exec "$@"`,
  'sh',
]

/** Opens what is left of descriptors. */
function exhaust(): void {
  try {
    for (;;) openSync('/dev/null', 'r')
  } catch {
    // none is left
  }
}

export const system: readonly Row[] = [
  {
    what: 'no descriptor is left: exec',
    expected: 'ProcessError START, 0 alive',
    through: FEW,
    run: async () => {
      exhaust()
      return `${await outcome(() => exec('sleep', ['60']))}, 0 alive`
    },
  },
  {
    what: 'no descriptor is left: openFile, connect, writeAtomic, fileLock, walk; openLauncher',
    expected: 'Error EMFILE x 5; ProcessError START',
    through: FEW,
    run: async () => {
      const root = folder()
      await using listener = await openListener(async () => {})
      const { port = 0 } = listener.address
      exhaust()
      const seen = [
        await outcome(() => openFile('/etc/hosts')),
        await outcome(() => connect({ host: '127.0.0.1', port })),
        await outcome(() => writeAtomic(join(root, 'x'), 'x')),
        await outcome(async () => {
          await using _lock = await fileLock(join(root, 'lock'))
        }),
        await outcome(async () => {
          for await (const _entry of walk(root));
        }),
        await outcome(async () => {
          await openLauncher()
        }),
      ]
      const last = seen.pop()
      const kinds = new Set(seen)
      return `${kinds.size === 1 ? `${seen[0]} x ${seen.length}` : seen.join()}; ${last}`
    },
  },
  {
    what: 'no descriptor is left while 100 clients connect to a listener: it serves when there are some again',
    expected: 'served',
    through: ['sh', '-c', 'ulimit -n 120; exec "$@"', 'sh'],
    run: () =>
      run(async () => {
        await using listener = await openListener(
          async (connection) => {
            for await (const chunk of connection) await connection.write(chunk)
          },
          { onError: () => {} },
        )
        const to = { host: '127.0.0.1', port: listener.address.port ?? 0 }
        await moveOnAfter(5_000, () =>
          gather(
            Array.from({ length: 100 }, () => async () => {
              await outcome(async () => {
                await using connection = await connect(to)
                await connection.write('x')
                await moveOnAfter(1_000, () => connection.read())
              })
            }),
          ),
        )
        return (await outcome(async () => {
          await using connection = await connect(to)
          await connection.write('x')
          if (String(await connection.readExactly(1)) !== 'x') throw new Error('not served')
        })) === 'done'
          ? 'served'
          : 'not served'
      }),
  },
  {
    what: 'no process is left (EAGAIN): exec',
    expected: 'ProcessError START',
    through: NOBODY,
    run: async () => {
      await exec('prlimit', ['--pid', String(process.pid), '--nproc=1'])
      return await outcome(() => exec('true'))
    },
  },
  {
    what: 'the disk is full: writeAtomic over a file of 100 kB',
    expected: 'Error ENOSPC, the old file, no other',
    through: FULL,
    run: async () => {
      const path = join(SMALL, 'state')
      await writeFile(path, 'old'.repeat(30_000))
      const how = await outcome(() => writeAtomic(path, 'new'.repeat(100_000)))
      const old = (await readFile(path, 'utf8')) === 'old'.repeat(30_000)
      return `${how}, ${old ? 'the old file' : 'another file'}, ${(await readdir(SMALL)).length === 1 ? 'no other' : 'others'}`
    },
  },
  {
    what: 'the disk is full: OpenFile.write of 1 MB, and again when there is room',
    expected: 'Error ENOSPC, then done; 0 descriptors more',
    through: FULL,
    run: async () => {
      await writeFile(join(SMALL, 'ballast'), 'x'.repeat(100_000))
      const before = descriptors()
      const first = await outcome(async () => {
        await using file = await openFile(join(SMALL, 'big'), { flags: 'w' })
        await file.write('x'.repeat(1_000_000))
      })
      await rm(join(SMALL, 'big'))
      const second = await outcome(() => writeAtomic(join(SMALL, 'small'), 'x'.repeat(1_000)))
      return `${first}, then ${second}; ${descriptors() - before} descriptors more`
    },
  },
  {
    what: 'the disk is full: fileLock',
    expected: 'a typed error or the lock, and no hang',
    through: FULL,
    run: async () => {
      await outcome(async () => writeFile(join(SMALL, 'ballast'), 'x'.repeat(300_000)))
      const result = await run(() =>
        moveOnAfter(5_000, () =>
          outcome(async () => {
            await using _lock = await fileLock(join(SMALL, 'lock'))
          }),
        ),
      )
      if (result.timedOut) return 'it hangs'
      return /^(done|Error)/.test(result.value)
        ? 'a typed error or the lock, and no hang'
        : result.value
    },
  },
  {
    what: 'the folder is removed while it is watched, and made again',
    expected: 'FileError GONE',
    run: async () => {
      const root = join(folder(), 'watched')
      await mkdir(root)
      await writeFile(join(root, 'a'), '')
      return await run(async () => {
        const changes = watch(root, { existing: true })
        await changes.next()
        await rm(root, { recursive: true })
        const result = await moveOnAfter(5_000, () =>
          outcome(async () => {
            for (;;) if ((await changes.next()).done === true) return
          }),
        )
        return result.timedOut ? 'it hangs' : result.value
      })
    },
  },
  {
    what: 'a folder inside is removed and made again 50 times while it is watched',
    expected: 'the last file is told',
    run: async () => {
      const root = folder()
      return await run(async () => {
        const result = await moveOnAfter(10_000, () =>
          gather([
            async () => {
              for await (const { path } of watch(root)) if (path.endsWith('last')) return
            },
            async () => {
              await sleep(100)
              for (let i = 0; i < 50; i++) {
                await mkdir(join(root, 'in'), { recursive: true })
                await writeFile(join(root, 'in', String(i)), '')
                if (i % 10 === 0) await sleep(5)
                await rm(join(root, 'in'), { recursive: true })
              }
              await mkdir(join(root, 'in'))
              await writeFile(join(root, 'in', 'last'), '')
            },
          ]),
        )
        return result.timedOut ? 'the last file is not told' : 'the last file is told'
      })
    },
  },
  {
    what: 'the folder vanishes while it is walked',
    expected: 'done',
    run: async () => {
      const root = folder()
      for (let i = 0; i < 300; i++) {
        await mkdir(join(root, String(i)))
        await writeFile(join(root, String(i), 'x'), '')
      }
      return await outcome(async () => {
        let seen = 0
        for await (const _entry of walk(root)) {
          seen += 1
          if (seen === 5) await rm(root, { recursive: true })
        }
      })
    },
  },
  {
    what: 'the working directory of this process was removed: exec',
    expected: 'done',
    run: async () => {
      const root = folder()
      process.chdir(root)
      await rm(root, { recursive: true })
      return await outcome(() => exec('true'))
    },
  },
  {
    what: 'a temporary folder is removed by somebody else before its block ends',
    expected: 'done',
    run: () =>
      outcome(async () => {
        await using made = await tempDir()
        await rm(made.path, { recursive: true })
      }),
  },
]
