import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { DomainError } from './errors.ts'

// A function for each $ref: all in one, that of the facts is so large that to optimise it took V8 120 MB and 200 ms.
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  inlineRefs: false,
})
addFormats.default(ajv)
const compiled = new Map<string, ValidateFunction>()

/** Checks `value` against `schema/<name>.schema.json`; the refusal names every fault and where it stands. */
export function validate<T>(name: string, value: unknown, what: string): T {
  let check = compiled.get(name)
  if (!check) {
    check = ajv.compile(JSON.parse(readFileSync(new URL(`./${name}.schema.json`, import.meta.url), 'utf8')))
    compiled.set(name, check)
  }
  if (check(value)) return value as T
  throw new DomainError('invalid_file', `${what} : ${(check.errors ?? []).slice(0, 8).map(sentence).join(' ; ')}`, {
    remedy: `Corrigez d'après schema/${name}.schema.json.`,
    facts: { schema: name, errors: check.errors?.length ?? 0 },
  })
}

/** Reads a YAML text as plain data (dates stay strings); a syntax error names its line. */
export function parseYaml(text: string, what: string): unknown {
  const document = parseDocument(text, { prettyErrors: true, schema: 'core', uniqueKeys: true })
  const [error] = document.errors
  if (error) {
    throw new DomainError('invalid_yaml', `${what} : ${error.message.split('\n')[0]}`, {
      remedy: 'Corrigez la ligne indiquée ; un « : » dans un texte demande des guillemets.',
      facts: { line: error.linePos?.[0].line },
    })
  }
  return document.toJS({ maxAliasCount: 20 })
}

/** On which line of a YAML text what stands at that path begins; undefined where nothing does. */
export function yamlLines(text: string): (path: (string | number)[]) => number | undefined {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { schema: 'core', lineCounter })
  return (path) => {
    const node = document.getIn(path, true)
    return isNode(node) && node.range ? lineCounter.linePos(node.range[0]).line : undefined
  }
}

export function readYaml<T>(path: string | URL, schema: string): T {
  return validate<T>(schema, parseYaml(readFileSync(path, 'utf8'), String(path)), String(path).split('/').pop()!)
}

/** « /invoices/0/total : doit être un texte ». */
function sentence({ keyword, params, instancePath, message }: ErrorObject): string {
  const say = words[keyword]
  return `${instancePath || '(racine)'} ${say ? say(params as Params) : (message ?? 'est refusé')}`
}

interface Params {
  type: string | string[]
  missingProperty: string
  additionalProperty: string
  propertyName: string
  allowedValues: unknown[]
  allowedValue: unknown
  pattern: string
  format: string
  limit: number
  comparison: string
  multipleOf: number
  missingProperties?: string
}

/** What ajv says in English, in the words of whoever writes the files. */
const words: Record<string, (params: Params) => string> = {
  required: ({ missingProperty }) => `n’a pas « ${missingProperty} », qui est obligatoire`,
  dependentRequired: ({ missingProperty }) => `demande aussi « ${missingProperty} »`,
  additionalProperties: ({ additionalProperty }) => `a une clé inconnue « ${additionalProperty} »`,
  unevaluatedProperties: () => 'a une clé inconnue',
  propertyNames: ({ propertyName }) => `a une clé mal formée « ${propertyName} »`,
  type: ({ type }) => `doit être ${[type].flat().map(typeFr).join(' ou ')}`,
  enum: ({ allowedValues }) => `doit être l’une de ces valeurs (${allowedValues.join(', ')})`,
  const: ({ allowedValue }) => `doit être « ${String(allowedValue)} »`,
  pattern: ({ pattern }) => `n’a pas la forme attendue (${pattern})`,
  format: ({ format }) => `n’est pas ${formatsFr[format] ?? `de la forme « ${format} »`}`,
  minLength: ({ limit }) => (limit === 1 ? 'est vide' : `a moins de ${limit} caractères`),
  maxLength: ({ limit }) => `a plus de ${limit} caractères`,
  minItems: ({ limit }) => (limit === 1 ? 'est une liste vide' : `a moins de ${limit} éléments`),
  maxItems: ({ limit }) => `a plus de ${limit} éléments`,
  uniqueItems: () => 'a deux fois le même élément',
  minProperties: ({ limit }) => (limit === 1 ? 'est vide' : `a moins de ${limit} clés`),
  maxProperties: ({ limit }) => `a plus de ${limit} clés`,
  minimum: ({ limit }) => `doit être au moins ${limit}`,
  maximum: ({ limit }) => `doit être au plus ${limit}`,
  exclusiveMinimum: ({ limit }) => `doit dépasser ${limit}`,
  exclusiveMaximum: ({ limit }) => `doit rester sous ${limit}`,
  multipleOf: ({ multipleOf }) => `doit être un multiple de ${multipleOf}`,
  oneOf: () => 'ne suit aucune des formes permises, ou en suit plusieurs',
  anyOf: () => 'ne suit aucune des formes permises',
  not: () => 'a une forme interdite',
  if: () => 'ne suit pas la règle que ses autres clés imposent',
  contains: () => 'n’a pas l’élément attendu',
  'false schema': () => 'n’a rien à faire ici',
}

const typesFr: Record<string, string> = {
  string: 'un texte',
  number: 'un nombre',
  integer: 'un nombre entier',
  boolean: 'true ou false',
  object: 'un groupe de clés',
  array: 'une liste',
  null: 'null',
}
const typeFr = (type: string): string => typesFr[type] ?? type
const formatsFr: Record<string, string> = {
  date: 'une date AAAA-MM-JJ',
  email: 'une adresse électronique',
  uri: 'une adresse web',
  uuid: 'un identifiant',
}
