// What the runtime names besides countries: unions, what is nobody's, and codes kept for other uses.
const others = new Set(['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ'])

let names: ReadonlyMap<string, string> | undefined

/** The countries by their two letters (ISO 3166-1), in the order of their French names, as the runtime's own tables give them. */
export function countries(): ReadonlyMap<string, string> {
  if (names) return names
  const display = new Intl.DisplayNames('fr', { type: 'region', fallback: 'none' })
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')
  names = new Map(
    letters
      .flatMap((first) => letters.map((second) => first + second))
      // A code that gave way to another (DD, SU, YU) is no country of today.
      .filter((code) => !others.has(code) && new Intl.Locale(`und-${code}`).region === code)
      .flatMap((code): [string, string][] => {
        const name = display.of(code)
        return name ? [[code, name]] : []
      })
      .toSorted(([, a], [, b]) => a.localeCompare(b, 'fr')),
  )
  return names
}
