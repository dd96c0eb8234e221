import { randomUUID } from 'node:crypto'

/** Maximum number of incomplete texts, left by publishers that died in the middle. */
const MOST_OPEN = 100

/** Cuts a text into pieces of at most so many bytes; one that fits is one piece. `id/i/n:` identifies the piece. */
export function cutText(text: string, maxBytes: number): string[] {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return [`:${text}`]
  const id = randomUUID().slice(0, 8)
  // A piece must not end in the middle of a character: base64 has no multi-byte ones.
  const whole = bytes.toString('base64')
  const count = Math.ceil(whole.length / maxBytes)
  return Array.from(
    { length: count },
    (_, i) => `${id}/${i}/${count}:${whole.slice(i * maxBytes, (i + 1) * maxBytes)}`,
  )
}

/** Reassembles texts. */
export class TextPieces {
  readonly #open = new Map<string, string[]>()

  /** The text that this piece completes; undefined when more is to come, or when it is foreign. */
  add(piece: string): string | undefined {
    const at = piece.indexOf(':')
    if (at <= 0) return at === 0 ? piece.slice(1) : undefined
    const [id = '', index, count] = piece.slice(0, at).split('/')
    const pieces = this.#open.get(id) ?? []
    if (Number(index) !== pieces.length) {
      this.#open.delete(id)
      return undefined
    }
    pieces.push(piece.slice(at + 1))
    this.#open.set(id, pieces)
    if (pieces.length === Number(count)) {
      this.#open.delete(id)
      return Buffer.from(pieces.join(''), 'base64').toString()
    }
    if (this.#open.size > MOST_OPEN) this.#open.delete(this.#open.keys().next().value as string)
    return undefined
  }
}
