/**
 * Numbers in [0, 1) that follow from the seed alone: mulberry32, 32 bits of state, one multiplication
 * or two a number.
 *
 * @param seed any number; its lowest 32 bits count
 */
export function seededRandom(seed: number): () => number {
  let state = Math.imul((seed | 0) ^ 0x9e3779b9, 0x85ebca6b) // neighbours begin far apart
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
