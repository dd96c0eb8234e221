import { CorralError } from 'corral'

/**
 * What went wrong, in one word; part of the API.
 *
 *   LOAD    the module did not load, or exports no worker
 *   CLONE   arguments, a result or progress that cannot be copied from thread to thread
 *   EXIT    the thread exited before the function was done: process.exit
 *   CRASH   an error outside of the function, which nobody caught, ended the thread
 *   MEMORY  the thread needed more than `memory`
 */
export type WorkerErrorCode = 'LOAD' | 'CLONE' | 'EXIT' | 'CRASH' | 'MEMORY'

/**
 * A call that failed by what happened to its thread, and not by what its function threw. The pool goes
 * on with another thread.
 */
export class WorkerError extends CorralError {
  declare readonly code: WorkerErrorCode

  static {
    this.prototype.name = 'WorkerError'
  }
}
