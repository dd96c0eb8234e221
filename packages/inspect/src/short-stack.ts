import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printable } from './printable.ts'

/** How many frames are told. */
const FRAMES = 5

/** A stack of V8 in one line, innermost first: `hotLoop (report.ts:7) ← handler (server.ts:20)`. */
export function shortStack(stack: string, folder: string = process.cwd()): string {
  const frames = stack.split('\n').flatMap((line) => frameOf(line, folder))
  // What Node does inside is of interest at the top only: it says what was called. What corral does is of none.
  const told = frames.filter(({ place, own }, i) => i === 0 || !(own || place.startsWith('node:')))
  return told
    .slice(0, FRAMES)
    .map(({ name, place }) => (name === '' ? place : place === '' ? name : `${name} (${place})`))
    .join(' ← ')
}

interface Frame {
  readonly name: string
  readonly place: string
  readonly own: boolean
}

const ownFolder = folderOfCorral()

function folderOfCorral(): string | undefined {
  try {
    return fileURLToPath(new URL('.', import.meta.resolve('corral')))
  } catch {
    return undefined // where it was bundled
  }
}

function frameOf(line: string, folder: string): Frame[] {
  const match = /^\s*at (?:async )?(?:(.*) \((.*)\)|(.*))$/.exec(line)
  if (match === null) return []
  const [, name = '', inside, alone] = match
  const where = inside ?? alone ?? ''
  const own = ownFolder !== undefined && where.replace(/^file:\/\//, '').startsWith(ownFolder)
  return [{ name: printable(name), place: placeOf(where, folder), own }]
}

function placeOf(where: string, folder: string): string {
  const [, file = where, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(where) ?? []
  if (file === '<anonymous>' || file === 'native') return ''
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  const near = path.startsWith('/') ? relative(folder, path) : path
  const told = near.startsWith('..') ? path.slice(path.lastIndexOf('/') + 1) : near
  return printable(line === undefined ? told : `${told}:${line}`)
}
