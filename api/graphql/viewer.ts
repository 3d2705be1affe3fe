import { acts, type Act, may, roles, type Viewer } from '../auth.ts'
import { builder } from './builder.ts'
import { CreditorType } from './creditors.ts'

const RoleType = builder.enumType('Role', {
  values: Object.fromEntries(roles.map((role) => [role.toUpperCase(), { value: role }])) as Record<
    string,
    { value: Viewer['role'] }
  >,
})

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who asks, by their token.',
  fields: (t) => ({
    name: t.exposeString('name'),
    role: t.field({ type: RoleType, resolve: ({ role }) => role }),
    creditor: t.field({ type: CreditorType, nullable: true, resolve: ({ creditorId }) => creditorId }),
    acts: t.stringList({
      description: 'The mutations open to this role.',
      resolve: (viewer) => (Object.keys(acts) as Act[]).filter((act) => may(viewer, act)),
    }),
    today: t.field({ type: 'Date', description: 'The day of the house.', resolve: (_viewer, _args, ctx) => ctx.day }),
  }),
})

builder.queryFields((t) => ({
  viewer: t.field({
    type: ViewerType,
    nullable: true,
    description: 'Null without a token.',
    resolve: (_root, _args, ctx) => ctx.viewer,
  }),
}))
