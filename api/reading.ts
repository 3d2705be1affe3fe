import { getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type Sql, transaction } from '../schema/db.ts'
import type { Viewer } from './auth.ts'
import { type Context, readingBy } from './context.ts'

/**
 * Reads as a creditor or a bailiff: in one read-only transaction, under a role to which PostgreSQL shows the rows of that
 * creditor's cases, or of the packs handed over to that bailiff, and no others. A question that forgot to ask whose a row is
 * answers nothing (schema/migrations/0017_row_security.sql). For everybody else `read` is called as it is.
 */
export async function readAs<T>(sql: Sql, viewer: Viewer | null, read: (sql: Sql) => Promise<T>): Promise<T> {
  if (viewer?.role !== 'creditor' && viewer?.role !== 'bailiff') return read(sql)
  return transaction(sql, async (tx) => {
    await tx`
      select set_config('transaction_read_only', 'on', true), set_config('courtois.creditor', ${viewer.creditorId ?? ''}, true),
             set_config('courtois.bailiff', ${viewer.bailiffId ?? ''}, true), set_config('role', 'courtois_viewer', true)`
    return read(tx)
  })
}

/** A query of a creditor or a bailiff sees their rows alone, whatever it asks. Acts are the house's, and check for themselves. */
export const useOwnRows = (): Plugin<Context> => ({
  onExecute({ args, executeFn, setExecuteFn }) {
    if (getOperationAST(args.document, args.operationName)?.operation !== 'query') return
    const ctx = args.contextValue
    setExecuteFn((given) =>
      readAs(ctx.sql, ctx.viewer, async (sql) => {
        if (sql !== ctx.sql) Object.assign(ctx, readingBy(ctx, sql))
        return executeFn(given)
      }),
    )
  },
})
