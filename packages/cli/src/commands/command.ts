/** A command of the program. */
export interface Command {
  /** One line of the help. */
  readonly about: string
  /**
   * @param args what follows the command's name
   * @returns the exit code
   */
  run(args: readonly string[]): Promise<number> | number
}
