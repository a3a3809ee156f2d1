/** Files of suites that the quick run of the tests leaves out. */
export const longSuites: readonly string[];
