import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { cert, key } from '../../../http/test/connect/certificate.ts'
import { runCommand, temporaryDirectory } from '../command.ts'

test('corral crawl takes a certificate that nobody signed with --insecure, and only then', async () => {
  const server = createServer({ cert, key }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>hi</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const args = ['crawl', url, '--json', '--ignore-robots']
  const refused = await runCommand(args, temporaryDirectory())
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.stderr).toMatch(/nothing could be fetched: .*certificate/)
  const taken = await runCommand([...args, '--insecure'], temporaryDirectory())
  expect(taken).toMatchObject({ code: 0, stderr: '' })
  expect(taken.stdout).toContain('"statuses":{"200":1}')
})
