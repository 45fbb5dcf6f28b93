import { startRedis, type RedisProcess, type RedisRole } from './redis.ts'

export type RedisRoles = Readonly<Record<RedisRole, RedisProcess>> & {
  /** What a broker is told of them. */
  readonly env: Record<string, string>
  readonly end: () => Promise<void>
}

/** An instance for each role, without replicas. */
export const startRoles = async (): Promise<RedisRoles> => {
  const [cache, secrets, keys] = await Promise.all([startRedis('cache'), startRedis('secrets'), startRedis('keys')])
  return {
    ...{ cache, secrets, keys },
    env: {
      ESIGNET_REDIS_CACHE_URL: cache.url,
      ESIGNET_REDIS_SECRETS_URL: secrets.url,
      ESIGNET_REDIS_KEYS_URL: keys.url,
      ESIGNET_REDIS_KEYS_REPLICAS: '0',
    },
    end: async () => {
      await Promise.all([cache, secrets, keys].map((redis) => redis.end()))
    },
  }
}
