import type { GroupRow, Hello, Reading, ResourceRow, TaskRow } from '../agent/reading.ts'

/**
 * Takes the names out of what was read: of tasks, resources and the program. What is left are numbers, kinds, files and
 * functions. One name is one replacement, so that who waits for whom can still be followed.
 */
export class Redactor {
  readonly #names = new Map<string, string>()

  name(name: string): string {
    let replacement = this.#names.get(name)
    if (replacement === undefined) {
      replacement = `name-${this.#names.size + 1}`
      this.#names.set(name, replacement)
    }
    return replacement
  }

  hello(hello: Hello): Hello {
    const { running } = hello
    const path = running.path.map((name) => this.name(name))
    return { ...hello, title: '', running: { ...running, path } }
  }

  reading(reading: Reading): Reading {
    const groups = reading.groups.map((group): GroupRow => {
      return { ...group, stem: this.name(group.stem), name: this.name(group.name) }
    })
    const rows = reading.rows.map((row): TaskRow => ({ ...row, name: this.name(row.name) }))
    const resources = reading.resources.map((row): ResourceRow => {
      return { ...row, name: row.name === undefined ? undefined : this.name(row.name) }
    })
    return { ...reading, groups, rows, resources }
  }
}
