/** Goes on after it: what is asked for a dump, and nothing else. */
const ASKS = 'SIGUSR2'

/** Calls `dump` when the process crashes, or one of the signals arrives, until it is disposed. A dump that fails is told on stderr. */
export function dumpOnCrash(dump: () => void, signals: readonly NodeJS.Signals[]): Disposable {
  const stack = new DisposableStack()
  const tryDump = (): void => {
    try {
      dump()
    } catch (error) {
      console.error('corral: the recording could not be written:', error)
    }
  }
  listen('uncaughtExceptionMonitor', tryDump)
  for (const signal of new Set(signals)) {
    const listener = (): void => {
      tryDump()
      if (signal === ASKS || process.listenerCount(signal) > 1) return
      process.removeListener(signal, listener) // without a listener the signal does what it did before
      process.kill(process.pid, signal)
    }
    listen(signal, listener)
  }
  return stack

  function listen(event: string, listener: () => void): void {
    process.on(event, listener)
    stack.defer(() => void process.removeListener(event, listener))
  }
}
