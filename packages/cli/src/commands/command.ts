/** A command of the program, loaded when it is needed: a mistyped option need not wait for the crawler. */
export interface Command {
  /** One line of the help. */
  readonly about: string
  load(): Promise<RunCommand>
}

/**
 * Runs a command.
 *
 * @param args what follows the command's name
 * @returns the exit code
 */
export type RunCommand = (args: readonly string[]) => Promise<number> | number
