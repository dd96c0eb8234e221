/** Bytes to be taken one chunk after the other, by one reader. */
export interface ByteSource {
  /**
   * The next bytes, or undefined at the end.
   *
   * Cancellation: closes the source, and throws after it has.
   */
  read(): Promise<Uint8Array | undefined>
  /** Known to have ended: there is nothing more to read. */
  readonly over: boolean
  /** Ends it early: what is left will not be read. Waits until it has ended, also in a cancelled scope. */
  close(): Promise<void>
}
