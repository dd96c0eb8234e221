import { MisuseError } from '../../errors.ts'
import { describe } from '../../kernel/guard.ts'
import type { Fault } from '../net/fault.ts'
import type { Delay } from './delay.ts'

/** A way to run a program: which wake-ups come late, and what goes wrong. Nothing of both is FIFO. */
export interface Plan {
  readonly delays: readonly Delay[]
  readonly faults: readonly Fault[]
}

export const fifo: Plan = { delays: [], faults: [] }

/** The plan in a few characters, such as `d1@4` or `t1@7+c@9`; `fifo` for one without anything. */
export function printPlan({ delays, faults }: Plan): string {
  const parts = [
    ...delays.map(({ kind, amount, seq }) => `${kind}${amount}@${seq}`),
    ...faults.map(({ kind, seq }) => `${kind}@${seq}`),
  ]
  return parts.length === 0 ? 'fifo' : parts.join('+')
}

/** @throws MisuseError for what `printPlan` cannot have printed */
export function parsePlan(where: string, token: string): Plan {
  const delays: Delay[] = []
  const faults: Fault[] = []
  if (token === 'fifo') return fifo
  const parts = typeof token === 'string' ? token.split('+') : ['']
  for (const part of parts) {
    const found = /^(?:([dtx])(\d+)|([cwovflmrpk]))@(\d+)$/.exec(part)
    if (found === null) {
      throw new MisuseError(
        `${where} must be a token that a report printed, such as d1@4, got ${describe(token)}`,
      )
    }
    const [, delay, amount, fault, seq] = found
    if (delay === undefined) faults.push({ kind: fault as Fault['kind'], seq: Number(seq) })
    else delays.push({ kind: delay as Delay['kind'], amount: Number(amount), seq: Number(seq) })
  }
  return { delays, faults }
}
