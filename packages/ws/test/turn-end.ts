/** Waits for the end of this turn of the event loop, and what is done there. */
export function turnEnd(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
