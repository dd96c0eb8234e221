import type { Delay } from '../explore/delay.ts'
import type { Plan } from '../explore/plan.ts'
import type { PendingWake } from './pending-wake.ts'

/** Time moved on, from one moment to another. */
export interface Jump {
  readonly from: number
  readonly to: number
}

/**
 * What happened in a run, step by step: the wake-ups in the order in which they took effect, and jumps of
 * time. A trace that is not kept only counts, so that a run leaves nothing for the garbage collector.
 */
export class Trace {
  readonly steps: (PendingWake | Jump)[] = []
  readonly kept: boolean
  /** Those that were so late that the run was over first, such as a branch of a `Promise.all` that has failed. */
  left: readonly PendingWake[] = []
  /** How many steps there were. */
  length = 0
  /** After how many steps the run was given up; what follows is cleanup. */
  failedAt: number = Infinity

  constructor(kept: boolean) {
    this.kept = kept
  }

  add(step: PendingWake | Jump): void {
    this.length += 1
    if (this.kept) this.steps.push(step)
  }

  get wakes(): PendingWake[] {
    return this.steps.filter((step): step is PendingWake => !isJump(step))
  }

  /** How many younger wake-ups and jumps of time overtook this one. */
  overtakers(held: PendingWake): { readonly wakes: number; readonly jumps: number } {
    const overtaking = this.overtaking(held)
    const jumps = overtaking.filter(isJump).length
    return { wakes: overtaking.length - jumps, jumps }
  }

  /** The younger wake-ups and the jumps of time that overtook this one. */
  overtaking(held: PendingWake): (PendingWake | Jump)[] {
    const end = held.passedAt < 0 ? this.steps.length : held.passedAt
    return this.steps.slice(held.heldAt, end).filter((step) => overtakes(step, held))
  }

  /** The delays that make this very run out of FIFO. */
  delays(): Delay[] {
    const delays: Delay[] = []
    for (const held of [...this.wakes, ...this.left]) {
      const { wakes, jumps } = this.overtakers(held)
      if (jumps > 0) delays.push({ seq: held.seq, kind: 'x', amount: wakes + jumps })
      else if (wakes > 0) delays.push({ seq: held.seq, kind: 'd', amount: wakes })
    }
    return delays.sort((a, b) => a.seq - b.seq)
  }

  /** The same plan with nothing later than it was in this run. */
  actual({ delays, faults }: Plan): Plan {
    const found = delays.flatMap((delay) => {
      const held = this.find(delay.seq)
      if (held === undefined) return []
      const { wakes, jumps } = this.overtakers(held)
      const most = delay.kind === 't' ? jumps : delay.kind === 'd' ? wakes : wakes + jumps
      return [{ ...delay, amount: Math.min(delay.amount, most) }]
    })
    return { delays: found, faults }
  }

  find(seq: number): PendingWake | undefined {
    const isIt = (held: PendingWake): boolean => held.seq === seq
    return this.wakes.find(isIt) ?? this.left.find(isIt)
  }
}

/** Whether a step that was taken while `held` waited is younger than that, or moved time on. */
export function overtakes(step: PendingWake | Jump, held: PendingWake): boolean {
  return isJump(step) || step.seq > held.seq
}

export function isJump(step: PendingWake | Jump): step is Jump {
  return 'from' in step
}

/** Where two runs of the same schedule part; undefined when they do not. */
export function divergence(a: Trace, b: Trace): string | undefined {
  const [first, second] = [a.wakes, b.wakes]
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    const [one, other] = [first[i]?.signature ?? 'the end', second[i]?.signature ?? 'the end']
    if (one !== other) return `wake-up ${i + 1} was first ${one}, then ${other}`
  }
  return undefined
}
