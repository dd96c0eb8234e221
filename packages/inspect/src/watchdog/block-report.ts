import { printable } from '../printable.ts'
import { shortStack } from '../short-stack.ts'

/** The event loop did not turn for a while: who kept it, and how. */
export interface BlockReport {
  /** The task that ran; undefined where it was code outside of any task, or could not be asked any more. */
  readonly task: { readonly id: number; readonly name: string } | undefined
  /** The names of the tasks around it, outermost first, and its own. */
  readonly path: readonly string[]
  /** The lines of the stack, innermost first, awaits included; empty where nothing was on it any more. */
  readonly stack: string
  /** It used the processor, or it waited in the operating system: a synchronous read, a child process, `Atomics.wait`. */
  readonly why: 'computing' | 'sleeping'
  /** For how long, in milliseconds. */
  readonly ms: number
  /** How much of it the thread spent on a processor. */
  readonly cpu: number
  /** When it began, in milliseconds since the epoch. */
  readonly since: number
  /** How many others there were since the last report, which `perHour` kept back. */
  readonly missed: number
}

/** A report as text, as it is printed unless somebody takes it. */
export function describeBlock(block: BlockReport, over: boolean = true): string {
  const who = block.path.length === 0 ? 'no task' : block.path.map(printable).join(' > ')
  const verb = over
    ? { computing: 'computed', sleeping: 'slept' }
    : { computing: 'has been computing', sleeping: 'has been sleeping' }
  const lines = [
    `corral: blocked: ${who} ${verb[block.why]} for ${Math.round(block.ms)} ms (cpu ${Math.round(block.cpu)})`,
  ]
  if (block.stack !== '') lines.push(`    at ${shortStack(block.stack)}`)
  if (block.missed > 0) lines.push(`    and ${block.missed} more since the last report`)
  return lines.join('\n')
}
