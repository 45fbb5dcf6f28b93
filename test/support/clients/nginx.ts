import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../broker.ts'
import { LOG } from './foreign.ts'

export const NGINX = '/usr/sbin/nginx'
export const OPENSSL = '/usr/bin/openssl'

export type NginxOptions = {
  /** Of the broker. */
  readonly upstream: number
  readonly tlsPort: number
  /** Where it says by plain http that it is there. */
  readonly port: number
}

const KEYS = { ecdsa: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], rsa: ['rsa:2048'] } as const

/** A certificate that it signed itself, by openssl. */
const certificate = (folder: string, kind: keyof typeof KEYS): readonly [certificate: string, key: string] => {
  const [certificateFile, keyFile] = [join(folder, `${kind}.pem`), join(folder, `${kind}.key`)]
  const files = ['-keyout', keyFile, '-out', certificateFile]
  const made = spawnSync(OPENSSL, ['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=id.example', '-newkey', ...KEYS[kind], ...files])
  if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`)
  return [certificateFile, keyFile]
}

/** The configuration that the README gives, as it stands there, with ports, certificates and folders of the test. */
export const nginxIn = (folder: string, { upstream, tlsPort, port }: NginxOptions): readonly string[] => {
  const [, given = ''] = /```nginx\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  const lines = (['ecdsa', 'rsa'] as const).flatMap((kind) => {
    const [certificateFile, keyFile] = certificate(folder, kind)
    return [`ssl_certificate ${certificateFile};`, `ssl_certificate_key ${keyFile};`]
  })
  const site = given
    .replace('127.0.0.1:8088', `127.0.0.1:${upstream}`)
    .replace('listen 443 ', `listen 127.0.0.1:${tlsPort} `)
    .replace(/^ *ssl_certificate .*\n *ssl_certificate_key .*\n/m, `${lines.join('\n')}\n`)
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  const text = `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/${LOG};
events {}
http {
  access_log off;
  ${folders.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    return 200;
  }
${site}}
`
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, text)
  return ['-c', file, '-p', folder, '-e', join(folder, LOG)]
}
