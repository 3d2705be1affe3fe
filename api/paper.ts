import { readFileSync } from 'node:fs'

/** A style sheet of ours: what every page of the house has, then the pages' own. */
export const styleSheet = (own: URL): string =>
  [new URL('paper.css', import.meta.url), own].map((file) => readFileSync(file, 'utf8')).join('\n')
