import { attach } from '@corral/inspect/attach'
import { sleep } from 'corral'
import { LiveBlock } from '../display/live-block.ts'
import { fitLines } from '../inspect/fit-lines.ts'
import { topOptions } from '../inspect/inspect-options.ts'
import { LiveView } from '../inspect/live-view.ts'
import { processArgument } from '../inspect/process-arguments.ts'
import { requireTurning } from '../inspect/require-turning.ts'
import { tellSlow } from '../inspect/tell-slow.ts'
import { topText } from '../inspect/top-text.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { print } from '../output/print.ts'

/** Shows again and again which tasks compute, and what the others wait for. */
export async function topCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(topOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const pid = processArgument(positionals)
  const { wait, every, times = Infinity, json, redact } = values
  using target = await attach(pid, { wait, onSlow: tellSlow })
  await requireTurning(target, wait)
  const view = new LiveView(target, false, redact)
  await view.look() // from here on it is counted
  const terminal = !json && process.stdout.isTTY
  const block = new LiveBlock(process.stdout)
  try {
    for (let n = 0; n < times; n++) {
      await sleep(view.pause(every))
      const look = await view.look()
      if (json) {
        const { pulse, cost, stems, knots, reading } = look
        const { tasks, at, resources } = reading
        print(
          `${JSON.stringify({ version: 1, pid, at, tasks, cost, pulse, stems, resources, knots })}\n`,
        )
      } else if (terminal) {
        const lines = fitLines(topText(pid, look), process.stdout)
        block.draw(lines.slice(0, Math.max(2, block.height - 2)))
      } else {
        print(`${topText(pid, look).join('\n')}\n\n`)
      }
    }
  } finally {
    if (terminal) block.clear()
  }
  return 0
}

function help(): string {
  return formatHelp(topOptions, {
    usage: ['corral top PID [options]'],
    about:
      'Shows which tasks of a running process compute, how many are spawned, what the others\nwait for, how long the line is, and who holds it. CPU is of the main thread, by samples.',
    examples: [
      ['corral top 4711', 'until Ctrl-C'],
      ['corral top 4711 --times 1', 'one second, for a report'],
    ],
  })
}
