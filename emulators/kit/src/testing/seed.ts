/** A tenant with users, an API, an application, and a blueprint with an agent that has rights and one that has none. */
export const seed = {
  tenant: 'acme',
  users: { ada: { groups: ['buyers'] }, ben: { id: '11111111-0000-4000-8000-000000000001' } },
  apps: {
    orders: { displayName: 'The orders', scopes: ['Orders.Read'], roles: ['Orders.Read.All'] },
    shop: {
      redirectUris: { spa: ['http://localhost:3000/'] },
      may: { helper: ['access_as_user'] },
    },
  },
  blueprints: {
    helper: {
      secret: 's3cret',
      agents: { shopper: { may: { orders: ['Orders.Read', 'Orders.Read.All'] } }, trainee: null },
    },
    keyless: null,
  },
}
