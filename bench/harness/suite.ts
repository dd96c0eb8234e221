/** One contender: runs the work `n` times. What it needs is set up before, in `prepare`. */
export type Case = (n: number) => Promise<unknown>

/** One row of the table: the same work by hand (`floor`), by corral and by its peers. */
export interface Suite {
  readonly title: string
  /** What one operation is, for the reader. */
  readonly operation: string
  /** CPU time per operation is the default; `bytes` is the heap that an operation retains. */
  readonly measure?: 'cpu' | 'bytes'
  /** How many operations a sample has at least; a sample is repeated until it has used 200 ms of CPU. */
  readonly n: number
  /** Budgets: corral's figure divided by the named one's is at most this. */
  readonly budgets?: Readonly<Record<string, number>>
  /** Budget in nanoseconds or bytes, where there is no peer to compare with. */
  readonly limit?: number
  readonly cases: Readonly<Record<string, Case>>
  /** Cases of Python's asyncio: functions in `bench/peers/asyncio_cases.py`. */
  readonly asyncio?: string
}
