import { print, printed } from './print.ts'

/** Rows that are held in memory at a time. */
const block = 1000

/** Prints rows as they come from a store, as lines of JSON or as a table; memory does not grow with them. */
export async function printRows<T>(
  rows: Iterable<T>,
  json: boolean,
  tableOf: (rows: readonly T[]) => readonly string[],
): Promise<void> {
  for (const some of inBlocks(rows)) {
    const lines = json ? some.map((row) => JSON.stringify(row)) : tableOf(some)
    print(`${lines.join('\n')}\n`)
    await printed()
  }
}

function* inBlocks<T>(items: Iterable<T>): Generator<T[], void, undefined> {
  let some: T[] = []
  for (const item of items) {
    if (some.push(item) < block) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
