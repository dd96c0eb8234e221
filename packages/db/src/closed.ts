import { ClosedError } from 'corral'

export function closed(): ClosedError {
  return new ClosedError('Database: it is closed; open it again')
}
