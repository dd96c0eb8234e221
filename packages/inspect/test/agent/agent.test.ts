import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import type { Agent, Installed } from '../../src/agent/agent.ts'
import { agentExpression } from '../../src/agent/agent-source.ts'

function agentHere(): Agent {
  return runInThisContext(agentExpression()) as Agent
}

function isThere(): boolean {
  return Symbol.for('corral.inspect') in globalThis
}

test('agent listens where only its user can connect, to one client, and is gone with it', async () => {
  const agent = agentHere()
  onTestFinished(() => agent.remove())
  const { socket = '' } = JSON.parse(agent.install()) as Installed
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700)
  const client = connect(socket)
  client.setEncoding('utf8').write('{"id":1,"ask":"hello"}\n')
  const [text] = (await once(client, 'data')) as [string]
  expect(JSON.parse(text)).toMatchObject({ id: 1, value: { pid: process.pid } })
  expect(existsSync(dirname(socket))).toBe(false)
  expect(agentHere()).toBe(agent)
  client.end()
  while (isThere()) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('agent takes its files away when it is removed', () => {
  const agent = agentHere()
  const { socket = '' } = JSON.parse(agent.install()) as Installed
  agent.remove()
  expect(existsSync(dirname(socket))).toBe(false)
  expect(isThere()).toBe(false)
})

test('agent that stays open serves one client after the other, until it is closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const close = agentHere().stayOpen(folder)
  const [inner = ''] = readdirSync(folder)
  for (let i = 0; i < 2; i++) {
    const client = connect(join(folder, inner, 'agent'))
    client.setEncoding('utf8').write('{"id":1,"ask":"hello"}\n')
    await once(client, 'data')
    client.destroy()
  }
  agentHere().remove()
  expect(readdirSync(folder)).toEqual([inner])
  close()
  expect(readdirSync(folder)).toEqual([])
  while (isThere()) await new Promise((resolve) => setTimeout(resolve, 5))
})
