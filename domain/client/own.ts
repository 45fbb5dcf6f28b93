/** The broker itself as a relying party: signing in to it opens the person's own page and gives no code to anybody. */
export const OWN_CLIENT = 'esignet.my'
