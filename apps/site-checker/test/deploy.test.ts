import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { temporaryFolder } from './temporary-folder.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const deploy = `${root}apps/site-checker/deploy/`
const read = (name: string): string => readFileSync(deploy + name, 'utf8')
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly stop_grace_period?: string
  readonly volumes: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

describe('the files for deploying', () => {
  it.runIf(hasSystemd)('have a unit in which systemd finds nothing wrong', () => {
    const unit = join(temporaryFolder(), 'site-checker.service')
    writeFileSync(
      unit,
      read('site-checker.service').replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`),
    )
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('have services that are built from what is there, stop later than the program does, and know each other', () => {
    const compose = parse(read('compose.yaml'), { merge: true, strict: true }) as {
      readonly services: Readonly<Record<string, Service>>
      readonly volumes: Readonly<Record<string, unknown>>
    }
    expect(Object.keys(compose.services)).toEqual(['db', 'api', 'worker'])
    for (const { image, build, command, environment, volumes, ...service } of Object.values(
      compose.services,
    )) {
      const named = volumes.map((volume) => volume.split(':')[0] ?? '')
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named))
      if (image !== undefined) continue
      expect(existsSync(join(deploy, build?.context ?? '', build?.dockerfile ?? ''))).toBe(true)
      expect(['api', 'worker']).toContain(command?.[0])
      const database = environment['DATABASE_URL']?.replaceAll(/\$\{.*?\}/g, 'x') ?? ''
      expect(new URL(database).hostname).toBe('db')
      expect(parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(30)
      const waitsFor = Object.keys(service.depends_on ?? {})
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(waitsFor))
    }
  })

  it('have an image in which a linter finds nothing wrong, that is not root, and starts what is there', () => {
    const text = read('Dockerfile')
    expect(validate(text)).toEqual([])
    const lines = text.replaceAll('\\\n', ' ').split('\n')
    const of = (instruction: string): string =>
      lines.findLast((line) => line.startsWith(`${instruction} `))?.slice(instruction.length + 1) ??
      ''
    expect(of('USER')).toBe('node')
    const [, , main = ''] = JSON.parse(of('ENTRYPOINT')) as string[]
    expect(existsSync(root + main)).toBe(true)
    const [, command = ''] = /CMD (\[.*\])$/.exec(of('HEALTHCHECK')) ?? []
    expect((JSON.parse(command) as string[])[0]).toBe('node')
  })
})
