import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentSignal, shield, sleep } from 'corral'
import { end } from './next-message.ts'

export interface Nginx extends AsyncDisposable {
  readonly port: number
}

/** nginx, which has to be installed, in front of servers on these ports: requests, streams and WebSockets. */
export async function openNginx(ports: readonly number[]): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-nginx-'))
  const port = await freePort()
  const servers = ports.map((one) => `server 127.0.0.1:${one} max_fails=0;`).join(' ')
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream app { ${servers} keepalive 16; }
  map $http_upgrade $wanted { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $wanted;
      proxy_set_header Host $host;
      proxy_read_timeout 60s;
    }
  }
}
`,
  )
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: 'inherit',
  })
  await once(nginx, 'spawn', { signal: currentSignal() })
  await sleep(300)
  return {
    port,
    async [Symbol.asyncDispose]() {
      await shield(async () => {
        nginx.kill('SIGTERM')
        await end(nginx)
        await rm(folder, { recursive: true })
      })
    },
  }
}

export async function freePort(): Promise<number> {
  await using probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening', { signal: currentSignal() })
  return (probe.address() as AddressInfo).port
}
