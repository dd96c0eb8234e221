/** A request to a launcher: one line of JSON. */
export interface Request {
  readonly id: number
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly stdio: readonly ('pipe' | 'ignore' | 'inherit')[]
}

/** Its answers: that the process runs, or does not, and how it ended. */
export type Reply =
  | { readonly id: number; readonly pid: number }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }
  | {
      readonly id: number
      readonly code: number | null
      readonly signal: NodeJS.Signals | null
    }
