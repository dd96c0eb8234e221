/// <reference types="node" preserve="true" />

import { test as nodeTest } from 'node:test'
import type { TestContext } from 'node:test'
import { explore, testRun } from 'corral/testing'
import type { ExploreOptions, TestRunOptions } from 'corral/testing'
import { mainOf } from './main-of.ts'
import { quote, withRerunLine } from './rerun.ts'
import { exploreSettingsOf, settingsOf } from './settings.ts'

/** The body of a test; it may use the context of `node:test`. */
export type Body = (context: TestContext) => unknown

interface Kind<Options> {
  (name: string, body: Body, options?: Options): Promise<void>
  /** Only this one, when node runs with `--test-only`. */
  only(name: string, body: Body, options?: Options): Promise<void>
  /** Not this one. */
  skip(name: string, body: Body, options?: Options): Promise<void>
  /** One test for each case; `%s` in the name is the case. */
  each<T>(
    cases: readonly T[],
  ): (
    name: string,
    body: (value: T, context: TestContext) => unknown,
    options?: Options,
  ) => Promise<void>
}

/**
 * The same as `test` of `@corral/vitest`, for the test runner of Node: `test` runs its body in virtual
 * time, `test.explore` under many schedules. A failure ends with the command that runs it again.
 *
 * @example
 * test('a minute passes at once', async () => {
 *   await sleep(60_000)
 *   assert.equal(now(), 60_000)
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
    (define: (name: string, body: (context: TestContext) => Promise<void>) => Promise<void>) =>
    (name: string, body: Body, options?: Options): Promise<void> =>
      define(name, async (context) => {
        try {
          await run(mainOf(body, context, options), context.fullName, options ?? ({} as Options))
        } catch (error) {
          throw withRerunLine(error, commandFor(context))
        }
      })
  const define = with_(nodeTest)
  const each =
    <T>(cases: readonly T[]) =>
    async (
      name: string,
      body: (value: T, context: TestContext) => unknown,
      options?: Options,
    ): Promise<void> => {
      const titled = (value: T): string => name.replaceAll('%s', () => String(value))
      const tests = cases.map((value) =>
        define(titled(value), (context) => body(value, context), options),
      )
      await Promise.all(tests)
    }
  return Object.assign(define, { only: with_(nodeTest.only), skip: with_(nodeTest.skip), each })
}

function commandFor({ filePath, name }: TestContext): string {
  const pattern = name.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  const file = quote(filePath ?? '')
  if ('Bun' in globalThis) return `bun test ${file} -t ${quote(pattern)}`
  return `node --test-name-pattern=${quote(pattern)} --test ${file}`.trimEnd()
}
