import { readPage, openPageServer } from '@corral/web'
import { attach } from '@corral/inspect/attach'
import { sleep, taskGroup } from 'corral'
import { InspectDashboard } from '../inspect/inspect-dashboard.ts'
import { dashboardOptions } from '../inspect/inspect-options.ts'
import { processArgument } from '../inspect/process-arguments.ts'
import { requireTurning } from '../inspect/require-turning.ts'
import { tellSlow } from '../inspect/tell-slow.ts'
import { formatHelp } from '../options/format-help.ts'
import { parseOptions } from '../options/parse-options.ts'
import { print } from '../output/print.ts'

/** The port that a page left open finds the next program on. */
const usualPort = 7118
/** Milliseconds between two looks, when these cost next to nothing. */
const every = 1000

/** Shows a running process in a browser. The page is served here: the process itself serves nothing. */
export async function dashboardCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(dashboardOptions, args)
  if (values.help) {
    print(help())
    return 0
  }
  const pid = processArgument(positionals)
  const { wait, redact, port } = values
  using target = await attach(pid, { wait, onSlow: tellSlow })
  await requireTurning(target, wait)
  const dashboard = new InspectDashboard(target, redact)
  await dashboard.look()
  await using server = await openPageServer({
    name: 'dashboard',
    page: readPage(new URL('../../assets/inspect.html', import.meta.url)),
    state: () => dashboard.state,
    calls: {
      tree: (input) => dashboard.children(input),
      stack: (input) => dashboard.stack(input),
      timeline: (input) => dashboard.timeline(input),
    },
    port,
    usualPort,
    interval: every,
    token: true,
  })
  print(`${server.url}\n`)
  await taskGroup(async (group) => {
    group.spawn(() => server.run(), { name: 'page' })
    for (;;) {
      await sleep(server.watching > 0 ? dashboard.pause(every) : every)
      if (server.watching > 0) await dashboard.look()
    }
  })
  return 0
}

function help(): string {
  return formatHelp(dashboardOptions, {
    usage: ['corral dashboard PID [options]'],
    about:
      'Shows a running process in a browser: who waits for what, resources, the loop, where the\ntime goes, the tree of tasks, a timeline, and what may leak. The page is served on loopback,\nby this command; its address has a token.',
    examples: [['corral dashboard 4711', 'until Ctrl-C, or until the process ends']],
  })
}
