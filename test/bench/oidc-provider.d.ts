/** What the bench uses of the package, which brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, Server, ServerResponse } from 'node:http'

  type Context = {
    readonly path: string
    readonly req: IncomingMessage
    readonly res: ServerResponse
    status: number
    redirect: (to: string) => void
  }
  type Grant = {
    addOIDCScope: (scope: string) => void
    addOIDCClaims: (claims: readonly string[]) => void
    save: () => Promise<string>
  }
  type Details = {
    readonly prompt: { readonly name: string; readonly details: Readonly<Record<string, readonly string[]>> }
    readonly session?: { readonly accountId: string }
  }
  const Provider: new (
    issuer: string,
    settings: object,
  ) => {
    readonly Grant: new (of: { readonly accountId: string; readonly clientId: string }) => Grant
    use: (middleware: (context: Context, next: () => Promise<unknown>) => Promise<unknown>) => void
    interactionDetails: (request: IncomingMessage, response: ServerResponse) => Promise<Details>
    interactionResult: (request: IncomingMessage, response: ServerResponse, result: object, how: object) => Promise<string>
    listen: (port: number, host: string) => Server
  }
  export { Provider as default }
}
