import { execFile } from 'node:child_process'
import { exec } from '@corral/node'
import { CancelScope } from 'corral'

/** Runs a program until `signal` aborts; settles when the tool says that it is over. */
export type Tool = (
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
) => Promise<unknown>

/** The packages of peers.js. */
export const peers = (await import(new URL('./peers.js', import.meta.url).href)) as Readonly<{
  execa: Tool
  tinyexec: Tool
  nanoSpawn: Tool
  zx: Tool
  execaLines: (path: string) => Promise<void>
  split2Lines: (source: NodeJS.ReadableStream) => Promise<void>
  fdir: (root: string) => Promise<void>
  chokidar: (root: string, count: number, write: () => void) => Promise<void>
}>

const corral: Tool = (file, args, env, signal) => {
  const scope = new CancelScope()
  signal?.addEventListener('abort', () => scope.cancel())
  return scope.run(() => exec(file, args, { env, grace: 300 }))
}

export const execFileTool: Tool = (file, args, env, signal) =>
  new Promise((done, fail) => {
    execFile(file, args, { env, ...(signal && { signal }) }, (error, stdout) => {
      if (error === null) done(stdout)
      else fail(error)
    })
  })

export const tools: Readonly<Record<string, Tool>> = {
  corral,
  execa: peers.execa,
  tinyexec: peers.tinyexec,
  'nano-spawn': peers.nanoSpawn,
  zx: peers.zx,
  execFile: execFileTool,
}
