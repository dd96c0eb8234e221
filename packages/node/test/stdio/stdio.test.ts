import { moveOnAfter, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { exec } from '../../src/index.ts'
import { program } from './program.ts'

describe('stdin', () => {
  it('is read on: leaving a loop keeps the rest, a cancelled read loses nothing, and the program can end', async () => {
    await using child = await program(
      `await run(async () => {
        console.log((await moveOnAfter(50, () => stdin().read())).timedOut)
        for await (const line of stdin().lines()) { console.log(line); if (line === 'two') break }
        console.log(String(await stdin().readUntil('\\n')).trim())
      })
      console.log('end')`,
      { stdin: 'pipe' },
    )
    expect(String(await child.stdout.readUntil('\n'))).toBe('true\n')
    await child.stdin.write('one\ntwo\nthree\nfour\n')
    expect(String(await child.stdout.readUntil('end\n'))).toBe('one\ntwo\nthree\nend\n')
    expect((await child.exited()).code).toBe(0) // though its input is still open
  })

  it('cancelled leaves what comes next to others', async () => {
    await using child = await program(
      `await run(async () => {
        await moveOnAfter(50, () => stdin().read())
        await sleep(50)
        console.log('cat')
        const { spawn } = await import('node:child_process')
        const cat = spawn('head', ['-1'], { stdio: ['inherit', 'inherit', 'inherit'] })
        await new Promise((done) => cat.once('exit', done))
      })`,
      { stdin: 'pipe' },
    )
    await child.stdout.readUntil('cat\n')
    await child.stdin.write('for the other\n')
    expect(String(await child.stdout.readUntil('\n'))).toBe('for the other\n')
  })

  it('ends, also when it is nothing, or a file', async () => {
    const script = `import { stdin } from '@corral/node'
      const chunks = []
      for await (const chunk of stdin()) chunks.push(chunk)
      console.log(Buffer.concat(chunks).length)`
    const node = ['--conditions=@corral/source', '--input-type=module', '-e', script]
    const cwd = new URL('../..', import.meta.url)
    expect((await exec(process.execPath, node, { cwd })).stdout).toBe('0\n')
    expect((await exec(process.execPath, node, { cwd, input: 'x'.repeat(1e6) })).stdout).toBe(
      '1000000\n',
    )
    const { stdout } = await exec(
      'sh',
      ['-c', '"$0" "$@" < package.json', process.execPath, ...node],
      { cwd },
    )
    expect(Number(stdout)).toBeGreaterThan(100)
  })
})

describe('stdout', () => {
  it('is printed to its end however slow the reader is', async () => {
    await using child = await program(`
      await run(async () => {
        console.log(await stdout.write('x'.repeat(3_000_000)))
        await stdout.write('y')
      })`)
    await sleep(300)
    const bytes = await child.stdout.readExactly(3_000_000)
    expect(bytes.every((byte) => byte === 120)).toBe(true)
    expect(String(await child.stdout.readUntil('y'))).toBe('true\ny')
  })

  it('says that nobody reads it any more, and ends no program', async () => {
    await using child = await program(
      `await run(async () => {
        for (let i = 0; ; i++) if (!(await stdout.write('x'.repeat(10_000)))) break
        process.exitCode = 7
      })`,
    )
    await child.stdout.readExactly(10)
    child.stdout.destroy()
    expect((await child.exited()).code).toBe(7)
  })
})

describe('ask', () => {
  it('asks, waits for a line, and says when nobody is there', async () => {
    await using child = await program(
      `await run(async () => {
        console.log(await ask('who? '))
        console.log(await ask('again? '))
        console.log(await ask('and? '))
      })`,
      { stdin: 'pipe' },
    )
    expect(String(await child.stdout.readUntil('? '))).toBe('who? ')
    expect(await moveOnAfter(20, () => child.stdout.read())).toEqual({ timedOut: true })
    await child.stdin.write('me\nand you\n')
    expect(String(await child.stdout.readUntil('and? '))).toBe('me\nagain? and you\nand? ')
    await child.stdin.close()
    expect(String(await child.stdout.readUntil('\n'))).toBe('undefined\n')
  })
})
