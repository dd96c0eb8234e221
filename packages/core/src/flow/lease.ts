/** Something that was lent, to be given back by disposing it: `await using lease = await pool.acquire()`. */
export interface Lease<out T> extends AsyncDisposable {
  /** @throws ClosedError when it was given back */
  readonly value: T
}
