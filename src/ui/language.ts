/** BCP 47 tags of the languages that have a file in `text/`. */
export type Language = 'en' | 'fr' | 'ar' | 'hi' | 'km' | 'kn' | 'ta'
