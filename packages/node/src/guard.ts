import { refuse } from 'corral/lowlevel'

/** A usable name of a host or a file. `where` reads `Api: argument`. */
export function requireName(where: string, name: string): void {
  if (typeof name !== 'string' || name === '') refuse(where, 'a string that is not empty', name)
}

export function requirePort(where: string, port: number, least = 0): void {
  if (Number.isInteger(port) && port >= least && port <= 65_535) return
  refuse(where, `a port, ${least} to 65535`, port)
}

/** One of the given words. */
export function requireWord(where: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return
  refuse(where, words.map((one) => JSON.stringify(one)).join(' or '), word)
}
