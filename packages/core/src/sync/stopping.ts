import { MisuseError } from '../errors.ts'
import { currentProgram } from '../lowlevel.ts'
import type { Program } from '../lowlevel.ts'
import { Event } from './event.ts'

/**
 * Set when the program is asked to stop: by the first SIGINT or SIGTERM, or by hand with
 * `stopping().set()`. With `run(main, { grace })` there is time to drain then; without it the program is
 * cancelled at once. Once set it stays set. Outside any `run` it is an event that nobody sets.
 *
 * Cost: one event for each program, made when first asked for.
 *
 * @example
 * while (!stopping().isSet) await handle(await queue.get())
 * @see asyncio.Runner, Go's signal.NotifyContext
 */
export function stopping(): Event {
  const program = currentProgram()
  if (program === undefined) return (outside ??= new Event())
  program.event ??= new StopRequest(program)
  return program.event as Event
}

let outside: Event | undefined

class StopRequest extends Event {
  readonly #program: Program

  constructor(program: Program) {
    super()
    this.#program = program
    if (program.stopRequested) super.set()
  }

  override set(): void {
    if (this.isSet) return
    super.set()
    this.#program.requestStop('stopping() was set')
  }

  override clear(): void {
    throw new MisuseError(
      'stopping().clear: a program that was asked to stop stays so; make an Event of your own',
    )
  }
}
