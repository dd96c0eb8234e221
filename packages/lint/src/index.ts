import { noAsyncListener } from './rules/no-async-listener.ts'
import { noBlockingCall } from './rules/no-blocking-call.ts'
import { noForgottenAwait } from './rules/no-forgotten-await.ts'
import { noPromiseCombinator } from './rules/no-promise-combinator.ts'
import { noScopeAcrossYield } from './rules/no-scope-across-yield.ts'
import { noSwallowedCancellation } from './rules/no-swallowed-cancellation.ts'
import { noUnshieldedCleanup } from './rules/no-unshielded-cleanup.ts'
import { passSignal } from './rules/pass-signal.ts'
import { preferSleep } from './rules/prefer-sleep.ts'

/** A rule, for whichever linter runs it. */
export interface LintRule {
  readonly meta?: object
  create(context: never): Record<string, ((node: never) => void) | undefined>
}

/** The plugin as oxlint and ESLint take it. */
export interface LintPlugin {
  readonly meta: { readonly name: string }
  readonly rules: Record<string, LintRule>
  readonly configs: { readonly recommended: LintConfig }
}

/** An entry of ESLint's flat configuration. */
export interface LintConfig {
  readonly name: string
  readonly plugins: Record<string, { readonly rules: Record<string, LintRule> }>
  readonly rules: Record<string, 'error'>
}

const rules: Record<string, LintRule> = {
  'no-async-listener': noAsyncListener,
  'no-blocking-call': noBlockingCall,
  'no-forgotten-await': noForgottenAwait,
  'no-promise-combinator': noPromiseCombinator,
  'no-scope-across-yield': noScopeAcrossYield,
  'no-swallowed-cancellation': noSwallowedCancellation,
  'no-unshielded-cleanup': noUnshieldedCleanup,
  'pass-signal': passSignal,
  'prefer-sleep': preferSleep,
}

/**
 * Rules against the pitfalls of asynchronous code with corral. They need no types: they look at what a file imports, makes
 * and hands on, and say nothing about what they cannot know.
 *
 * In ESLint: `export default [corral.configs.recommended]`. In oxlint: `"extends": ["./node_modules/@corral/lint/recommended.json"]`.
 */
export const plugin: LintPlugin = {
  meta: { name: 'corral' },
  rules,
  configs: {
    recommended: {
      name: 'corral/recommended',
      plugins: { corral: { rules } },
      rules: Object.fromEntries(Object.keys(rules).map((name) => [`corral/${name}`, 'error'])),
    },
  },
}

// Both linters load the default export of a plugin.
export default plugin
