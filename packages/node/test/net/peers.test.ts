import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect, exec, openListener, openProcess, pipe, tempDir } from '../../src/index.ts'
import type { Connection } from '../../src/index.ts'
import { cert, key } from './certificate.ts'
import { real } from './sockets.ts'

async function shout(connection: Connection): Promise<void> {
  for await (const line of connection.lines()) await connection.write(`${line.toUpperCase()}\n`)
}

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const input = 'one\ntwo\n'

describe('programs of others', () => {
  it.skipIf(!has('nc'))(
    'nc: half-close, and the answer after it',
    real(async () => {
      await using listener = await openListener(shout, { host: '127.0.0.1' })
      const { port } = listener.address
      const { stdout } = await exec('nc', ['-N', '127.0.0.1', String(port)], { input })
      expect(stdout).toBe('ONE\nTWO\n')
    }),
  )

  it.skipIf(!has('socat'))(
    'socat: a Unix socket, as client and as server',
    real(async () => {
      await using folder = await tempDir()
      const path = join(folder.path, 'ours')
      await using _listener = await openListener(shout, { path })
      const { stdout } = await exec('socat', ['-t10', '-', `UNIX-CONNECT:${path}`], { input })
      expect(stdout).toBe('ONE\nTWO\n')
      const theirs = join(folder.path, 'theirs')
      await using _server = await openProcess('socat', [`UNIX-LISTEN:${theirs}`, 'EXEC:cat'])
      let connection: Connection | undefined
      while (connection === undefined) {
        connection = await connect({ path: theirs }).catch(() => undefined)
      }
      await using open = connection
      await open.write('hello\n')
      expect(String(await open.readUntil('\n'))).toBe('hello\n')
    }),
  )

  it.skipIf(!has('openssl'))(
    'openssl s_client: TLS',
    real(async () => {
      await using listener = await openListener(shout, { host: '127.0.0.1', tls: { key, cert } })
      const to = `127.0.0.1:${listener.address.port}`
      await using client = await openProcess('openssl', ['s_client', '-quiet', '-connect', to], {
        stdin: 'pipe',
        stderr: 'ignore',
      })
      await client.stdin.write('hello\n')
      expect(String(await client.stdout.readUntil('\n'))).toBe('HELLO\n')
    }),
  )

  it.skipIf(!has('curl'))(
    'curl: HTTP over a Unix socket',
    real(async () => {
      await using folder = await tempDir()
      const path = join(folder.path, 'http')
      await using _listener = await openListener(
        async (connection) => {
          const head = String(await connection.readUntil('\r\n\r\n'))
          const body = head.split(' ')[1] ?? ''
          await connection.write(
            `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
          )
        },
        { path },
      )
      const args = ['-sS', '--unix-socket', path, 'http://localhost/over/there']
      expect((await exec('curl', args)).stdout).toBe('/over/there')
    }),
  )

  it.skipIf(!has('python3'))(
    "Python's asyncio streams: as server and as client",
    real(async () => {
      const script = `
import asyncio
async def main():
    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())`
      await using server = await openProcess('python3', ['-c', script], { stderr: 'inherit' })
      const port = Number(await server.stdout.readUntil('\n'))
      await using connection = await connect({ host: '127.0.0.1', port })
      await connection.write(input)
      await connection.closeWrite()
      expect(String(await connection.readExactly(8))).toBe('ONE\nTWO\n')
      expect(await connection.read()).toBeUndefined()
    }),
  )

  it.skipIf(!has('git'))(
    'git: a log, and its first line by a pipe',
    real(async () => {
      await using folder = await tempDir()
      const options = { cwd: folder.path }
      await exec('git', ['init', '-q'], options)
      const who = ['-c', 'user.name=x', '-c', 'user.email=x@y']
      for (const message of ['first', 'second']) {
        await exec('git', [...who, 'commit', '-q', '--allow-empty', '-m', message], options)
      }
      const { stdout } = await pipe(
        [
          ['git', 'log', '--format=%s'],
          ['head', '-1'],
        ],
        options,
      )
      expect(stdout).toBe('second\n')
    }),
  )
})
