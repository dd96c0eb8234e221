import { MisuseError } from '../../errors.ts'
import { currentScope } from '../../kernel/current.ts'
import type { Runtime } from '../../kernel/records.ts'
import type { Driver } from './driver.ts'

/** The driver of a runtime made for a test; undefined for any other. */
export function driverOf(runtime: Runtime): Driver | undefined {
  return runtime.scheduler as Driver | undefined // nothing else is one
}

/** @throws MisuseError outside a test run */
export function currentDriver(api: string): Driver {
  const driver = driverOf(currentScope().runtime)
  if (driver === undefined) {
    throw new MisuseError(`${api}: only a test run knows that; call it inside testRun or explore`)
  }
  return driver
}
