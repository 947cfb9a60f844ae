// Each file makes the calls of one client; those with the same names in another language are the same calls.
for (const client of ['msal', 'identity', 'graph', 'openid', 'oauth4webapi']) await import(`./${client}.mjs`)
