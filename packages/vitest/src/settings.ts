import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { MisuseError } from 'corral'
import type { ExploreOptions, TestRunOptions } from 'corral/testing'

/** The seed that CORRAL_SEED asks for: a number, or `random` for another one each time; 1 without it. */
export const seed: number = seedFrom(process.env['CORRAL_SEED'])

function seedFrom(text: string | undefined): number {
  if (text === undefined || text === '') return 1
  if (text === 'random') return Math.floor(Math.random() * 2 ** 31)
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  throw new MisuseError(`CORRAL_SEED must be a whole number, or random, got ${text} (string)`)
}

/** The options of a test in virtual time, completed by the environment. */
export function settingsOf(options: TestRunOptions): TestRunOptions {
  return { seed, ...options }
}

/** The options of an explored test, completed by the environment; failures are drawn into a file. */
export function exploreSettingsOf(name: string, options: ExploreOptions): ExploreOptions {
  const replay = process.env['CORRAL_REPLAY'] || undefined
  const artifacts = process.env['CORRAL_ARTIFACTS'] || undefined
  const asked = {
    ...(replay !== undefined && { replay }),
    ...(artifacts !== undefined && { artifacts }),
  }
  return { seed, html: timelineOf(name), ...asked, ...options }
}

/** Where the timeline of a test goes: CORRAL_TIMELINES, or a folder that nobody keeps. */
function timelineOf(name: string): string {
  const folder = process.env['CORRAL_TIMELINES'] || join('node_modules', '.corral', 'timelines')
  mkdirSync(folder, { recursive: true })
  return join(folder, `${name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '')}.html`)
}
