/** Where the doors of the protocol are: eSignet 1.8's paths, below the issuer. */
export const AUTHORIZE_PATH = '/authorize'
export const PAR_PATH = '/v1/esignet/oauth/par'
export const TOKEN_PATH = '/v1/esignet/oauth/v2/token'
/** eSignet's first version of the endpoint has its own path. */
export const TOKEN_PATHS = [TOKEN_PATH, '/v1/esignet/oauth/token'] as const
export const USERINFO_PATH = '/v1/esignet/oidc/userinfo'
export const JWKS_PATHS = ['/.well-known/jwks.json', '/v1/esignet/oauth/.well-known/jwks.json'] as const
/** OpenID Connect Discovery 1.0 §4, and RFC 8414 §3: one content. */
export const DISCOVERY_PATHS = [
  '/.well-known/openid-configuration',
  '/v1/esignet/oidc/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/v1/esignet/oauth/.well-known/oauth-authorization-server',
] as const
/** The audit log's signed checkpoints, for whoever keeps them. */
export const CHECKPOINT_PATH = '/audit/checkpoint'
export const AUDIT_KEYS_PATH = '/audit/keys'
/** Where a service that may takes an agreement back. */
export const WITHDRAWALS_PATH = '/v1/esignet/consents/withdraw'
/** Keys by which receipts are checked, those of the past included. */
export const RECEIPT_KEYS_PATH = '/.well-known/receipt-keys.json'
export const OPENAPI_PATH = '/v1/esignet/openapi.json'
