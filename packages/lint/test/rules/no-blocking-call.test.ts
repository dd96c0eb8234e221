import { checkRule } from './check-rule.ts'

const fs = `import { readFileSync, existsSync } from 'node:fs'`

checkRule(
  'no-blocking-call',
  {
    'a function that is not async': `${fs}; export function f() { return readFileSync('a') }`,
    'the top of a module': `${fs}; const text = readFileSync('a'); await g(text)`,
    'a function inside that is called when nobody waits': `${fs}
      export async function f() { return { read() { return readFileSync('a') } } }`,
    'a function of the same name': `export async function f() { mySync(); readFileSync('a') }`,
    'what is allowed': {
      code: `${fs}; export async function f() { return existsSync('a') }`,
      options: [{ allow: ['existsSync'] }],
    },
    'a test': `${fs}; test('it', async () => { readFileSync('a') })`,
    'loops that end, wait or are short': `export async function* f(n) {
      for (;;) { if (n()) break }
      while (true) { await n() }
      for (let i = 0; i < 1e7; i++) { yield i }
      for (let i = 0; i < 100; i++) for (let j = 0; j < 100; j++) n(i, j)
      for (let i = 0; i < n; i++) n(i)
      // long loop
      for await (const x of n) x()
    }`,
    'loops that wait between their rounds, or start late, or take long steps': `export async function f(n) {
      for (let i = 0; i < 1000; i++) { await n(); for (let j = 0; j < 1000; j++) n(i, j) }
      for (let h = 0; h < 1000; h++) {
        await n()
        for (let i = 0; i < 100; i++) for (let j = 0; j < 1000; j++) n(i, j)
      }
      for (let at = 0; at < 1_048_576; at += 65_536) n(at)
      for (let i = 999_999; i <= 1_000_000; i++) n(i)
      for (let i = n(); i < 1_000_000; i++) n(i)
      for (let i = 1; i < 1_000_000; i *= 2) n(i)
    }`,
    'a long loop in a function that is not async': `export function f() { for (;;) {} }`,
  },
  {
    'what node:fs/promises has, too': {
      code: `${fs}; export async function f() { return readFileSync('a') }`,
      errors: ['call'],
      suggestions: [
        `import { readFile } from 'node:fs/promises'
${fs}; export async function f() { return await readFile('a') }`,
      ],
    },
    'in brackets where a part of it is taken': {
      code: `import fs from 'fs'
import { stat } from 'node:fs/promises'
export async function f() { return fs.readFileSync('a').length + stat }`,
      errors: ['call'],
      suggestions: [
        `import fs from 'fs'
import { stat, readFile } from 'node:fs/promises'
export async function f() { return (await readFile('a')).length + stat }`,
      ],
    },
    'what it has not': {
      code: `import { execSync } from 'child_process'
        import * as zlib from 'node:zlib'
        export async function f() { execSync('a'); zlib.gzipSync('a'); Atomics.wait(a, 0, 0) }`,
      errors: ['call', 'call', 'call'],
    },
    'functions that are called at once, and bodies of tasks': {
      code: `${fs}
        import { spawn } from 'corral'
        export async function f(all) { all.map((path) => existsSync(path)) }
        export function g() { spawn(() => existsSync('a')) }`,
      errors: ['call', 'call'],
    },
    'long loops': {
      code: `export async function f() {
        for (;;) {}
        while (true) { g(() => { return }) }
        do {} while (1)
        for (let i = 0; i < 1_000_000; i++) g(i)
        for (let i = 0; i < 1000; i++) { for (let j = 0; j <= 1000; j++) g(i, j) }
        for (let i = -1_000_000, j = 0; i < 1_000_000; j++, i += 2) g(i, j)
        // A long loop.
        for (const x of g) x()
        /* long loop */ for (const x in g) g(x)
      }`,
      errors: Array<string>(8).fill('loop'),
    },
    'as long as one likes': {
      code: `export async function f() { for (let i = 0; i < 10; i++) g(i) }`,
      errors: ['loop'],
      options: [{ rounds: 10 }],
    },
  },
)
