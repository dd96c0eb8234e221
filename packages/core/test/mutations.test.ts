import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { channelMutations } from '../../../scripts/mutations-channel.ts'
import { edgeMutations } from '../../../scripts/mutations-edges.ts'
import { mutations } from '../../../scripts/mutations.ts'

describe('the mutations of npm run mutants', () => {
  it.each([...mutations, ...channelMutations, ...edgeMutations])(
    '$file: $what: its place is there once',
    ({ file, from }) => {
      const source = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
      expect(source.split(from)).toHaveLength(2)
    },
  )
})
