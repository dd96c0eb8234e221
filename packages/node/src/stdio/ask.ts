import { refuse } from 'corral/lowlevel'
import { stdin } from './stdin.ts'
import { stdout } from './stdout.ts'

/**
 * Asks whoever sits at the terminal, and waits for a line: what they say, without its end; undefined when they have gone.
 *
 * Cancellation: stops waiting; what was typed until then is the beginning of the next answer.
 *
 * @example
 * if ((await ask('Remove all of it? ')) !== 'yes') return
 * @see input()
 */
export async function ask(question: string): Promise<string | undefined> {
  if (typeof question !== 'string') refuse('ask: question', 'a string', question)
  await stdout.write(question)
  for await (const line of stdin().lines()) return line
  return undefined
}
