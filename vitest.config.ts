import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Packages resolve to each other's sources (no build), then as Node does it: not by `module`, which is for bundlers. */
const conditions = ['@corral/source', 'node', 'development|production']
const core = 'packages/core/test/**/*.test.ts'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Nothing waits that long: it is for machines that do a lot besides.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: availableParallelism(), // left out, one core is left idle
    execArgv: ['--expose-gc'], // tests that count what is left over collect first
    projects: [
      // Its files leave nothing behind, so that they need no process each: half a minute.
      { extends: true, test: { name: 'core', include: [core], isolate: false } },
      {
        extends: true,
        test: {
          name: 'packages',
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'docs/test/**/*.test.ts',
            'examples/**/*.test.ts',
          ],
          exclude: [core, '**/node_modules/**'],
        },
      },
    ],
  },
})
