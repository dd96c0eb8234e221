import { writeFile } from 'node:fs/promises'
import { attach, Redactor, type Sampled } from '@corral/inspect/attach'
import { currentSignal, now, sleep } from 'corral'
import { CpuProfile, profileText } from '../inspect/cpu-profile.ts'
import { fitLines } from '../inspect/fit-lines.ts'
import { profileOptions } from '../inspect/inspect-options.ts'
import { processArgument } from '../inspect/process-arguments.ts'
import { requireTurning } from '../inspect/require-turning.ts'
import { tellSlow } from '../inspect/tell-slow.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { printable } from '../format/printable.ts'
import { print } from '../output/print.ts'

/** Shows where a process spends its time, by task and function. */
export async function profileCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(profileOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const pid = processArgument(positionals)
  const { wait, seconds, output, redact } = values
  const redactor = redact ? new Redactor() : undefined
  const nameOf = (name: string): string => redactor?.name(name) ?? name
  const profile = new CpuProfile()
  {
    using target = await attach(pid, { wait, onSlow: tellSlow })
    await requireTurning(target, wait)
    const end = now() + seconds
    const take = async (): Promise<void> => {
      const sampled = await target.connection?.ask<Sampled>('sample', { stacks: true })
      if (sampled !== undefined) profile.add(sampled, nameOf)
    }
    await take()
    while (now() < end) {
      await sleep(Math.min(1000, Math.max(1, end - now())))
      await take()
    }
  }
  const lines = profileText(profile).map((line) => printableLine(line))
  print(`${fitLines(lines, process.stdout).join('\n')}\n`)
  if (output !== undefined) {
    await writeFile(output, `${profile.folded.join('\n')}\n`, { signal: currentSignal() })
    process.stderr.write(
      `corral: wrote ${output}, which flame graph tools such as speedscope read\n`,
    )
  }
  return 0
}

/** With its indentation. */
function printableLine(line: string): string {
  const [, space = '', text = ''] = /^(\s*\S+ %\s+|)(.*)$/s.exec(line) ?? []
  return space + printable(text)
}

function help(): string {
  return formatHelp(profileOptions, {
    usage: ['corral profile PID [options]'],
    about:
      'Samples a running process a hundred times a second, and shows which tasks and functions\ntake the time of its main thread. Names in brackets are tasks.',
    examples: [
      ['corral profile 4711 --seconds 30', ''],
      ['corral profile 4711 -o out.folded', 'for flame graph tools'],
    ],
  })
}
