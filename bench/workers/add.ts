/** The work: as little as can be, so that what is measured is the way to the thread and back. */
export function add([a, b]: readonly [number, number]): number {
  return a + b
}
