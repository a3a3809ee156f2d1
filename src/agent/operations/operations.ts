export type * from "./operation.ts";
export { type OperationRow, operations } from "./table.ts";
export {
  MAX_OPERATIONS,
  operationSchema,
  operationsSchema,
  type ParsedOperation,
  type ParsedOperations,
  parseOperation,
  parseOperations,
} from "./parse-operation.ts";
