import { runInThisContext } from 'node:vm'
import { expect, it } from 'vitest'
import { CallSite } from '../../src/debug/call-site.ts'

type Call = (Site: typeof CallSite, done: (site: CallSite) => void) => void

/** A function of an installed package, and one of a program that calls it. */
const installed = runInThisContext('(Site, done) => done(new Site())', {
  filename: '/app/node_modules/lib/index.js',
}) as Call
const written = runInThisContext('(call, Site, done) => call(Site, done)', {
  filename: '/app/main.js',
}) as (call: Call, ...args: Parameters<Call>) => void

it('CallSite.place is where the program calls an installed package, not inside of it', () => {
  let place: string | undefined
  written(installed, CallSite, (site) => (place = site.place))
  expect(place).toMatch(/^\/app\/main\.js:1:/)
})

it('CallSite.place is inside of the package when no program is around', async () => {
  const site = await new Promise<CallSite>((resolve) => setImmediate(installed, CallSite, resolve))
  expect(site.place).toMatch(/^\/app\/node_modules\/lib\/index\.js:1:/)
})
