import { readdirSync, readFileSync } from 'node:fs'

interface Question {
  readonly group: number
  readonly answer: (pids: readonly number[]) => void
}

let questions: Question[] = []

/**
 * The living members of a process group. Zombies do not count, although the group accepts signals as long as there is
 * one. All callers in one turn of the event loop share one scan of /proc, made after the call.
 */
export function livingMembers(group: number): Promise<readonly number[]> {
  if (!answers(group)) return Promise.resolve([])
  return new Promise((answer) => {
    questions.push({ group, answer })
    if (questions.length === 1) setImmediate(look)
  })
}

/** Whether the group has a member, living or not. */
export function answers(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function look(): void {
  const asked = questions
  questions = []
  const living = membersByGroup()
  for (const { group, answer } of asked) {
    // Without /proc (macOS) zombies cannot be told apart: a group that accepts signals counts as living.
    answer(living === undefined ? (answers(group) ? [group] : []) : (living.get(group) ?? []))
  }
}

function membersByGroup(): Map<number, number[]> | undefined {
  if (process.platform !== 'linux') return undefined
  const living = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = statOf(name)
    if (stat === undefined) continue
    // pid (name) state ppid pgrp …; the name may hold anything, also parentheses and spaces.
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3)
    if (/^[ZXx]/.test(state)) continue
    const members = living.get(Number(group))
    if (members === undefined) living.set(Number(group), [pid])
    else members.push(pid)
  }
  return living
}

function statOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined // it ended meanwhile
  }
}
