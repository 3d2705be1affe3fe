import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parseDocument } from 'yaml'
import { DomainError } from './errors.ts'

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false })
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

export function readYaml<T>(path: string | URL, schema: string): T {
  return validate<T>(schema, parseYaml(readFileSync(path, 'utf8'), String(path)), String(path).split('/').pop()!)
}

function sentence(error: ErrorObject): string {
  const where = error.instancePath || '(racine)'
  const detail = 'additionalProperty' in error.params ? ` « ${String(error.params.additionalProperty)} »` : ''
  const allowed = 'allowedValues' in error.params ? ` (${(error.params.allowedValues as unknown[]).join(', ')})` : ''
  return `${where} ${error.message ?? 'est refusé'}${detail}${allowed}`
}
