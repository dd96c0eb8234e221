import * as parser from '@typescript-eslint/parser'
import { RuleTester } from 'eslint'
import type { Rule } from 'eslint'
import { describe, it } from 'vitest'
import { plugin } from '../../src/index.ts'

RuleTester.describe = describe
RuleTester.it = it

interface Reported {
  readonly code: string
  /** The ids of the messages, in order. */
  readonly errors: readonly string[]
  /** The code with the fixes in it; none without. */
  readonly output?: string
  /** The code with the only suggestion of each error in it, in order. */
  readonly suggestions?: readonly (string | undefined)[]
  readonly options?: unknown[]
}

/** Runs a rule on code by name: `silent` must say nothing, `reported` what it says. Each is TypeScript in a module. */
export function checkRule(
  name: string,
  silent: Readonly<Record<string, string | { code: string; options: unknown[] }>>,
  reported: Readonly<Record<string, Reported>>,
): void {
  const rule = plugin.rules[name] as unknown as Rule.RuleModule
  const tester = new RuleTester({ languageOptions: { parser } })
  tester.run(name, rule, {
    valid: Object.entries(silent).map(([title, test]) => ({
      name: title,
      ...(typeof test === 'string' ? { code: test } : test),
    })),
    invalid: Object.entries(reported).map(
      ([title, { code, errors, output, suggestions, options }]) => ({
        name: title,
        code,
        output: output ?? null,
        ...(options && { options }),
        errors: errors.map((messageId, i) => {
          const text = suggestions?.[i]
          const suggested =
            text === undefined ? [] : [{ messageId: suggestionOf(name), output: text }]
          return { messageId, ...(text !== undefined && { suggestions: suggested }) }
        }),
      }),
    ),
  })
}

function suggestionOf(rule: string): string {
  return rule === 'no-blocking-call'
    ? 'promised'
    : rule === 'no-unshielded-cleanup'
      ? 'shield'
      : 'await'
}
