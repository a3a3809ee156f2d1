export function mcpConformance(): string | undefined;
