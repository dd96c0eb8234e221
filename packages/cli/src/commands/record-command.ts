import { writeFile } from 'node:fs/promises'
import { attach, recordEvents, recordingFile } from '@corral/inspect/attach'
import { currentSignal } from 'corral'
import { formatBytes } from '../format/format-bytes.ts'
import { formatCount } from '../format/format-count.ts'
import { recordOptions } from '../inspect/inspect-options.ts'
import { processArgument } from '../inspect/process-arguments.ts'
import { requireTurning } from '../inspect/require-turning.ts'
import { tellSlow } from '../inspect/tell-slow.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { print } from '../output/print.ts'

/** Records what the tasks of a process do, for Perfetto. */
export async function recordCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(recordOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const pid = processArgument(positionals)
  const { wait, seconds, format } = values
  const output = values.output ?? `corral-${pid}.${format === 'perfetto' ? 'pftrace' : 'json'}`
  using target = await attach(pid, { wait, onSlow: tellSlow })
  await requireTurning(target, wait)
  const recording = await recordEvents(target, seconds)
  const file = recordingFile(recording, { pid, name: target.hello.script }, format)
  await writeFile(output, file, { signal: currentSignal() })
  const { events, lost, trace } = recording
  print(
    `${output}: ${formatCount(events)} events of ${formatCount(trace.tracks.length)} tasks, ${formatBytes(file.length)}${lost > 0 ? `; ${formatCount(lost)} events were lost` : ''}\n`,
  )
  return 0
}

function help(): string {
  return formatHelp(recordOptions, {
    usage: ['corral record PID [options]'],
    about:
      'Records for some seconds which tasks of a running process start and end, and what they\nwait for. The file opens in ui.perfetto.dev: a track for each task, named after it.',
    examples: [
      ['corral record 4711', 'five seconds'],
      ['corral record 4711 --seconds 30s -o slow.pftrace', ''],
    ],
  })
}
