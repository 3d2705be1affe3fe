import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import DataloaderPlugin from '@pothos/plugin-dataloader'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { GraphQLError } from 'graphql'
import { type Day, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Act, isStaff, may, type Role } from '../auth.ts'
import { type Context, forbidden, unauthenticated } from '../context.ts'
import { countRefusal } from '../metrics.ts'
import { remedyFor } from '../remedies.ts'

export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  DefaultEdgesNullability: { list: false; items: false }
  DefaultNodeNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    Date: { Input: Day; Output: Day }
    JSON: { Input: unknown; Output: unknown }
  }
  AuthScopes: {
    /** Anyone with a token. */
    known: boolean
    /** The cells of the agency. */
    staff: boolean
    role: Role | Role[]
    may: Act
  }
}>({
  plugins: [ErrorsPlugin, ComplexityPlugin, ScopeAuthPlugin, RelayPlugin, DataloaderPlugin],
  defaultFieldNullability: false,
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    // Nodes are counted once, by the connection's own multiplier; else « first: 50 » is refused.
    edgesFieldOptions: { nullable: { list: false, items: false }, complexity: { field: 0, multiplier: 1 } },
    nodeFieldOptions: { nullable: false },
    nodesOnConnection: { complexity: { field: 0, multiplier: 1 } },
    nodeQueryOptions: {
      authScopes: { known: true },
      description: 'Anything with an id, if it is yours to see; else not found.',
    },
    nodesQueryOptions: false,
  },
  complexity: {
    defaultComplexity: 1,
    defaultListMultiplier: 5,
    limit: { complexity: 20_000, depth: 16, breadth: 500 },
    complexityError: (kind, result) =>
      new GraphQLError('Cette requête demande trop à la fois.', {
        extensions: {
          code: 'query_too_complex',
          remedy: 'Demandez moins de lignes à la fois (first) ou moins de niveaux, et la suite par le curseur (after).',
          kind,
          complexity: result.complexity,
          http: { status: 400 },
        },
      }),
  },
  errors: {
    defaultTypes: [DomainError],
    directResult: true,
    onResolvedError: countRefusal,
    defaultUnionOptions: { name: ({ fieldName }) => `${fieldName[0]!.toUpperCase()}${fieldName.slice(1)}Result` },
  },
  scopeAuth: {
    // A type's own scopes run on every object of it, so that node(id) is no way round.
    runScopesOnType: true,
    // Before the stream opens, not at its first event.
    authorizeOnSubscribe: true,
    unauthorizedError: (_parent, ctx) => (ctx.viewer ? forbidden(ctx.viewer.role) : unauthenticated()),
    authScopes: (ctx) => ({
      known: ctx.viewer !== null,
      staff: isStaff(ctx.viewer),
      role: (wanted) => ctx.viewer !== null && [wanted].flat().includes(ctx.viewer.role),
      may: (act) => may(ctx.viewer, act),
    }),
  },
})

/** For what is declared once and given to several builders of fields. */
export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never

builder.queryType({})
builder.mutationType({
  description:
    'Acts, as a clerk would say them. Each answers what it did, or a Refusal with its remedy. A name, number or reference has 300 characters at most, another text 10,000, and no control characters.',
})
builder.subscriptionType({})

// The days of a list are the same few objects (schema/db.ts), whose text Temporal would make anew each time.
const texts = new WeakMap<Day, string>()
function textOf(day: Day): string {
  let text = texts.get(day)
  if (text === undefined) texts.set(day, (text = day.toString()))
  return text
}

builder.scalarType('Date', {
  description: 'A day, YYYY-MM-DD.',
  serialize: textOf,
  parseValue: (value) => {
    try {
      return parseDay(String(value))
    } catch {
      throw new GraphQLError('Expected a day of the calendar, YYYY-MM-DD.')
    }
  },
})

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
})

builder.objectType(DomainError, {
  name: 'Refusal',
  description: 'An act that the law, the case or the request itself refuses. Nothing was done.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable, for programs.' }),
    message: t.exposeString('message', { description: 'A French sentence for people.' }),
    remedy: t.string({
      description: 'What to do next, in French, in words for who asks.',
      resolve: ({ remedy }, _args, { viewer }) => remedyFor(viewer, remedy),
    }),
    article: t.string({
      nullable: true,
      description: 'The rule that refuses.',
      resolve: (refusal) => refusal.article ?? null,
    }),
    facts: t.field({ type: 'JSON', resolve: (refusal) => refusal.facts }),
  }),
})
