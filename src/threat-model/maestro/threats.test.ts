import { expect, it } from "vitest";
import { layers, threats } from "./threats.ts";

it("has MAESTRO's 55 threats: 7+5+6+6+6+7+13 in the layers and 5 across", () => {
  expect(layers.map((layer) => threats.filter((threat) => threat.layer === layer.id).length)).toEqual([
    7, 5, 6, 6, 6, 7, 13, 5,
  ]);
  expect(new Set(threats.map((threat) => threat.id)).size).toBe(55);
  expect(threats.at(-1)?.id).toBe("MX.5");
});
