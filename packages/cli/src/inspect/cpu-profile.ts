import type { Sampled } from '@corral/inspect/attach'

/** Samples by task and function, one below the other. */
export interface FlameNode {
  readonly name: string
  count: number
  readonly below: Map<string, FlameNode>
}

/** What was sampled of a process, summed up. */
export class CpuProfile {
  readonly root: FlameNode = { name: 'all', count: 0, below: new Map() }
  readonly #folded = new Map<string, number>()
  samples = 0
  idle = 0
  refused: string | undefined

  /** @param nameOf how the name of a task is told */
  add({ samples, idle, stacks, refused }: Sampled, nameOf: (name: string) => string): void {
    this.samples += samples
    this.idle += idle
    this.refused ??= refused
    for (const [path, count] of stacks) {
      const names = path.split(';').map((name) => {
        return name.startsWith('[') ? `[${nameOf(name.slice(1, -1))}]` : name
      })
      const told = names.join(';')
      this.#folded.set(told, (this.#folded.get(told) ?? 0) + count)
      this.root.count += count
      let node = this.root
      for (const name of names) {
        let below = node.below.get(name)
        if (below === undefined) {
          below = { name, count: 0, below: new Map() }
          node.below.set(name, below)
        }
        below.count += count
        node = below
      }
    }
  }

  /** Lines that flame graph tools read: `a;b;c 12`. */
  get folded(): string[] {
    return [...this.#folded]
      .toSorted(([, a], [, b]) => b - a)
      .map(([path, count]) => `${path} ${count}`)
  }
}

/** The hottest ways through a profile as lines, with their part of the time. */
export function profileText(profile: CpuProfile): string[] {
  const { samples, idle, root, refused } = profile
  if (refused !== undefined) return [`no samples: ${refused}`]
  const part = (count: number): string => `${((100 * count) / Math.max(1, samples)).toFixed(1)} %`
  const lines = [`${samples} samples, ${part(idle)} at rest`]
  const least = Math.max(1, samples * 0.01)
  const rest: [FlameNode, number][] = below(root).map((node) => [node, 0])
  for (let next = rest.shift(); next !== undefined && lines.length < 100; next = rest.shift()) {
    const [node, depth] = next
    if (node.count < least) continue
    lines.push(`${part(node.count).padStart(7)}  ${'  '.repeat(Math.min(depth, 30))}${node.name}`)
    rest.unshift(...below(node).map((each): [FlameNode, number] => [each, depth + 1]))
  }
  return lines
}

function below(node: FlameNode): FlameNode[] {
  return [...node.below.values()].toSorted((a, b) => b.count - a.count)
}
