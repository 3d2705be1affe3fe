import { readdirSync, readFileSync } from 'node:fs'

export interface Example {
  name: string
  query: string
  /** A JSON object to fill in, for those that take one. */
  variables: string | null
}

/** The ready-made operations of api/graphql/examples, in the order of their names; `NAME.json` beside one holds its variables. */
export function examples(): Example[] {
  const folder = new URL('./examples/', import.meta.url)
  const names = readdirSync(folder)
  return names
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => {
      const variables = name.replace('.graphql', '.json')
      return {
        name: name.slice(0, -'.graphql'.length),
        query: readFileSync(new URL(name, folder), 'utf8'),
        variables: names.includes(variables) ? readFileSync(new URL(variables, folder), 'utf8') : null,
      }
    })
}

/** The tabs that GraphiQL opens with. */
export const exampleTabs = (): { query: string; variables: string | null }[] =>
  examples().map(({ query, variables }) => ({ query, variables }))
