/** A small program around one primitive, and what must be true of it in every order. */
export interface Primitive {
  readonly name: string
  readonly program: () => Promise<unknown>
  /** It has too many orders to try them all. */
  readonly large?: true
  /** It cannot keep its promises when its tasks are cancelled one by one. */
  readonly needsAll?: true
}

/** @throws Error with `what` */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
