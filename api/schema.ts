import { lexicographicSortSchema, printSchema } from 'graphql'
import { builder } from './builder.ts'
import './viewer.ts'
import './cases.ts'
import './creditors.ts'
import './debtors.ts'
import './invoices.ts'
import './payments.ts'
import './statements.ts'
import './timeline.ts'
import './documents.ts'
import './calls.ts'
import './disputes.ts'
import './promises.ts'
import './replies.ts'
import './insolvencies.ts'
import './exhibits.ts'
import './consents.ts'
import './procedures.ts'
import './packs.ts'
import './events.ts'
import './library.ts'
import './work.ts'
import './courts.ts'

export const schema = builder.toSchema()

/** The schema as schema/schema.graphql keeps it. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`
