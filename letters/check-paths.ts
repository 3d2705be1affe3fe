/** What the template language's own parser gives, as far as the check reads it. */
export interface Node {
  name?: string
  /** Text between tags. */
  str?: string
  token: { begin: number; input: string; file?: string }
  value?: Operand
  branches?: Branch[]
  elseTemplates?: Node[]
  templates?: Node[]
  file?: unknown
  /** The name that a loop or an « assign » gives, and the list that a loop goes through. */
  variable?: unknown
  key?: string
  collection?: Token
  /** The name of a « bloc ». */
  block?: string
}

export interface Branch {
  value?: Operand
  templates: Node[]
}

type Token = {
  operator?: string
  content?: unknown
  literal?: string
  props?: { content?: unknown }[]
  variable?: unknown
}
export type Operand = { initial?: { postfix: Token[] }; filters: { name: string; args?: unknown[] }[] }

/** What is taken for granted of a case: « debiteur.type » is a word, « premiereLettre » there or not, « *.x » any x. */
export type Assumed = Readonly<Record<string, string | boolean>>

/** The dotted path a value prints, « factures.0.numero »; undefined for a literal. */
export function pathOf(value: Operand | undefined): string | undefined {
  return tokenPath(value?.initial?.postfix[0])
}

/** The dotted path of what a loop goes through. */
export const listOf = ({ collection }: Node): string | undefined => tokenPath(collection)

function tokenPath(token: Token | undefined): string | undefined {
  if (!token?.props || token.variable !== undefined) return undefined
  const parts = token.props.map(({ content }) => content).filter(isKey)
  return parts.length > 0 && parts.length === token.props.length ? parts.join('.') : undefined
}

const isKey = (part: unknown): part is string | number => typeof part === 'string' || typeof part === 'number'

const unknown = { unknown: true } as const
type Known = string | number | boolean | undefined | typeof unknown

/** Whether a branch is taken under what is assumed; undefined when it may or may not be. */
export function meets(branch: Branch, node: Node, assumed: Assumed): boolean | undefined {
  if (node.name === 'case' || !branch.value?.initial || branch.value.filters.length > 0) return undefined
  const stack: Known[] = []
  for (const token of branch.value.initial.postfix) {
    if (token.operator === undefined) stack.push(operand(token, assumed))
    else if (token.operator === 'not') stack.push(negation(stack.pop()))
    else {
      const [right, left] = [stack.pop(), stack.pop()]
      stack.push(compute(token.operator, left, right))
    }
  }
  const result = truth(stack[0])
  // « unless » turns the first of its conditions round, not the « elsif » that follow.
  const inverted = node.name === 'unless' && node.branches?.[0] === branch
  return result === undefined ? undefined : result !== inverted
}

function operand(token: Token, assumed: Assumed): Known {
  const path = tokenPath(token)
  if (path === undefined) {
    if (token.literal !== undefined)
      return token.literal === 'true' ? true : token.literal === 'false' ? false : unknown
    return typeof token.content === 'string' || typeof token.content === 'number' ? token.content : unknown
  }
  const known = assumed[path] ?? assumed[`*.${path.split('.').pop()}`]
  if (known !== undefined) return known === false ? undefined : known
  // A part of what is absent is absent; a part of what is there is taken to be there too, and what has a part is there.
  const [root = ''] = path.split('.')
  if (assumed[root] === false) return undefined
  if (assumed[root] === true) return true
  return Object.keys(assumed).some((known) => assumed[known] && known.startsWith(`${path}.`)) ? true : unknown
}

function compute(operator: string, left: Known, right: Known): Known {
  if (operator === 'and' || operator === 'or') {
    const [a, b] = [truth(left), truth(right)]
    const decisive = operator === 'or'
    if (a === decisive || b === decisive) return decisive
    return a === undefined || b === undefined ? unknown : !decisive
  }
  if (left === unknown || right === unknown) return unknown
  // « present » says nothing of a value that is compared.
  if (left === true || right === true) return unknown
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  return unknown
}

function negation(value: Known): Known {
  const known = truth(value)
  return known === undefined ? unknown : !known
}

function truth(value: Known): boolean | undefined {
  if (value === unknown) return undefined
  return value !== undefined && value !== false
}

/** Whether every way through a template, given what is assumed, meets a node that `found` accepts. */
export function always(
  nodes: Node[],
  found: (node: Node) => boolean,
  assumed: Assumed,
  clause: (id: string) => Node[] | undefined,
  depth = 0,
): boolean {
  return nodes.some((node) => {
    if (found(node)) return true
    if (node.name === 'render') {
      const inner = clause(String(node.file))
      return inner !== undefined && depth < 5 && always(inner, found, assumed, clause, depth + 1)
    }
    if (!node.branches) return false
    for (const branch of node.branches) {
      const met = meets(branch, node, assumed)
      if (met === false) continue
      if (!always(branch.templates, found, assumed, clause, depth)) return false
      if (met === true) return true
    }
    return always(node.elseTemplates ?? [], found, assumed, clause, depth)
  })
}

/** What is printed before a place of a template on the way to it, and what that way takes for granted. */
export function wayTo(nodes: Node[], at: number, assumed: Assumed = {}): { before: Node[]; assumed: Assumed } {
  const here = nodes.findLastIndex(({ token }) => token.begin <= at)
  const [before, node] = [nodes.slice(0, Math.max(0, here)), nodes[here]]
  const ways = [...(node?.branches ?? []), ...(node?.elseTemplates?.length ? [{ templates: node.elseTemplates }] : [])]
  const taken = ways.findLastIndex(({ templates }) => (templates[0]?.token.begin ?? Infinity) <= at)
  if (!node || taken < 0) return { before: node ? [...before, node] : before, assumed }
  const told: Record<string, string | boolean> = { ...assumed }
  ways.slice(0, taken + 1).forEach((branch, i) => Object.assign(told, toldBy(branch, node, i === taken)))
  const inner = wayTo(ways[taken]!.templates, at, told)
  return { before: [...before, ...inner.before], assumed: inner.assumed }
}

// What a condition says of facts when it holds, or when it does not.
function toldBy({ value }: Branch, node: Node, holds: boolean): Record<string, string | boolean> {
  const postfix = value?.filters.length === 0 ? (value.initial?.postfix ?? []) : []
  const truth = holds !== (node.name === 'unless' && node.branches?.[0]?.value === value)
  const operators = postfix.flatMap(({ operator }) => operator ?? [])
  const told: Record<string, string | boolean> = {}
  // « a and b » holds with both, « a or b » fails with both; of anything else only the parts are unknown.
  if (node.name === 'case' || operators.some((operator) => !(truth ? ['and', '=='] : ['or']).includes(operator)))
    return told
  postfix.forEach((token, i) => {
    const path = tokenPath(token)
    if (path === undefined) return
    const compared = postfix[i + 2]?.operator === '=='
    if (!compared) told[path] = truth
    else if (typeof postfix[i + 1]!.content === 'string') told[path] = postfix[i + 1]!.content as string
  })
  return told
}
