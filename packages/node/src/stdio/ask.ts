import { refuse } from 'corral/lowlevel'
import { stdin } from './stdin.ts'
import { stdout } from './stdout.ts'

/**
 * Asks the user at the terminal, and waits for a line, returned without its end; undefined at the end of input.
 *
 * Cancellation: stops waiting; what was typed so far becomes the start of the next answer.
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
