import { MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { driverOf } from './driver.ts'
import type { Driver } from './driver.ts'

/** @throws MisuseError outside a test run */
export function currentDriver(api: string): Driver {
  const driver = driverOf(currentScope().runtime)
  if (driver === undefined) {
    throw new MisuseError(`${api}: only a test run knows that; call it inside testRun or explore`)
  }
  return driver
}
