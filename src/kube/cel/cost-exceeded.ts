/** The evaluation took more than its budget: nothing absorbs this. */
export class CostExceeded extends Error {}
