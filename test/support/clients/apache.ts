import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { LOG } from './foreign.ts'

export const APACHE = '/usr/sbin/apache2'
export const MODULES = '/usr/lib/apache2/modules'

export type ApacheOptions = {
  readonly port: number
  readonly issuer: string
  readonly client: string
  readonly kid: string
  /** PEM: PKCS #8, and the public half. */
  readonly privateKey: string
  readonly publicKey: string
  readonly passphrase: string
}

const PAGE = `<!doctype html><title>Signed in</title><pre id="person"><!--#echo var="OIDC_CLAIM_sub" --> <!--#echo var="OIDC_CLAIM_iss" -->
<!--#echo var="OIDC_CLAIM_name" --> <!--#echo var="OIDC_CLAIM_email" --> <!--#echo var="OIDC_CLAIM_acr" --></pre>
`

/** Apache with mod_auth_openidc in front of one page, below `folder`; the arguments that start it in the foreground. */
export const apacheIn = (folder: string, options: ApacheOptions): readonly string[] => {
  const origin = `http://127.0.0.1:${options.port}`
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o644 })
    return join(folder, name)
  }
  // Started by root, its workers are nobody, who has to read the page.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'site/account'), { recursive: true })
  file('site/health.txt', 'ok\n')
  file('site/account/index.shtml', PAGE)
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'mime', 'dir', 'include', 'auth_openidc']
  const lines = [
    `ServerRoot "${folder}"`,
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${options.port}`,
    ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `PidFile "${folder}/apache.pid"`,
    `ErrorLog "${folder}/${LOG}"`,
    'LogLevel warn',
    ...(getuid?.() === 0 ? ['User nobody', 'Group nogroup'] : []),
    'ServerLimit 1',
    'ThreadsPerChild 25',
    'MaxRequestWorkers 25',
    'TypesConfig /dev/null',
    'AddType text/html .shtml',
    'AddOutputFilter INCLUDES .shtml',
    'DirectoryIndex index.shtml',
    `DocumentRoot "${folder}/site"`,
    // Plain http on loopback: the module takes it for provider and redirect URI as they are written.
    `OIDCProviderMetadataURL ${options.issuer}/.well-known/openid-configuration`,
    `OIDCClientID ${options.client}`,
    `OIDCPrivateKeyFiles ${options.kid}#${file('key.pem', options.privateKey)}`,
    `OIDCPublicKeyFiles ${options.kid}#${file('public.pem', options.publicKey)}`,
    // After the keys: without one the module does not know the method.
    'OIDCProviderTokenEndpointAuth private_key_jwt',
    'OIDCPKCEMethod S256',
    'OIDCIDTokenSignedResponseAlg ES256',
    'OIDCScope "openid profile email"',
    `OIDCRedirectURI ${origin}/account/back`,
    `OIDCCryptoPassphrase ${options.passphrase}`,
    'OIDCPassClaimsAs environment',
    `<Directory "${folder}/site">`,
    'Options +Includes',
    'Require all granted',
    '</Directory>',
    '<Location /account>',
    'AuthType openid-connect',
    'Require valid-user',
    '</Location>',
  ]
  return ['-f', file('apache.conf', `${lines.join('\n')}\n`), '-DFOREGROUND']
}
