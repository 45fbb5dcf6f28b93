import type { Json } from '../plugin.ts'
import { connectionSettings, fileSetting, urlSetting, type ConnectionSettings } from '../wire.ts'
import { serviceSchema, type Service } from './service.ts'

export type HttpSettings = Omit<ConnectionSettings, 'sessionKeyFile'> & {
  readonly url: string
  readonly signingKeyFile: string
  readonly service: Service
}

const { allowLoopbackHttp = {}, authoritiesFile = {} } = connectionSettings

export const settingsSchema: { readonly [key: string]: Json } = {
  type: 'object',
  additionalProperties: false,
  required: ['url', 'signingKeyFile', 'service'],
  properties: {
    url: urlSetting('Where the ID system is: https://id.example/esignet. Calls go to paths below it.'),
    signingKeyFile: fileSetting('PEM file of the private key that signs what is asked: Ed25519, or RSA. The same on all nodes.'),
    service: {
      ...(serviceSchema as object),
      description: 'What GET <url>/service says. It stands here so that a broker starts while the ID system is down.',
    },
    allowLoopbackHttp,
    authoritiesFile,
  },
}
