/** A service with one bug that its usual run hides, written from the docs before the search was changed. */
export interface Service {
  /** What is wrong, in a sentence. */
  readonly what: string
  /** The program; with `mended` the bug is gone. It throws, hangs or leaks when the bug bites. */
  readonly program: (mended: boolean) => () => Promise<unknown>
}
