import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  type SelectionSetNode,
  validate,
  type ValidationContext,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { DomainError } from '../../schema/errors.ts'
import { inputFault } from './input-faults.ts'

const limits = { tokens: 1000, depth: 10, aliases: 15 }

/**
 * What a query may cost before anything runs: tokens while parsing, then depth and aliases, each fragment weighed once.
 * Suggestions are hidden, and in production the schema too.
 */
export function useLimits(options: { introspection: boolean }): Plugin {
  const rules = [weightRule, ...(options.introspection ? [] : [NoSchemaIntrospectionCustomRule])]
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string, given: object) => parseWithin(source, given))
    },
    onValidate({ addValidationRule, setValidationFn }) {
      for (const rule of rules) addValidationRule(rule)
      setValidationFn((schema, document, all) =>
        validate(schema, document as DocumentNode, all, { hideSuggestions: true, maxErrors: 20 }).map(inputFault),
      )
    },
    onExecute({ args }) {
      Object.assign(args, { hideSuggestions: true })
    },
  }
}

function parseWithin(source: string, options: object): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: limits.tokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (!error.message.includes('tokens')) throw inputFault(error)
    // Not a GraphQLError: the server would give it the status of a misspelt query, 200 for some clients.
    throw new DomainError('query_too_long', `Une requête a ${limits.tokens} mots au plus.`, {
      remedy: 'Coupez-la en plusieurs requêtes.',
      cause: error,
    })
  }
}

interface Weight {
  depth: number
  aliases: number
}

function weightRule(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Weight>()
  const weigh = (selections: SelectionSetNode | undefined): Weight => {
    const total: Weight = { depth: 0, aliases: 0 }
    for (const selection of selections?.selections ?? []) {
      // The introspection query is deep by nature, and graphql-js bounds its loops.
      if (selection.kind === Kind.FIELD && selection.name.value.startsWith('__')) continue
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD ? weighFragment(selection.name.value) : weigh(selection.selectionSet)
      const isField = selection.kind === Kind.FIELD
      total.depth = Math.max(total.depth, inner.depth + (isField ? 1 : 0))
      total.aliases += inner.aliases + (isField && selection.alias ? 1 : 0)
    }
    return total
  }
  const weighFragment = (name: string): Weight => {
    const known = fragments.get(name)
    if (known) return known
    // Stands for itself while it is weighed: a fragment that spreads itself is refused by another rule.
    fragments.set(name, { depth: 0, aliases: 0 })
    const weight = weigh(context.getFragment(name)?.selectionSet)
    fragments.set(name, weight)
    return weight
  }
  return {
    OperationDefinition(operation) {
      const { depth, aliases } = weigh(operation.selectionSet)
      if (depth > limits.depth)
        context.reportError(refused('query_too_deep', `Une requête a ${limits.depth} niveaux de champs au plus.`))
      if (aliases > limits.aliases)
        context.reportError(refused('too_many_aliases', `Une requête a ${limits.aliases} alias au plus.`))
    },
  }
}

/** A refusal that is a refusal whatever the client accepts: status 400, even for `application/json`. */
function refused(code: string, message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code, remedy: 'Coupez-la en plusieurs requêtes.', http: { status: 400, spec: false } },
  })
}
