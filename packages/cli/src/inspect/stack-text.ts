import { printable } from '../format/printable.ts'

/** How many functions of a stack are told in a line. */
const most = 3

/**
 * The user's functions of a stack, innermost first, in one line: `loadOrder orders.ts:31 ← handle server.ts:12`.
 *
 * @param lines as the engine writes them
 */
export function stackText(lines: readonly string[], limit: number = most): string {
  return framesOf(lines).slice(0, limit).map(printable).join(' ← ')
}

/** The functions of a stack that are neither of the runtime, of corral, nor of what looks on. */
export function framesOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, name = '', place = ''] = /^at (?:async )?(?:(.*?) \()?([^()]*)\)?$/.exec(line) ?? []
    if (place === '' || foreign.test(place)) return []
    const file = place.replace(/^.*[/\\]/, '').replace(/:\d+$/, '')
    // A method of ours that calls the function says nothing: `TaskNode.handle [as work]`, `g.spawn.name`.
    const own = name.replace(/^(TaskNode|Object|process)\./, '').replace(/ \[as \w+\]$/, '')
    return [own === '' || /^(work|run\.name|\S+\.spawn\.name)$/.test(own) ? file : `${own} ${file}`]
  })
}

const foreign =
  /^(node:|internal\/|ext:|corral-agent|<anonymous>)|[/\\]node_modules[/\\](@corral[/\\]|corral[/\\])|[/\\]packages[/\\]core[/\\]src[/\\]/
