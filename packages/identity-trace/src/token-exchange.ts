/** The audience of T1: Entra's application AzureADTokenExchange, whose id is the same in every tenant. */
export const tokenExchangeAudience = 'fb60f99c-7a34-4190-8149-302f77469936'
