import { explore, testRun } from 'corral/testing'
import type { ExploreOptions, TestRunOptions } from 'corral/testing'
import { test as vitestTest } from 'vitest'
import type { TestContext } from 'vitest'
import { mainOf } from './main-of.ts'
import { quote, withRerunLine } from './rerun.ts'
import { exploreSettingsOf, settingsOf } from './settings.ts'

/** The body of a test; it may use the context of vitest. */
export type Body = (context: TestContext) => unknown

interface Kind<Options> {
  (name: string, body: Body, options?: Options): void
  /** Only this one. */
  only(name: string, body: Body, options?: Options): void
  /** Not this one. */
  skip(name: string, body: Body, options?: Options): void
}

/**
 * `test` runs its body in virtual time, by `testRun`; `test.explore` runs it under many schedules, by
 * `explore`. A failure ends with the command that runs it again.
 *
 * CORRAL_SEED seeds chance (a number, or `random`), CORRAL_REPLAY replays one schedule, CORRAL_TIMELINES
 * is the folder that timelines of failures are written to.
 *
 * @example
 * test('a minute passes at once', async () => {
 *   await sleep(60_000)
 *   expect(now()).toBe(60_000)
 * })
 * test.explore('no deposit is lost', async () => {
 *   const account = new Account()
 *   await gather([() => account.deposit(1), () => account.deposit(2)])
 *   expect(account.balance).toBe(3)
 * })
 */
export const test: Kind<TestRunOptions> & { readonly explore: Kind<ExploreOptions> } =
  Object.assign(
    kind<TestRunOptions>((body, _name, options) => testRun(body, settingsOf(options))),
    {
      explore: kind<ExploreOptions>((body, name, options) =>
        explore(body, exploreSettingsOf(name, options)),
      ),
    },
  )

type Runner<Options> = (body: () => unknown, name: string, options: Options) => Promise<unknown>

function kind<Options extends object>(run: Runner<Options>): Kind<Options> {
  const with_ =
    (define: (name: string, body: (context: TestContext) => Promise<void>) => void) =>
    (name: string, body: Body, options?: Options): void =>
      define(name, async (context) => {
        try {
          await run(
            mainOf(body, context, options),
            context.task.fullTestName,
            options ?? ({} as Options),
          )
        } catch (error) {
          throw withRerunLine(error, commandFor(context))
        }
      })
  return Object.assign(with_(vitestTest), {
    only: with_(vitestTest.only),
    skip: with_(vitestTest.skip),
  })
}

function commandFor({ task }: TestContext): string {
  const pattern = task.fullTestName.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  return `npx vitest run ${quote(task.file.name)} -t ${quote(pattern)}`
}
