#!/usr/bin/env node
// On a Node that is too old the rest may not even load, so the version comes first, and nothing is imported before.
const { node } = process.versions
if (Number.parseInt(node, 10) >= 24) {
  await import('./run-process.ts')
} else {
  process.stderr.write(`corral: Node must be 24 or later, got ${node}\n`)
  process.exitCode = 1
}
