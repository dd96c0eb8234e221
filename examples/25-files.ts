// Files: replaced whole or not at all, walked, watched, and locked among processes; what was open is closed with its block.
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileLock, openFile, tempDir, tryFileLock, walk, watch, writeAtomic } from '@corral/node'
import { CancelScope, run, spawn } from 'corral'

export async function main(): Promise<void> {
  await using folder = await tempDir()
  const at = (...names: string[]): string => join(folder.path, ...names)

  // Others see the old file or the new one; cancelled half-way it is the old one.
  await writeAtomic(at('notes'), 'one\ntwo\n')
  const scope = new CancelScope()
  await scope.run(() =>
    writeAtomic(
      at('notes'),
      endless(() => scope.cancel()),
    ),
  )
  {
    await using file = await openFile(at('notes'))
    const lines: string[] = []
    for await (const line of file.lines()) lines.push(line)
    console.log(lines.join(' '))
  }

  await mkdir(at('a', 'b'), { recursive: true })
  await writeAtomic(at('a', 'b', 'deep'), '')
  const names: string[] = []
  for await (const { path, kind } of walk(folder.path)) names.push(`${basename(path)} ${kind}`)
  console.log(names.sort().join(', '))

  // What is there is told first, so nothing falls between looking and watching.
  const writing = spawn(() => writeAtomic(at('a', 'new'), 'x'))
  for await (const { path } of watch(folder.path, { existing: true })) {
    if (path === at('a', 'new')) break
  }
  await writing
  console.log('seen')

  // The system holds the lock: it is free at once when its owner ends, however it ends.
  {
    await using _lock = await fileLock(at('lock'))
    console.log(`a second one: ${(await tryFileLock(at('lock'))) === undefined ? 'no' : 'yes'}`)
  }
  await using again = await tryFileLock(at('lock'))
  console.log(`afterwards: ${again === undefined ? 'no' : 'yes'}`)
}

async function* endless(afterFirst: () => void): AsyncGenerator<string> {
  yield 'half of it'
  afterFirst()
  for (;;) yield 'more'
}

if (import.meta.main) await run(main)
