import type { CallSituation } from '../../procedures/cases/exchanges/call-script-rules.ts'
import {
  type CaseScript,
  type ReadScript,
  readCalled,
  readScript,
  scriptCalled,
  scriptsOf,
} from '../../procedures/cases/exchanges/call-scripts.ts'
import type { Context } from '../context.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { obstacleOf, ObstacleType } from './hand-letters.ts'
import { LetterType } from './library.ts'
import { noteReading } from '../readings.ts'
import { factsOf } from './values.ts'

const CallSituationType = builder.enumType('CallSituation', {
  values: {
    INCOMING: { value: 'incoming', description: 'The debtor, or its lawyer, calls.' },
    OUTGOING: { value: 'outgoing', description: 'We call.' },
    REACHING: { value: 'reaching', description: 'We call, and somebody else or a machine answers.' },
    OBJECTION: { value: 'objection', description: 'The debtor gives a reason not to pay.' },
    AGREEMENT: { value: 'agreement', description: 'The debtor wishes to pay, at once or by instalments.' },
    DISTRESS: { value: 'distress', description: 'The debtor is in distress, or threatens.' },
  } as const satisfies Record<string, { value: CallSituation; description: string }>,
})

type Asked = Pick<CaseScript, 'letter' | 'situation'> & { read(): Promise<ReadScript> }

/** Read once, whichever of its fields are asked. */
function asked({ sql, day }: Context, script: CaseScript, given?: Record<string, unknown>): Asked {
  let reading: Promise<ReadScript> | undefined
  return { ...script, read: () => (reading ??= readScript(sql, day, script, given)) }
}

const CallScriptType = builder.objectRef<Asked>('CallScript').implement({
  description: 'A script of the library for somebody with a debtor on the line.',
  fields: (t) => ({
    letter: t.field({
      type: LetterType,
      description: 'Its key, its title, and its usage: when to read it.',
      resolve: ({ letter }) => letter,
    }),
    situation: t.field({ type: CallSituationType, resolve: ({ situation }) => situation }),
    refusal: t.field({
      type: ObstacleType,
      nullable: true,
      complexity: 20,
      description: 'Why it is not to be read in this case today.',
      resolve: async (script) => {
        const { refusal } = await script.read()
        return refusal && obstacleOf(refusal)
      },
    }),
    text: t.string({
      nullable: true,
      complexity: 20,
      description: 'Filled in from the case as it stands; null where `refusal` says why not.',
      resolve: async (script) => (await script.read()).text,
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  callScripts: t.field({
    type: [CallScriptType],
    nullable: true,
    authScopes: { may: 'recordCall' },
    complexity: { field: 5, multiplier: 20 },
    description: 'The scripts made for this debtor, in the order of the library: those of its law and of its kind.',
    resolve: async ({ id }, _args, ctx) => {
      noteReading(ctx, id, 'graphql')
      return scriptsOf(await readCalled(ctx.sql, id)).map((script) => asked(ctx, script))
    },
  }),
  callScript: t.field({
    type: CallScriptType,
    nullable: true,
    authScopes: { may: 'recordCall' },
    complexity: 5,
    description:
      'One script, for the call of this moment. Read by us when we call, it obeys what a call obeys: nothing before the first letter (CPCE R124-4), no more calls than allowed, no case that waits. Where the debtor calls, only what may not be asked any more is refused. Keeps nothing.',
    args: {
      letter: t.arg.id({ required: true, description: 'Its key: « script-objection-tresorerie ».' }),
      facts: t.arg({
        type: 'JSON',
        description:
          'What the case does not know, by the keys of schema/facts.schema.json: { "lienPaiement": "https://…" }.',
      }),
    },
    resolve: async ({ id }, { letter, facts }, ctx) => {
      noteReading(ctx, id, 'graphql')
      const script = scriptCalled(await readCalled(ctx.sql, id), letter)
      return asked(ctx, script, facts == null ? undefined : factsOf(facts))
    },
  }),
}))
