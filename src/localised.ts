import type { ClientConfiguration } from '../schemas/generated.ts'

/** A member in the first language that it has (`client_name#fr`), else as registered without one. OpenID Connect Registration 1.0 §2.1. */
export const nameIn = (
  configuration: ClientConfiguration,
  member: 'client_name' | 'purpose',
  languages: readonly string[],
): string | undefined => {
  for (const language of languages) {
    const [short = language] = language.split('-')
    const found =
      configuration[`${member}#${language}` as `client_name#${string}`] ?? configuration[`${member}#${short}` as `client_name#${string}`]
    if (found !== undefined) return found
  }
  return configuration[member]
}
