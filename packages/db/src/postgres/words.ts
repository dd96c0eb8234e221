import { wholes, withoutComments } from '../sql/comments.ts'

const whole = new RegExp(wholes.postgres, 'giu')
/** What means the same in quotes. */
const same: ReadonlySet<string> = new Set(['pg_temp', 'text'])

/** A statement's text without comments, and with the word `x` for each literal and each name in quotes. */
export function wordsOf(text: string): string {
  return withoutComments(text, 'postgres').replace(whole, (found) => {
    if (!/^(?:['"$]|e')/i.test(found)) return found
    const inside = found.slice(1, -1)
    return same.has(inside) ? ` ${inside} ` : ' x '
  })
}
