/** A queue under measurement: each takes what its own guide recommends for many short jobs. */
export interface Engine extends AsyncDisposable {
  /** Adds one job, and returns when it is durable. */
  add(input: JobInput): Promise<void>
  /** Adds many in as few steps as the engine has. */
  addMany(inputs: readonly JobInput[]): Promise<void>
  /** Works on jobs until `stop`. */
  work(handle: (input: JobInput) => void): Promise<{ stop(): Promise<void> }>
}

export interface JobInput {
  readonly n: number
  /** When it was about to be added, in milliseconds of `performance.now()`. */
  readonly at: number
}

/** Jobs that run at the same time. */
export const concurrency = 10
