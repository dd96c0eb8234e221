import { detach } from '@corral/inspect/attach'
import { detachOptions } from '../inspect/inspect-options.ts'
import { processArgument } from '../inspect/process-arguments.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { print } from '../output/print.ts'

/** Closes an inspector that an attach has left open. */
export async function detachCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(detachOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const pid = processArgument(positionals)
  const done = await detach(pid)
  print(
    done === 'closed' ? `the inspector of ${pid} is closed\n` : `${pid} has no inspector open\n`,
  )
  return 0
}

function help(): string {
  return formatHelp(detachOptions, {
    usage: ['corral detach PID'],
    about:
      'Closes the inspector of a process, and takes away what corral has put into it: for one\nthat was in native code when corral ps was given up.',
    examples: [['corral detach 4711', '']],
  })
}
