import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** What npm answered about the packages: nothing found, something found, or nobody there to ask. */
export interface Verdict {
  asked: boolean
  findings: string[]
}

interface Component {
  'bom-ref'?: string
  name: string
  version: string
  hashes?: unknown[]
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
}

/** `npm audit --json`: known weaknesses, moderate or worse, of what is shipped. */
export function readAudit(text: string): Verdict {
  const said = parsed<{ vulnerabilities?: Record<string, { severity: string; range: string; fixAvailable: unknown }> }>(
    text,
  )
  if (!said?.vulnerabilities) return { asked: false, findings: [] }
  const grave = Object.entries(said.vulnerabilities).filter(([, { severity }]) => !['info', 'low'].includes(severity))
  return {
    asked: true,
    findings: grave.map(
      ([name, { severity, range, fixAvailable }]) =>
        `${name} ${range}: ${severity}${fixAvailable ? ', a fix is there' : ''}`,
    ),
  }
}

/** `npm audit signatures --json`: packages whose signature is wrong, or that have none where the registry signs. */
export function readSignatures(text: string): Verdict {
  const said = parsed<Record<'invalid' | 'missing', { name: string; version: string }[] | undefined>>(text)
  if (!said?.invalid || !said.missing) return { asked: false, findings: [] }
  const told = (what: string) => (each: { name: string; version: string }) => `${each.name}@${each.version}: ${what}`
  return {
    asked: true,
    findings: [...said.invalid.map(told('wrong signature')), ...said.missing.map(told('no signature'))],
  }
}

/** The bill of materials as a list of licences, the rarest first: « MIT-0 1 (nodemailer 10.6.0) ». */
export function licenceList(components: Component[]): string[] {
  const byLicence = Map.groupBy(
    components,
    ({ licenses = [] }) =>
      licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '?').join(' AND ') ||
      'none',
  )
  return [...byLicence]
    .toSorted(([a, these], [b, those]) => these.length - those.length || (a < b ? -1 : 1))
    .map(([licence, found]) => {
      const names = found.length > 5 ? '' : ` (${found.map(({ name, version }) => `${name} ${version}`).join(', ')})`
      return `${licence} ${found.length}${names}`
    })
}

function parsed<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}

interface Bill {
  components: Component[]
  dependencies: { ref: string; dependsOn: string[] }[]
}
interface Lock {
  packages: Record<string, { version: string; dev?: boolean }>
}

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * What is shipped, by CycloneDX: npm's own list of the lock file without what the lock file says is the developers' alone, nor
 * what is of other systems. Its « --omit dev » would leave out what a developers' tool needs as well: nodemailer, graphql.
 */
export function billOfMaterials(): Bill {
  const bill = JSON.parse(npm('sbom', '--package-lock-only', '--sbom-format', 'cyclonedx')) as Bill
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const shipped = new Map(
    Object.entries(packages)
      .filter(([place, { dev }]) => place !== '' && !dev && existsSync(join(root, place, 'package.json')))
      .map(([place, { version }]) => [`${place.split('node_modules/').at(-1)}@${version}`, place]),
  )
  const components = bill.components.flatMap((component) => {
    const place = shipped.get(`${component.name}@${component.version}`)
    return place === undefined
      ? []
      : [{ ...component, licenses: component.licenses?.length ? component.licenses : licenceAt(place) }]
  })
  const refs = new Set(components.map((component) => component['bom-ref']))
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref) || !bill.components.some((component) => component['bom-ref'] === ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }))
  return { ...bill, components, dependencies }
}

function licenceAt(place: string): Component['licenses'] {
  const { license } = JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8')) as { license?: string }
  return license === undefined ? [] : [{ license: { id: license } }]
}

// A registry that does not answer is asked once: the answer says so.
function npm(...args: string[]): string {
  return spawnSync('npm', args, {
    cwd: root,
    env: { ...process.env, npm_config_fetch_retries: '0', npm_config_fetch_timeout: '20000' },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 120_000,
  }).stdout
}

/**
 * `npm run supply [-- FILE]`: what is shipped, under which licences, and what is known against it; the bill goes into FILE.
 * With --bill nobody is asked. Exit 1 on a finding, never because a registry does not answer.
 */
function main(argv: string[]): number {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { bill: { type: 'boolean' } },
  })
  const bill = billOfMaterials()
  const [file] = positionals
  if (file) writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
  console.log(`${bill.components.length} packages shipped${file ? `, listed in ${file} (CycloneDX)` : ''}`)
  for (const line of licenceList(bill.components)) console.log(`  ${line}`)
  if (values.bill) return 0
  const checks: [string, Verdict][] = [
    ['known weaknesses', readAudit(npm('audit', '--omit', 'dev', '--json'))],
    ['signatures', readSignatures(npm('audit', 'signatures', '--json'))],
  ]
  for (const [name, { asked, findings }] of checks) {
    console.log(
      `${name}: ${asked ? `${findings.length} found` : 'not looked at, the registry in use does not answer this'}`,
    )
    for (const finding of findings) console.log(`  ${finding}`)
  }
  return checks.some(([, { findings }]) => findings.length > 0) ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2))
