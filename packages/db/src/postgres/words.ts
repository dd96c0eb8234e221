import { wholes, withoutComments } from '../sql/comments.ts'

const whole = new RegExp(String.raw`u&"[^"]*"(?:\s*uescape\s*'[^']')?|${wholes.postgres}`, 'giu')
/** What means the same in quotes. */
const same: ReadonlySet<string> = new Set(['pg_temp', 'text'])

/** A statement's text without comments, and with the word `x` for each literal and each name in quotes. */
export function wordsOf(text: string): string {
  return withoutComments(text, 'postgres').replace(whole, (found) => {
    if (!/^(?:['"$]|e'|u&)/i.test(found)) return found
    const inside = /^u&/i.test(found) ? unescaped(found) : found.slice(1, -1)
    return same.has(inside) ? ` ${inside} ` : ' x '
  })
}

/** The name that is written as `U&"..."`, perhaps with an escape character of its own. */
function unescaped(name: string): string {
  const [, inside = '', own = '\\'] = /"(.*)"(?:\s*uescape\s*'(.)')?/isu.exec(name) ?? []
  const coded = new RegExp(`[\\${own}](?:\\+00)?([0-9a-f]{4})`, 'gi')
  return inside.replace(coded, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}
