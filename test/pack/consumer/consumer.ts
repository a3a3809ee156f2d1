import { canonicalJson, OpsError, type Plan } from "kubernetes-operations";

const text: string = canonicalJson({ b: 1, a: [true, null] });
const digestOf = (plan: Plan): string => plan.digest;
try {
  canonicalJson(Number.NaN);
} catch (error) {
  if (OpsError.is(error)) console.log(text, error.code, typeof digestOf);
}
