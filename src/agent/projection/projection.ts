export {
  MAX_FIELDS,
  MAX_OBJECTS,
  type ProjectedField,
  type ProjectedObject,
  projectObject,
  projectObjects,
} from "./project-objects.ts";
export { type EditableField, editableField } from "./editable-field.ts";
