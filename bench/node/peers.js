// The packages that we are measured beside: they stand in bench/package.json. Plain JavaScript, so that nobody needs their types.

export async function execa(file, args, env, signal) {
  const module = await import('execa')
  return module.execa(file, args, { env, cancelSignal: signal, forceKillAfterDelay: 300 })
}

export async function tinyexec(file, args, env, signal) {
  const { x } = await import('tinyexec')
  return x(file, args, { signal, nodeOptions: { env } })
}

export async function nanoSpawn(file, args, env, signal) {
  const { default: spawn } = await import('nano-spawn')
  return spawn(file, args, { env, signal })
}

export async function zx(file, args, env, signal) {
  const { $ } = await import('zx')
  return $({ env, signal, quiet: true, killSignal: 'SIGTERM' })`${[file, ...args]}`
}

export async function execaLines(path) {
  const module = await import('execa')
  for await (const _line of module.execa('cat', [path], { buffer: false }));
}

export async function split2Lines(source) {
  const { default: split } = await import('split2')
  for await (const _line of source.pipe(split()));
}

export async function fdir(root) {
  const module = await import('fdir')
  await new module.fdir().withFullPaths().crawl(root).withPromise()
}

export async function chokidar(root, count, write) {
  const { watch } = await import('chokidar')
  const watcher = watch(root)
  await new Promise((done) => {
    let seen = 0
    watcher.on('ready', write)
    watcher.on('add', () => {
      seen += 1
      if (seen === count) done()
    })
  })
  await watcher.close()
}
