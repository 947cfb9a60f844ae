/**
 * Packages that libraries import for functions that nothing here calls; bundles have an empty module in their place.
 * get-jwks makes PEM of keys by jwk-to-pem, which brings elliptic.
 */
export const withoutUnusedPackages = { alias: { 'jwk-to-pem': false } } as const
