import { shapeOf } from '../../letters/check-facts.ts'
import { parseAmount, amount } from '../../schema/money.ts'
import { h, type Html, raw } from './page.ts'
import { linesOf, textOf, type Typed } from './typed.ts'

/** A part of a fact that a field holds: « reponseCreancier.position », « caution.adresse.lignes », « biens.0.designation ». */
interface Leaf {
  path: string[]
  kind: 'text' | 'lines' | 'date' | 'number' | 'amount' | 'yes' | 'choice'
  choices?: string[]
}

/** The parts of these facts, in the order of the schema; of a list, its first. */
const leavesOf = (roots: readonly string[]): Leaf[] => roots.flatMap((root) => leaves([root]))

function leaves(path: string[]): Leaf[] {
  const shape = shapeOf(path)
  if (!shape || path.length > 4) return []
  if (shape.properties) return Object.keys(shape.properties).flatMap((part) => leaves([...path, part]))
  const items = shape.items && shapeOf([...path, '0'])
  if (items?.properties) return leaves([...path, '0'])
  if (items) return [{ path, kind: 'lines' }]
  if (shape.enum) return [{ path, kind: 'choice', choices: shape.enum }]
  if (shape.type === 'boolean') return [{ path, kind: 'yes' }]
  if (shape.type === 'integer' || shape.type === 'number') return [{ path, kind: 'number' }]
  if (shape.format === 'date') return [{ path, kind: 'date' }]
  return [{ path, kind: shape.pattern?.includes(String.raw`\.\d{2}`) ? 'amount' : 'text' }]
}

/** Fields for the facts that a person may give; `typed` is shown again where it was refused. */
export function factFields(roots: readonly string[], typed: Typed, meaning: (root: string) => string): Html {
  return h`${roots.map((root) => {
    const [first, ...others] = leaves([root])
    const was = (leaf: Leaf) => typed[nameOf(leaf)] ?? ''
    if (first?.path.length === 1 && others.length === 0)
      return h`<div class="fields">${field(first, was(first), meaning(root))}</div>`
    return h`<fieldset class="fields"><legend>${meaning(root)}</legend>${leaves([root]).map((leaf) => field(leaf, was(leaf), labelOf(leaf)))}</fieldset>`
  })}`
}

/** « dateEffective » → « date effective »; the legend says of what. */
const labelOf = ({ path }: Leaf): string =>
  path
    .slice(1)
    .filter((part) => part !== '0')
    .map((part) => part.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
    .join(', ')

const nameOf = ({ path }: Leaf): string => `f.${path.join('.')}`

function field(leaf: Leaf, was: string, label: string): Html {
  const name = nameOf(leaf)
  const named = h`<label for="${name}">${label}</label>`
  if (leaf.kind === 'lines')
    return h`<p class="all">${named}<textarea id="${name}" name="${name}" rows="2" maxlength="4000" placeholder="un par ligne">${was}</textarea></p>`
  if (leaf.kind === 'choice' || leaf.kind === 'yes') {
    const choices = leaf.kind === 'yes' ? ['oui', 'non'] : leaf.choices!
    return h`<p>${named}<select id="${name}" name="${name}"><option value=""></option>${choices.map((each) => h`<option${each === was ? raw(' selected') : ''}>${each}</option>`)}</select></p>`
  }
  const type = { text: 'text', amount: 'text', date: 'date', number: 'number' }[leaf.kind]
  return h`<p>${named}<input id="${name}" name="${name}" type="${type}" maxlength="1000" autocomplete="off" value="${was}"></p>`
}

/** What was typed, as the facts that it is; an empty field says nothing. */
export function typedFacts(roots: readonly string[], typed: Typed): Record<string, unknown> {
  const facts: Record<string, unknown> = {}
  for (const leaf of leavesOf(roots)) {
    const text = textOf(typed, nameOf(leaf), 4000)
    if (text !== '') place(facts, leaf.path, valueOf(leaf, text))
  }
  return facts
}

function valueOf({ kind }: Leaf, text: string): unknown {
  if (kind === 'lines') return linesOf(text)
  if (kind === 'number') return Number(text)
  if (kind === 'yes') return text === 'oui'
  if (kind === 'amount') return amount(parseAmount(text.replace(/[\s\u00a0\u202f€]/g, '').replace(',', '.')))
  return text
}

function place(facts: Record<string, unknown>, [part = '', ...deeper]: string[], value: unknown): void {
  if (deeper.length === 0) {
    facts[part] = value
  } else if (deeper[0] === '0') {
    const [one = {}] = (facts[part] ?? []) as Record<string, unknown>[]
    place(one, deeper.slice(1), value)
    facts[part] = [one]
  } else {
    const inner = (facts[part] ?? {}) as Record<string, unknown>
    place(inner, deeper, value)
    facts[part] = inner
  }
}
