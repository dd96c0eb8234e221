import { now, sleep } from 'corral'
import { answers, livingMembers } from './look.ts'
import { ProcessError } from './process-error.ts'

/** How long a group may take to go after SIGKILL: the kernel needs a moment for large ones. */
const KILL_TIME = 2_000

/**
 * A process and everything it started that stays in its group. The group id is safe to signal as long as its leader is
 * not reaped or a member is left; after that the system may reuse it, so `over` is final.
 */
export class ProcessGroup {
  readonly pid: number
  readonly #file: string
  readonly #send: (group: number, signal: NodeJS.Signals) => void
  #reaped = false
  #over = false
  #ending: Promise<void> | undefined

  constructor(
    pid: number,
    file: string,
    send: (group: number, signal: NodeJS.Signals) => void = sendSignal,
  ) {
    this.pid = pid
    this.#file = file
    this.#send = send
  }

  /** Its leader has exited: who is left? Must be called in the same turn as the exit event. */
  async leaderExited(): Promise<readonly number[]> {
    this.#reaped = true
    return this.living()
  }

  /** It must not be signalled any more. */
  leave(): void {
    this.#over = true
  }

  signal(name: NodeJS.Signals): void {
    if (this.#reaped && !this.#over) this.#over = !answers(this.pid)
    if (!this.#over) this.#send(this.pid, name)
  }

  async living(): Promise<readonly number[]> {
    if (this.#over) return []
    const pids = await livingMembers(this.pid)
    if (this.#reaped && pids.length === 0) this.#over = true
    return pids
  }

  /** Ends it: asks, waits for `grace`, forces. Settles when no living member is left. */
  end(grace: number): Promise<void> {
    this.#ending ??= this.#end(grace)
    return this.#ending
  }

  async #end(grace: number): Promise<void> {
    this.signal('SIGTERM')
    this.signal('SIGCONT') // a stopped process would not notice
    if ((await this.#goneWithin(grace)).length === 0) return
    this.signal('SIGKILL')
    const left = await this.#goneWithin(KILL_TIME)
    if (left.length === 0) return
    throw new ProcessError(
      'UNKILLABLE',
      this.#file,
      `stop: ${left.length} of the group of ${this.#file} live on after SIGKILL (${left.join(', ')}); give a kill of your own for what belongs to others`,
      { pids: left },
    )
  }

  /** The members left after this long. */
  async #goneWithin(ms: number): Promise<readonly number[]> {
    const until = now() + ms
    for (let pause = 2; ; pause = Math.min(pause * 2, 100)) {
      const left = await this.living()
      if (left.length === 0 || now() >= until) return left
      await sleep(Math.min(pause, Math.max(1, until - now())))
    }
  }
}

function sendSignal(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error // EPERM: checking the living members shows it
  }
}
