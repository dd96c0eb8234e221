import { print, printed } from './print.ts'

/** Rows that are held in memory at a time. */
const block = 1000

/** Prints rows as they come from a store, as a table or as `jsonLines`; memory does not grow with them. */
export async function printRows<T>(
  rows: Iterable<T> | AsyncIterable<T>,
  linesOf: (rows: readonly T[]) => readonly string[],
): Promise<void> {
  for await (const some of inBlocks(rows)) {
    print(`${linesOf(some).join('\n')}\n`)
    await printed()
  }
}

/** One object a line. */
export function jsonLines(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row))
}

async function* inBlocks<T>(
  items: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T[], void, undefined> {
  let some: T[] = []
  for await (const item of items) {
    if (some.push(item) < block) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
