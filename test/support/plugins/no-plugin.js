/** A module that is no plugin. */
export const describe = 'a word'
