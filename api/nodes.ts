import { encodeGlobalID } from '@pothos/plugin-relay'
import { type GraphQLSchema, isObjectType } from 'graphql'
import type { Fragment } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { isUuid } from '../schema/words.ts'
import { type Context, visible } from './context.ts'
import { forgetters } from './graphql/once.ts'

/** The id of a node as the database can compare it: what is not a UUID is nobody's. */
export const nodeId = (id: string): string => (isUuid(id) ? id : '00000000-0000-4000-8000-000000000000')

/** Rows in the order of the ids asked for; the same refusal for those that do not exist and those of others. */
export async function inOrder<Row extends { id: string }>(
  ids: string[],
  rows: PromiseLike<Row[]>,
): Promise<(Row | DomainError)[]> {
  const found = new Map((await rows).map((row) => [row.id, row]))
  return ids.map((id) => found.get(id) ?? notFound())
}

/**
 * The id of a node is that of its row, and there already; Pothos promises it, and everything above each line of a list would wait
 * for as many promises.
 */
export function idsAtOnce(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || !type.getInterfaces().some(({ name }) => name === 'Node')) continue
    type.getFields()['id']!.resolve = ({ id }: { id: string }) => encodeGlobalID(type.name, id)
  }
  return schema
}

export function notFound(): DomainError {
  return new DomainError('not_found', "Cet objet n'existe pas, ou ne vous est pas ouvert.", {
    remedy: 'Vérifiez son identifiant.',
  })
}

/** A condition on a column `case_id`: the case is the viewer's to see. */
export function ofVisibleCase(ctx: Context, column: Fragment): Fragment {
  return ctx.sql`exists (select from cases c where c.id = ${column} and ${visible(ctx)})`
}

/** Has acts forget what a node's loader has kept. */
export function forgetting(ref: { getDataloader(ctx: Context): { clearAll(): unknown } }): void {
  forgetters.push((ctx) => ref.getDataloader(ctx).clearAll())
}
