import {
  getNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import type { Context, Reader } from '../context.ts'

/** What a field reads for its row, as it says in its extensions (`reads`): by the row's own id, or by another that it holds. */
interface Foreseen {
  read: Reader<unknown>
  by?: string
}

/**
 * Reads, once for all rows of a list, what the fields asked of each will want: they then answer at once, where each would have
 * waited for a promise of its own, and everything above it with it.
 */
export async function foresee<Row extends { id: string }>(
  ctx: Context,
  info: GraphQLResolveInfo,
  type: string,
  rows: Row[],
): Promise<void> {
  if (rows.length === 0) return
  await Promise.all(
    Array.from(foreseen(info, type), async ([read, by]) => {
      const ids = [...new Set(rows.map((row) => row[by as 'id']))]
      const found = await read(ctx.lists, ids)
      const known = ctx.foreseen.get(read) ?? new Map<string, unknown[]>()
      for (const id of ids) known.set(id, found.get(id) ?? [])
      ctx.foreseen.set(read, known)
    }),
  )
}

/** The readers of the fields asked of that type, where it is first met below this field. One that is skipped is read in vain. */
function foreseen(
  { fieldNodes, returnType, fragments }: GraphQLResolveInfo,
  type: string,
): Map<Reader<unknown>, string> {
  const readers = new Map<Reader<unknown>, string>()
  const look = (selections: SelectionSetNode | undefined, on: GraphQLObjectType): void => {
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === 'InlineFragment') look(selection.selectionSet, on)
      else if (selection.kind === 'FragmentSpread') look(fragments[selection.name.value]?.selectionSet, on)
      else {
        const field = on.getFields()[selection.name.value]
        const inner = field && getNamedType(field.type)
        const reads = on.name === type ? ((field?.extensions['reads'] ?? []) as Foreseen[]) : []
        for (const { read, by = 'id' } of reads) readers.set(read, by)
        if (on.name !== type && isObjectType(inner)) look(selection.selectionSet, inner)
      }
    }
  }
  const root = getNamedType(returnType)
  if (isObjectType(root)) for (const { selectionSet } of fieldNodes) look(selectionSet, root)
  return readers
}
