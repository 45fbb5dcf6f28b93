/**
 * Whether a POST may come from our own page (rule 25). `Origin` must be ours where it is sent; `null` or absent counts only with
 * `Sec-Fetch-Site: same-origin`; if both headers are absent the form token decides alone.
 */
export const originAllowed = (headers: Readonly<Record<string, string | undefined>>, ours: string): boolean => {
  const { origin, 'sec-fetch-site': site } = headers
  if (origin === undefined) return site === undefined || site === 'same-origin'
  if (origin === 'null') return site === 'same-origin'
  return origin === ours && site !== 'cross-site'
}
