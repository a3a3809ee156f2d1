import { expect, it } from "vitest";
import { agentClassOf, ssvc } from "./ssvc.ts";

const all = (value: number): readonly number[] => Array.from({ length: 10 }, () => value);

it("classes agents by the averages of three groups", () => {
  expect(agentClassOf(all(1))).toBe("copilot");
  expect(agentClassOf([1, 1, 1, 1, 3, 3, 3, 1, 1, 1])).toBe("specialist");
  expect(agentClassOf([4, 4, 4, 4, 1, 1, 1, 1, 1, 1])).toBe("primemover");
  expect(agentClassOf([2, 3, 3, 3, 2, 3, 3, 2, 3, 3])).toBe("copilot");
});

it("reads the outcome from the matrix", () => {
  expect(ssvc(all(1), "none", "contained")).toEqual({
    agentClass: "copilot",
    outcome: "Defer",
    deadline: "no deadline",
  });
  expect(ssvc(all(3), "poc", "significant").outcome).toBe("Out-of-Cycle");
  expect(ssvc(all(5), "active", "contained").outcome).toBe("Immediate");
});
