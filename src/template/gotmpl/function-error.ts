/** The failure of a template function; the evaluator adds the function's name and the place. */
export class FunctionError extends Error {}
