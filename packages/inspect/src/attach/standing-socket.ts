import { readFileSync } from 'node:fs'
import { socketsOf } from './listening-ports.ts'

/** The socket on which a process listens for us, because it was told to by `inspect({ listen })`. */
export function standingSocketOf(pid: number): string | undefined {
  let text
  try {
    text = readFileSync(`/proc/${pid}/net/unix`, 'utf8')
  } catch {
    return undefined
  }
  const candidates = parseAgentSockets(text)
  if (candidates.length === 0) return undefined
  const own = socketsOf(pid)
  return candidates.find(({ inode }) => own.has(inode))?.path
}

/** @param text of `/proc/PID/net/unix` */
export function parseAgentSockets(text: string): { inode: string; path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, inode, path] = pattern.exec(line) ?? []
    return inode === undefined || path === undefined ? [] : [{ inode, path }]
  })
}

/** Sockets that listen, in folders as the agent makes them. */
const pattern = /^\S+ \S+ \S+ 00010000 \S+ \S+ +(\d+) (\/.*\/corral-\w{6}\/agent)$/
