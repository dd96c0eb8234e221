import { MisuseError } from '../errors.ts'
import { describe } from '../lowlevel.ts'

/** `where` reads `Api: argument`. */
export function refuse(where: string, rule: string, value: unknown): never {
  throw new MisuseError(`${where} must be ${rule}, got ${describe(value)}`)
}
