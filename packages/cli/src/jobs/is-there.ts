import { access } from 'node:fs/promises'
import { cancellable } from 'corral'

/** Whether there is a file. */
export function isThere(path: string): Promise<boolean> {
  return cancellable(
    access(path).then(
      () => true,
      () => false,
    ),
  )
}
