/** The grant of RFC 7523, which Entra uses for on-behalf-of. */
export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
