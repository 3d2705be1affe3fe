import { GraphQLError } from 'graphql'

type Said = [code: string, message: (...parts: string[]) => string, remedy: string]

const wrong = 'Corrigez cette valeur\u00a0; le schéma (/graphql) dit ce qu’elle doit être.'
const seek = 'Cherchez le nom juste dans le schéma (/graphql).'

/** What graphql says of a question that it cannot read, as it says it, and in the words of the house. */
const faults: [RegExp, Said][] = [
  [
    /^Syntax Error: (.+)$/s,
    [
      'query_unreadable',
      (why = '') =>
        `La requête ne se lit pas\u00a0: ${why.replace(/^Expected (.+), found (.+)$/s, '$1 est attendu, et non $2')}`,
      'Corrigez-la à la ligne indiquée.',
    ],
  ],
  [
    /^Cannot query field "(.+?)" on type "(.+?)"/,
    ['unknown_field', (field, type) => `Le champ «\u00a0${field}\u00a0» n’existe pas sur ${type}.`, seek],
  ],
  [
    /^Unknown argument "(.+?)" on (?:field|directive) "(.+?)"/,
    ['unknown_field', (name, field) => `L’argument «\u00a0${name}\u00a0» n’existe pas sur ${field}.`, seek],
  ],
  [/^Unknown (?:type|fragment) "(.+?)"/, ['unknown_type', (name) => `«\u00a0${name}\u00a0» n’est pas connu.`, seek]],
  [
    /not to include unknown field "(.+?)"/,
    ['unknown_field', (field) => `Le champ «\u00a0${field}\u00a0» n’est pas attendu ici.`, seek],
  ],
  [
    /to include required field "(.+?)"/,
    [
      'value_missing',
      (field) => `Il manque «\u00a0${field}\u00a0».`,
      'Donnez une valeur à ce champ, qui est nécessaire.',
    ],
  ],
  [
    /^Argument "(.+?)" of type ".+?" is required/,
    [
      'value_missing',
      (name) => `Il manque l’argument «\u00a0${name}\u00a0».`,
      'Donnez-lui une valeur\u00a0: il est nécessaire.',
    ],
  ],
  [
    /^Variable "\$(.+?)" of required type ".+?" was not provided/,
    [
      'value_missing',
      (name) => `Il manque la variable «\u00a0${name}\u00a0».`,
      'Donnez-lui une valeur\u00a0: elle est nécessaire.',
    ],
  ],
  [
    /(?: at "(\S+?)"; )?Expected (?:a day of the calendar|(?:a )?value of type "Date)/,
    [
      'bad_date',
      (place) => `${place ? `«\u00a0${place}\u00a0»` : 'Une date'} n’est pas un jour du calendrier.`,
      'Écrivez un jour qui existe sous la forme AAAA-MM-JJ, par exemple 2026-11-30.',
    ],
  ],
  [
    / at "(\S+?)"; (?:Expected .*?type "(.+?)"|(\w+) cannot represent|Value .* does not exist in "(.+?)" enum)/s,
    ['bad_value', (place, ...types) => `«\u00a0${place}\u00a0» n’est pas du type ${types.find(Boolean)}.`, wrong],
  ],
  [
    /Expected (?:a )?value of (?:non-null )?type "(.+?)"/,
    ['bad_value', (type) => `Une valeur n’est pas du type ${type}.`, wrong],
  ],
  [
    /^Field "(.+?)" of type ".+?" must have a selection/,
    [
      'selection_missing',
      (field) => `Dites quels champs de «\u00a0${field}\u00a0» vous voulez.`,
      `Écrivez-les entre accolades.`,
    ],
  ],
  [
    /^Variable "\$(.+?)"/,
    [
      'bad_variable',
      (name) => `La variable «\u00a0${name}\u00a0» est inconnue, inutilisée ou d’un autre type que ce qu’elle remplit.`,
      'Comparez sa déclaration, en tête de la requête, à l’endroit où elle sert.',
    ],
  ],
]

/** A question that graphql refuses by itself, said as every other refusal: in French, with a code and a remedy. */
export function inputFault(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== undefined) return error
  const [found, said] = match(error.message)
  const [code, message, remedy] = said
  return new GraphQLError(message(...found), {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: { ...error.extensions, code, remedy, facts: { detail: error.message.slice(0, 300) } },
  })
}

function match(text: string): [string[], Said] {
  for (const [pattern, said] of faults) {
    const found = pattern.exec(text)
    if (found) return [found.slice(1), said]
  }
  return [[], ['bad_query', () => 'La requête n’est pas permise telle qu’elle est écrite.', seek]]
}
