/** What the watching thread sees of the main thread at one moment. All in milliseconds. */
export interface Sample {
  readonly now: number
  /** How often the main thread has beaten, and when it did last. */
  readonly beats: number
  readonly beatAt: number
  /** What it had used of a processor at that beat, and what it has so far. */
  readonly beatCpu: number
  readonly cpu: number
  /** How long it could have run so far, but had no processor. */
  readonly starved: number
  /** How much later than it meant to the watching thread itself came to look: it was starved or stopped. */
  readonly late: number
}

/** A block that is over, or goes on. */
export interface Block {
  readonly ms: number
  readonly cpu: number
  readonly why: 'computing' | 'sleeping'
  /** On the clock of the samples. */
  readonly since: number
  readonly beats: number
}

export type BlockEvent =
  /** It is blocked: somebody is to ask what runs. */
  | { readonly type: 'began' }
  /** It has been for so long that one should not wait for the end to tell. */
  | { readonly type: 'endless'; readonly block: Block }
  | { readonly type: 'ended'; readonly block: Block }
  /** It was none: the thread had no processor, which the system told only once it had one again. */
  | { readonly type: 'dismissed' }

/** A block that lasts so many times as long as the threshold is told while it lasts: it may never end. */
export const ENDLESS = 25

/**
 * Decides from samples whether the main thread is blocked. Time without a beat does not count while the thread had no processor,
 * nor while the watching thread did not run either: then the machine is busy, or the process is stopped.
 */
export class BlockDetector {
  readonly #threshold: number
  readonly #beat: number
  /** How often it looks at what may be blocked. */
  readonly interval: number
  #latest: Sample | undefined
  /** The first sample with the latest beat. */
  #base: Sample | undefined
  #late = 0
  #state: 'turning' | 'blocked' | 'endless' = 'turning'

  /**
   * @param threshold of a block
   * @param beat how often the main thread beats
   */
  constructor(threshold: number, beat: number) {
    this.#threshold = threshold
    this.#beat = beat
    this.interval = Math.max(10, Math.min(beat, threshold) / 2)
  }

  /** When the next sample is due: once the main thread can be blocked, and soon again while it is or may be. */
  get nextAt(): number {
    if (this.#base === undefined || this.#latest === undefined) return 0
    const { now } = this.#latest
    const soon = now + this.interval
    if (this.#state !== 'turning') return soon
    const due = this.#base.beatAt + this.#threshold + this.#beat
    return Math.max(soon, Math.min(due, now + 5 * this.#beat))
  }

  /** @returns what has changed with this sample */
  add(sample: Sample): BlockEvent | undefined {
    const before = this.#latest ?? sample
    const base = (this.#base ??= sample)
    this.#latest = sample
    if (sample.beats !== base.beats) return this.#beaten(base, before, sample)
    this.#late += sample.late
    const { own, block } = this.#blockUntil(sample.now, base, sample)
    if (this.#state === 'turning') {
      // After a stop of both the main thread may just be about to go on: the next sample tells.
      if (sample.late > this.#threshold || own < this.#threshold + this.#beat) return undefined
      this.#state = 'blocked'
      return { type: 'began' }
    }
    if (this.#state === 'endless' || own < ENDLESS * this.#threshold) return undefined
    this.#state = 'endless'
    return { type: 'endless', block }
  }

  #beaten(base: Sample, before: Sample, sample: Sample): BlockEvent | undefined {
    const { own, block } = this.#blockUntil(sample.beatAt, base, sample)
    const was = this.#state
    // The beat may be long past. What the machine took since the sample before counts as taken since the beat.
    this.#base = { ...sample, starved: before.starved }
    this.#late = Math.min(sample.late, Math.max(0, sample.now - sample.beatAt))
    this.#state = 'turning'
    if (was === 'turning') return undefined
    return own < this.#threshold ? { type: 'dismissed' } : { type: 'ended', block }
  }

  #blockUntil(end: number, base: Sample, sample: Sample): { own: number; block: Block } {
    const gap = Math.max(0, end - base.beatAt)
    const starved = sample.starved - base.starved
    const own = Math.max(0, gap - Math.max(starved, this.#late))
    const cpu = Math.max(0, Math.min(sample.cpu - base.beatCpu, gap))
    const why = cpu >= own / 2 ? 'computing' : 'sleeping'
    // It began at some time between two beats; a time in which the process was stopped is not its fault.
    const ms = Math.max(0, gap - Math.max(0, this.#late - starved) - this.#beat / 2)
    return { own, block: { ms, cpu, why, since: base.beatAt, beats: base.beats } }
  }
}
