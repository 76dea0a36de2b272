/** The process environment, as whoever starts the program hands it in. */
export type Environment = Readonly<Record<string, string | undefined>>;
